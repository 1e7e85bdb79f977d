"""What users of other systems ask for and do not get, each story by the name of the issue that tells it, done in a whole city."""

import io
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from PIL import Image

from shared.kernel.clock import SystemClock
from tests.system.cities import SETTLE_SECONDS_MAX, People, some_city

CLERK, OFFICER, OTHER_OFFICE, RECEPTION = "tiepdan", "canbo.xaydung", "canbo.hoankiem", "tiepdan"
OUT_LOUD = {"Accept-Language": "en"}
AT = {"latitude": 21.0285, "longitude": 105.8542}
ANSWER = {"text": "Đã thay nắp cống mới.", "evidence": []}
RUNNING = {"running", "set", "overdue", "breached"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("stories")) as people:
        yield people


def until(condition: Callable[[], Any], *, what: str = "it happens") -> Any:
    ends = time.monotonic() + SETTLE_SECONDS_MAX
    while not (found := condition()):
        assert time.monotonic() < ends, what
        time.sleep(0.1)
    return found


def photo(color: str) -> bytes:
    """Return a small picture that no other test sends."""
    stored = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(stored, "JPEG")
    return stored.getvalue()


def address(name: str) -> str:
    """Return a mail address by the number of its bearer's name: addresses know no accents."""
    return f"person.{sum(map(ord, name))}@example.vn"


def lodged(city: People, text: str, *, name: str, **petition: Any) -> dict[str, str]:
    """Lodge a report about a drain as a citizen, wait until its office has it; return the receipt."""
    person = {"name": name, "email": address(name)}
    given = {"kind": "field_report", "topic": "ngap-ung", "commune": "00070", "text": text, "petitioner": person} | petition
    answer = city.http.post("/intake/api/petitions", json=given)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, str] = answer.json()
    city.wait_for(receipt["code"], "routing petition.routed", "escalation deadline.set")
    return receipt


def seen(city: People, code: str, account: str = OFFICER) -> dict[str, Any]:
    found: dict[str, Any] = city.get(account, f"/routing/api/petitions/{code}")
    return found


def act(city: People, code: str, what: str, account: str = OFFICER, **body: Any) -> dict[str, Any]:
    answer = city.act(account, code, what, version=seen(city, code, account)["version"], **body)
    assert answer.is_success, answer.text
    done: dict[str, Any] = answer.json()
    return done


def answered(city: People, code: str) -> None:
    """Answer with a photo of the result."""
    files = {"files": ("after.jpg", photo("green"), "image/jpeg")}
    path = f"/intake/api/petitions/{code}/attachments?purpose=evidence"
    stored = city.http.post(path, files=files, headers=city.bearer(OFFICER)).json()["attachments"][0]["id"]
    until(lambda: stored in seen(city, code)["evidence"])
    act(city, code, "answer", **ANSWER | {"evidence": [stored]})


def clocks(city: People, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = city.get("kiemtoan", f"/escalation/api/petitions/{code}/deadlines")["items"]
    return found


def similar(city: People, text: str) -> list[dict[str, Any]]:
    asked = {"kind": "field_report", "text": text, "commune": "00070", **AT}
    found: list[dict[str, Any]] = city.http.post("/intake/api/similar", json=asked, headers=OUT_LOUD).json()["items"]
    return found


def told(city: People, code: str) -> list[dict[str, Any]]:
    """Return the mails about a petition with their words."""
    return [city.http.get(f"/mail/api/messages/{mail['id']}").json() for mail in city.mails_about(code)]


def was_told(city: People, code: str, name: str) -> bool:
    """Whether somebody has had the words of the answer by mail."""
    return any(address(name) in mail["to"] and str(ANSWER["text"]) in mail["text"] for mail in told(city, code))


def two_merged(city: People, about: str) -> tuple[str, str]:
    """Return the codes of a lead and of a petition that was merged into it, both accepted."""
    lead, member = two_receipts(city, about)
    return lead["code"], member["code"]


def two_receipts(city: People, about: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the receipts of a lead and of a petition that was merged into it, both accepted."""
    lead, member = lodged(city, f"{about} một", name="Lê Một"), lodged(city, f"{about} hai", name="Lê Hai")
    for receipt in (lead, member):
        act(city, receipt["code"], "accept")
        until(partial(has_clock, city, receipt["code"], "IH.NORMAL"), what="the clock of the answer runs")
    act(city, member["code"], "merge", into=lead["code"])
    return lead, member


def has_clock(city: People, code: str, rule: str) -> bool:
    return rule in {clock["rule"] for clock in clocks(city, code)}


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
        assert city.look(code)["state"] == "answered"
    for code, name in ((lead, "Lê Một"), (member, "Lê Hai")):
        until(partial(was_told, city, code, name), what=f"{name} has the answer by mail")


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
