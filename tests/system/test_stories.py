"""What users of other systems ask for and do not get, each story by the name of the issue that tells it, done in a whole city."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.kernel.clock import SystemClock
from tests.system.acting import (
    AT,
    OFFICER,
    OUT_LOUD,
    RUNNING,
    act,
    answered,
    clocks,
    lodged,
    photo,
    seen,
    similar,
    two_merged,
    two_receipts,
    until,
    was_told,
)
from tests.system.cities import People, some_city

CLERK = "tiepdan"
KEY = "caunoi-demo-open311"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("stories")) as people:
        yield people


def test_zammad_904_a_merged_petition_does_not_escalate_once_its_lead_is_answered(city: People) -> None:
    lead, member = two_merged(city, "Nắp cống kênh ở đầu phố Hàng Bồ")
    assert [clock for clock in clocks(city, member) if clock["state"] in RUNNING], "its own clocks run until it is answered"
    answered(city, lead)
    city.wait_for(member, "routing petition.answered", "escalation deadline.met")
    until(lambda: not [clock for clock in clocks(city, member) if clock["state"] in RUNNING], what="its clocks have ended")
    assert city.caunoi("deadline", "reconcile", member).returncode == 0
    assert "escalation petition.escalated" not in city.types(member)


def test_zammad_983_what_was_merged_is_taken_apart_and_merged_again_with_its_clocks_as_they_were(city: People) -> None:
    lead, member = two_merged(city, "Hố ga mất nắp ở phố Hàng Điếu")
    before = {(clock["rule"], clock["due_at"]) for clock in clocks(city, member)}
    for _ in range(2):
        act(city, member, "unmerge")
        assert seen(city, member)["merged_into"] is None
        act(city, member, "merge", into=lead)
        assert seen(city, member)["merged_into"] == lead
    city.wait_for(member, "routing petition.unmerged")
    until(lambda: city.types(member).count("routing petition.merged") == 3)
    assert {(clock["rule"], clock["due_at"]) for clock in clocks(city, member)} == before
    twice = city.act(OFFICER, member, "merge", version=seen(city, member)["version"], into=lead)
    assert (twice.status_code, twice.json()["code"]) == (409, "merged")


def test_zammad_377_what_is_added_to_a_merged_petition_reaches_who_deals_with_the_lead(city: People) -> None:
    leads, members = two_receipts(city, "Cống tắc trước chợ Hàng Da")
    lead, member = leads["code"], members["code"]
    assert seen(city, lead)["added_at"] is None
    files = {"files": ("more.jpg", photo("red"), "image/jpeg")}
    stored = city.http.post(f"/intake/api/petitions/{member}/attachments", files=files, data={"secret": members["secret"]})
    assert stored.status_code == 201, stored.text
    news = until(lambda: seen(city, lead)["added_at"], what="the lead shows that something was added")
    assert (seen(city, member)["added_at"], seen(city, lead)["merged"]) == (news, [member])
    assert (seen(city, member)["merged_into"], seen(city, member)["state"]) == (lead, "accepted"), "it is not opened again"
    line = next(item for item in city.get(OFFICER, "/routing/api/queue?limit=200")["items"] if item["code"] == lead)
    assert line["added_at"] == news
    file = stored.json()["attachments"][0]["id"]
    read = city.http.get(
        f"/intake/api/petitions/{member}/attachments/{file}", params={"purpose": "dealing"}, headers=city.bearer(OFFICER)
    )
    assert (read.status_code, read.headers["content-type"]) == (200, "image/jpeg")


def test_zammad_2469_the_answer_given_on_the_lead_reaches_every_petitioner(city: People) -> None:
    lead, member = two_merged(city, "Miệng cống bị lấp ở phố Hàng Gà")
    answered(city, lead)
    for code in (lead, member):
        city.wait_for(code, "routing petition.answered", "notify notice.sent")
        city.look_until(code, lambda shown: shown["state"] == "answered")
    for code, name in ((lead, "Lê Một"), (member, "Lê Hai")):
        until(partial(was_told, city, code, name), what=f"{name} is told of the answer by mail")


def test_fixmystreet_2839_what_is_answered_already_is_suggested_too_and_cannot_be_joined(city: People) -> None:
    words = "Nắp cống bị kênh trước cổng trường tiểu học phố Hàng Cót kêu ầm ầm"
    code = lodged(city, words, name="Đỗ Ba", **AT)["code"]
    until(lambda: [item for item in similar(city, words) if item["code"] == code and item["can_join"]])
    act(city, code, "accept")
    answered(city, code)
    found = until(lambda: [item for item in similar(city, words) if item["code"] == code and item["state"] == "answered"])
    assert (found[0]["can_join"], found[0]["likeness"]) == (False, "high")
    asked = {"petitioner": {"name": "Đỗ Bốn", "email": "do.bon@example.vn"}}
    refused = city.http.post(f"/intake/api/petitions/{code}/join", json=asked, headers=OUT_LOUD)
    assert refused.status_code == 409, refused.text


def test_fixmystreet_536_from_what_is_there_one_may_join_or_lodge_a_problem_of_ones_own_and_all_are_counted(city: People) -> None:
    words = "Nước cống trào ngược vào nhà dân ở ngõ Trạm sau mỗi trận mưa"
    first = lodged(city, words, name="Vũ Năm", **AT)["code"]
    shown = until(lambda: [item for item in similar(city, words) if item["code"] == first])[0]
    assert shown["can_join"]
    assert not {"text", "name", "place"} & shown.keys(), "what somebody wrote is not shown"
    person = {"petitioner": {"name": "Vũ Sáu", "email": "vu.sau@example.vn"}}
    joined = city.http.post(f"/intake/api/petitions/{first}/join", json=person)
    assert (joined.status_code, joined.json()["petitioners"]) == (201, 2), joined.text
    own = lodged(city, f"{words}, nhà tôi ở cuối ngõ.", name="Vũ Bảy", **AT)["code"]
    for code in (first, own):
        act(city, code, "accept")
    act(city, own, "merge", into=first)
    until(
        lambda: city.get(OFFICER, f"/intake/api/petitions/{first}/people")["together"]["petitioners"] == 3,
        what="three persons are counted",
    )


def test_glpi_21155_nobody_changes_when_a_petition_came_in_and_what_is_stated_later_stands_beside_when_it_was_entered(
    city: People,
) -> None:
    edited = {"kind": "field_report", "text": "Đèn tắt.", "lodged_at": "2026-01-02T08:00:00+07:00"}
    answer = city.http.post("/intake/api/petitions", json=edited, headers=OUT_LOUD)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lodged_at")
    now = SystemClock().now()
    today = now.date()
    letter = {
        "kind": "recommendation",
        "text": "Đề nghị lắp gương cầu ở ngã ba.",
        "commune": "00070",
        "register_number": "77/TCD-2026",
        "received_on": (today - timedelta(days=5)).isoformat(),
        "petitioner": {"name": "Hồ Tám"},
    }
    line = city.http.post("/intake/api/counter/petitions", json={"petitions": [letter]}, headers=city.bearer(CLERK)).json()
    code = line["lines"][0]["code"]
    city.wait_for(code, "routing petition.routed")
    event = next(event for event in city.trace(code)["events"] if event["type"].endswith("petition.lodged.v1"))
    assert event["effective_at"][:10] < event["recorded_at"][:10], "both times are kept"
    assert event["actor"] != "petitioner"
    tomorrow = letter | {"received_on": (today + timedelta(days=2)).isoformat(), "register_number": "78/TCD-2026"}
    wrong = city.http.post(
        "/intake/api/counter/petitions", json={"petitions": [tomorrow]}, headers=city.bearer(CLERK) | OUT_LOUD
    ).json()
    assert "received_on" in str(wrong["lines"][0]), wrong

    account = "canbo.hoankiem"
    stated = {"effective_at": (now - timedelta(days=3)).isoformat(), "time_evidence": "12/QĐ-UBND"}
    late = city.act(account, code, "accept", version=seen(city, code, account)["version"], **stated)
    assert (late.status_code, late.json()["waits_for"]) == (202, "second_person"), late.text
    assert seen(city, code, account)["state"] == "routed"
    other = lodged(city, "Nắp cống nứt ở phố Hàng Nón", name="Hồ Chín")["code"]
    earlier = city.act(OFFICER, other, "accept", version=seen(city, other)["version"], **stated)
    assert earlier.status_code == 409, "nothing is done before the petition was there"


def test_digit_432_the_queue_is_sorted_by_time_left_on_the_server_over_all_pages(city: People) -> None:
    kinds: list[dict[str, Any]] = [
        {"kind": "recommendation"},
        {"kind": "field_report"},
        {"kind": "field_report", "text": "Nắp cống vỡ, rất nguy hiểm, có người ngã."},
        {"kind": "recommendation", "topic": "giao-thong"},
        {"kind": "field_report", "topic": "cay-xanh"},
    ]
    mine = {lodged(city, item.pop("text", "Xin xem xét giúp."), name="Mai Mười", **item)["code"] for item in kinds}

    def pages() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {"order": "due", "limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = city.http.get("/intake/api/search", params=asked, headers=city.bearer(OFFICER)).json()
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    found = until(lambda: mine <= {item["code"] for item in pages() if item["due_at"]} and pages(), what="all have their date")
    dates = [item["due_at"] for item in found if item["due_at"]]
    assert dates == sorted(dates)
    assert len({item["code"] for item in found}) == len(found), "nothing stands on two pages"
    assert len(set(dates)) > 1


def test_open311_9_pictures_are_posted_with_the_request_and_are_there_for_the_office(city: People) -> None:
    form = {
        "api_key": KEY,
        "service_code": "ngap-ung",
        "description": "Hố ga đầy rác ở phố Hàng Thùng",
        "address_id": "00070",
    }
    files = [("media", ("one.jpg", photo("blue"), "image/jpeg")), ("media[]", ("two.jpg", photo("black"), "image/jpeg"))]
    sent = city.http.post("/intake/open311/v2/requests.json", data=form, files=files)
    assert sent.status_code in (200, 201), sent.text
    code = sent.json()[0]["service_request_id"]
    city.wait_for(code, "routing petition.routed", "intake petition.supplemented")
    stored = city.get(OFFICER, f"/intake/api/petitions/{code}/attachments")["attachments"]
    assert [item["media_type"] for item in stored] == ["image/jpeg", "image/jpeg"]
    bad = [("media", ("page.html", b"<html>", "image/jpeg"))]
    refused = city.http.post("/intake/open311/v2/requests.xml", data=form, files=bad)
    assert (refused.status_code, refused.text.startswith("<?xml")) == (400, True)


def test_open311_10_a_comment_reaches_the_office_instead_of_becoming_another_request(city: People) -> None:
    form = {"api_key": KEY, "service_code": "ngap-ung", "description": "Nước đọng ở phố Hàng Tre", "address_id": "00070"}
    code = city.http.post("/intake/open311/v2/requests.json", data=form).json()[0]["service_request_id"]
    city.wait_for(code, "routing petition.routed")
    said = {"api_key": KEY, "service_request_id": code, "description": "Hôm nay nước đã lên tới bậc cửa."}
    posted = city.http.post("/intake/open311/v2/servicerequestupdates.xml", data=said)
    assert posted.is_success, posted.text
    city.wait_for(code, "intake petition.commented")
    until(lambda: seen(city, code)["added_at"], what="the office sees that something was added")
    asked = {"fields": ["statements"], "purpose": "dealing"}
    read = city.http.post(f"/intake/api/petitions/{code}/reveal", json=asked, headers=city.bearer(OFFICER))
    assert said["description"] in str(read.json()["fields"]["statements"]), read.text
    shown = city.http.get(f"/intake/open311/v2/requests/{code}.json", params={"extensions": "true"}).json()
    assert said["description"] not in str(shown), "what citizens write is not published"
    assert shown[0]["extended_attributes"]["notes"], "the history is"
