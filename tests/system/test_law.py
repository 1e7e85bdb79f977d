"""The law's clocks as the city's people meet them: suspension, extension, why this date, amendments, reconciliation.

Runs against the city that CAUNOI_URL names (compose, for example), or against one that it starts.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.cities import SETTLE_SECONDS_MAX, People, some_city

OFFICER, HEAD = "canbo.hoankiem", "lanhdao.hoankiem"
PAPER = {"number": "12/QĐ-UBND", "issued_on": "2026-11-20"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("law")) as people:
        yield people


def complaint(city: People) -> str:
    """Return the code of a complaint that the ward has accepted."""
    code = city.lodge(kind="complaint", text="Không đồng ý với quyết định thu hồi.", commune="00070", petitioner={"name": "A"})
    city.wait_for(code, "routing petition.routed")
    version = 1
    if city.look_until(code, lambda shown: shown["office"])["office"]["code"] != "hanoi-00070":
        moved = city.act("tiepdan", code, "transfer", version=1, to_office="hanoi-00070", reason="assignment")
        assert moved.is_success, moved.text
        version = 2
    assert city.act(OFFICER, code, "accept", version=version, requests=["Hủy quyết định."]).is_success
    city.wait_for(code, "routing petition.accepted", "escalation deadline.met")
    return code


def version(city: People, code: str) -> int:
    return int(city.get(OFFICER, f"/routing/api/petitions/{code}")["version"])


def legal_act(city: People, account: str, code: str, act: str, **body: Any) -> Any:
    """Do it; escalation may not have heard the act before it yet, and then asks to try again."""
    ends = time.monotonic() + SETTLE_SECONDS_MAX
    while True:
        answer = city.act(account, code, act, version=version(city, code), **body)
        if answer.status_code != 503 or time.monotonic() > ends:
            return answer
        time.sleep(0.1)


def clock(city: People, code: str, rule: str) -> dict[str, Any]:
    items = city.get("kiemtoan", f"/escalation/api/petitions/{code}/deadlines")["items"]
    found: dict[str, Any] = next(item for item in items if item["rule"] == rule)
    return found


def test_suspension_and_extension_are_legal_acts_and_the_citizen_sees_them(city: People) -> None:
    code = complaint(city)
    before = clock(city, code, "KN1.RESOLVE")["due_at"]
    refused = legal_act(city, HEAD, code, "suspend", ground="BECAUSE", document=PAPER)
    assert (refused.status_code, refused.json()["code"]) == (409, "ground_not_listed")
    assert "Điều 11a" in refused.json()["detail"]
    by_officer = legal_act(city, OFFICER, code, "suspend", ground="KN11A.OTHER_BODY", document=PAPER)
    assert by_officer.json()["code"] == "right_missing"
    suspended = legal_act(city, HEAD, code, "suspend", ground="KN11A.OTHER_BODY", document=PAPER)
    assert suspended.json()["effects"][0]["new_due_at"] is None
    city.wait_for(code, "escalation deadline.paused")
    assert clock(city, code, "KN1.RESOLVE")["state"] == "paused"
    city.look_until(code, lambda shown: shown["state"] == "suspended")
    assert legal_act(city, HEAD, code, "resume", document=PAPER).is_success
    city.wait_for(code, "escalation deadline.moved")
    assert clock(city, code, "KN1.RESOLVE")["due_at"] == before  # on the same day nothing is left out
    beyond = legal_act(city, HEAD, code, "extend", rule="KN1.RESOLVE", ground="KN3A.FOREIGN", amount=16, document=PAPER)
    assert (beyond.json()["code"], "Điều 28" in beyond.json()["detail"]) == ("beyond_ceiling", True)
    extended = legal_act(city, HEAD, code, "extend", rule="KN1.RESOLVE", ground="KN3A.FOREIGN", amount=15, document=PAPER)
    promised = extended.json()["effects"][0]["new_due_at"]
    ends = time.monotonic() + SETTLE_SECONDS_MAX
    while clock(city, code, "KN1.RESOLVE")["extended_by"] != 15 and time.monotonic() < ends:
        time.sleep(0.1)
    after = clock(city, code, "KN1.RESOLVE")
    assert (after["due_at"], after["due_without_extension_at"]) == (promised, before)
    counted = city.caunoi("deadline", "reconcile", code)
    assert counted.returncode == 0, counted.stdout + counted.stderr


def test_why_this_date_is_said_in_words_and_verified_offline(city: People, tmp_path: Path) -> None:
    code = complaint(city)
    file = tmp_path / "derivations.json"
    said = city.caunoi("deadline", "why", code, "--lang", "en", "--export", str(file))
    assert said.returncode == 0, said.stderr
    assert "because there are 30 days from" in said.stdout
    checked = city.caunoi("deadline", "verify", str(file))
    assert (checked.returncode, "FAILED" in checked.stdout) == (0, False)
    file.write_text(file.read_text().replace('"amount": 30', '"amount": 31'))
    assert city.caunoi("deadline", "verify", str(file)).returncode == 1


def test_an_amended_calendar_moves_exactly_those_that_the_preview_names(city: People, tmp_path: Path) -> None:
    code = complaint(city)
    due = clock(city, code, "KN1.SEND")["due_at"] if "KN1.SEND" in _rules(city, code) else None
    assert due is None
    day = _working_day_within(city, code)
    file = tmp_path / "day.yaml"
    file.write_text(
        "calendar: hanoi\ndays_off:\n"
        f"  - {{day: {day}, name: Nghỉ đột xuất, source: Quyết định 1/QĐ, announced_on: 2026-11-20}}\n"
    )
    preview = city.caunoi("calendar", "amend", str(file), "--preview", "--format", "csv")
    assert preview.returncode == 0, preview.stderr
    named = {line.split(",")[1] for line in preview.stdout.splitlines()[1:]}
    applied = city.caunoi("calendar", "amend", str(file), "--apply")
    assert applied.returncode == 0, applied.stderr
    assert f"{len(named)} of {len(named)} moved" in applied.stdout
    again = city.caunoi("calendar", "amend", str(file), "--preview")
    assert again.stdout.split()[0] == "0"
    if not named:
        pytest.skip("nothing of this city is due across that day")
    counted = city.caunoi("deadline", "reconcile", code)
    assert counted.returncode == 0, counted.stdout + counted.stderr


def _rules(city: People, code: str) -> set[str]:
    return {item["rule"] for item in city.get("kiemtoan", f"/escalation/api/petitions/{code}/deadlines")["items"]}


def _working_day_within(city: People, code: str) -> str:
    """Return the last day that a limit in days counts, so that taking it away moves the limit."""
    return str(clock(city, code, "KN1.RESOLVE")["derivation"]["due_on"])


def test_the_report_of_anomalies_is_there_for_auditors(city: People) -> None:
    found = city.caunoi("report", "anomalies")
    assert found.returncode == 0, found.stderr
    assert "without extension" in found.stdout
