"""What a petitioner can do after lodging, through the whole city: judge the answer, contest it, withdraw; each proved by the secret."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.system.cities import SETTLE_SECONDS_MAX, People, some_city

OFFICER, HEAD, BUILDING_OFFICER, RECEPTION = "canbo.hoankiem", "lanhdao.hoankiem", "canbo.xaydung", "tiepdan"
OUT_LOUD = {"Accept-Language": "en"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("petitioner")) as people:
        yield people


def lodged(city: People, **petition: Any) -> dict[str, str]:
    """Lodge as a citizen; return the receipt."""
    given = {"commune": "00070", "petitioner": {"name": "Trần Thị Lan", "email": "lan@example.vn"}} | petition
    receipt: dict[str, str] = city.http.post("/intake/api/petitions", json=given).json()
    return receipt


def says(city: People, receipt: dict[str, str], what: str, **body: Any) -> httpx.Response:
    """Say something as the petitioner, with code and secret."""
    path = f"/intake/api/petitions/{receipt['code']}/{what}"
    return city.http.post(path, json={"secret": receipt["secret"]} | body, headers=OUT_LOUD)


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + SETTLE_SECONDS_MAX
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.1)


def with_the_ward(city: People, receipt: dict[str, str]) -> int:
    """Bring a petition to the ward; return its version."""
    code = receipt["code"]
    city.wait_for(code, "routing petition.routed")
    if city.look_until(code, lambda shown: shown["office"])["office"]["code"] == "hanoi-00070":
        return 1
    moved = city.act(RECEPTION, code, "transfer", version=1, to_office="hanoi-00070", reason="assignment")
    assert moved.is_success, moved.text
    return 2


def converted(city: People, code: str) -> int:
    """Treat a recommendation as the complaint that its words make it, at the reception office that got it; return its version."""
    city.wait_for(code, "routing petition.routed")
    assert city.look_until(code, lambda shown: shown["office"])["office"]["code"] == "hanoi-tcd"
    body = {"procedure": "complaint.first", "reason": "wrong_kind"}
    answer = city.act(RECEPTION, code, "convert", version=1, **body)
    assert answer.json()["office"] == "hanoi-00070", answer.text
    return 2


def answered_complaint(city: People, *, lodged_as: str) -> dict[str, str]:
    receipt = lodged(city, kind=lodged_as, topic="cay-xanh", text="Không đồng ý với quyết định thu hồi đất.")
    code = receipt["code"]
    version = with_the_ward(city, receipt) if lodged_as == "complaint" else converted(city, code)
    assert city.act(OFFICER, code, "accept", version=version, requests=["Hủy quyết định."]).is_success
    answer = {
        "text": "Quyết định giải quyết khiếu nại số 12/QĐ-UBND.",
        "points": [{"request": 1, "answer": "Không chấp nhận."}],
        "grounds": ["Luật Đất đai 31/2024/QH15, Điều 81"],
        "appeal": "Khiếu nại lần hai hoặc khởi kiện trong 30 ngày.",
    }
    proposed = city.act(OFFICER, code, "answer", version=version + 1, **answer)
    assert proposed.status_code == 202, proposed.text
    path = f"/routing/api/petitions/{code}/proposals/{proposed.json()['proposal']}/confirm"
    assert city.http.post(path, headers=city.bearer(HEAD)).is_success
    until(lambda: city.look(code)["state"] == "answered")
    return receipt


def clocks_of(city: People, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = city.get("kiemtoan", f"/escalation/api/petitions/{code}/deadlines")["items"]
    return found


def reconciled(city: People, code: str) -> None:
    counted = city.caunoi("deadline", "reconcile", code)
    assert counted.returncode == 0, counted.stdout + counted.stderr


def test_who_contests_an_answered_recommendation_is_heard_by_the_office_above_within_its_own_time(city: People) -> None:
    receipt = lodged(city, kind="recommendation", text="Đề nghị thay cây đã chết ở ngõ.", topic="cay-xanh")
    code = receipt["code"]
    city.wait_for(code, "routing petition.routed")
    explained = city.caunoi("routing", "explain", code, "--lang", "en")
    assert (explained.returncode, "→ PA-02    hanoi-so-xd" in explained.stdout) == (0, True), explained.stdout
    too_early = says(city, receipt, "contest", text="Chưa làm.")
    assert (too_early.status_code, too_early.json()["code"]) == (409, "not_possible_now")
    city.act(BUILDING_OFFICER, code, "accept", version=1)
    answer = {"text": "Đã giao công ty cây xanh.", "grounds": ["Kế hoạch 5/KH"]}
    answered = city.act(BUILDING_OFFICER, code, "answer", version=2, **answer)
    assert answered.is_success, answered.text
    until(lambda: city.look(code)["state"] == "answered")
    assert says(city, receipt, "verdict", is_satisfied=False, text="Vẫn chưa có cây.").is_success
    assert says(city, receipt, "verdict", is_satisfied=True).json()["code"] == "judged_before"
    wrong = says(city, receipt | {"secret": receipt["code"]}, "contest", text="Chưa làm.")
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["errors"][0]["field"]) == (422, "wrong_secret", "secret")
    for _ in range(2):  # the same again changes nothing
        contested = says(city, receipt, "contest", text="Vẫn chưa có cây nào.")
        assert contested.is_success, contested.text
    city.wait_for(code, "routing petition.contested", "routing petition.transferred", "intake petition.rated")
    until(lambda: city.look(code)["office"]["code"] == "hanoi")
    until(lambda: city.look(code)["due_rule"] == "CONTEST.REPLY")
    said = city.types(code)
    assert (said.count("routing petition.contested"), said.count("intake petition.rated")) == (1, 1)
    assert "chưa có" not in str(city.trace(code))
    reconciled(city, code)


@pytest.mark.parametrize("lodged_as", ["complaint", "recommendation"])
def test_a_contested_complaint_becomes_a_second_one_with_the_superior_linked_to_the_first(city: People, lodged_as: str) -> None:
    receipt = answered_complaint(city, lodged_as=lodged_as)
    version = city.get(OFFICER, f"/routing/api/petitions/{receipt['code']}")["version"]
    received = city.act(OFFICER, receipt["code"], "record", version=version, step="decision_received")
    assert received.is_success, received.text
    until(lambda: "KN2.FILE" in {clock["rule"] for clock in clocks_of(city, receipt["code"])})
    second = says(city, receipt, "contest", text="Mức bồi thường không đúng.")
    assert second.status_code == 201, second.text
    assert says(city, receipt, "contest", text="Mức bồi thường không đúng.").json() == second.json()
    assert {"code", "secret"} <= second.json().keys()
    assert second.json()["code"] != receipt["code"]
    code = second.json()["code"]
    city.wait_for(code, "routing petition.routed", "escalation deadline.set")
    assert {clock["rule"] for clock in clocks_of(city, code)} >= {"KN2.ACCEPT"}
    assert city.look_until(code, lambda shown: shown["office"])["office"]["code"] == "hanoi"
    assert {clock["rule"]: clock["state"] for clock in clocks_of(city, receipt["code"])}["KN2.FILE"] == "met"
    lodged_event = next(event for event in city.trace(code)["events"] if event["type"].endswith("petition.lodged.v1"))
    assert lodged_event["facts"]["follows"] == receipt["petition_id"]
    for each in (code, receipt["code"]):
        reconciled(city, each)


def test_what_is_withdrawn_ends_its_clocks_and_can_only_be_closed(city: People) -> None:
    receipt = lodged(city, kind="recommendation", text="Đề nghị trồng thêm cây.", topic="cay-xanh")
    code = receipt["code"]
    city.wait_for(code, "escalation deadline.set")
    withdrawn = says(city, receipt, "withdraw")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert says(city, receipt, "withdraw").json()["state"] == "withdrawn"
    city.wait_for(code, "intake petition.withdrawn", "escalation deadline.ended")
    until(lambda: city.get(BUILDING_OFFICER, f"/routing/api/petitions/{code}")["state"] == "withdrawn")
    assert city.act(BUILDING_OFFICER, code, "accept", version=1).json()["code"] == "not_possible_now"
    assert city.act(BUILDING_OFFICER, code, "close", version=1).json()["state"] == "closed"
    assert city.types(code).count("intake petition.withdrawn") == 1
    reconciled(city, code)
