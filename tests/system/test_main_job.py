"""The main job, as the city's people see it: a petition comes in, finds its office, gets its deadline, and its life can be read back.

Runs against the city that CAUNOI_URL names (compose, for example), or against one that it starts.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.kernel.clock import SystemClock
from tests.system.cities import People, some_city

WARD_OFFICER, BUILDING_OFFICER, RECEPTION = "canbo.hoankiem", "canbo.xaydung", "tiepdan"
PHOTO = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SAMPLE_ROWS = 300


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("main-job")) as people:
        yield people


def a_report(**changes: Any) -> dict[str, Any]:
    report = {
        "kind": "field_report",
        "text": "Nắp cống trước số 12 bị vỡ, rất nguy hiểm cho người đi đường.",
        "commune": "00070",
        "place": "12 Hàng Bài",
        "petitioner": {"name": "Nguyễn Thị Bưởi", "email": f"{uuid4().hex}@example.vn"},
    }
    return report | changes


def test_a_field_report_finds_its_office_is_answered_in_time_and_everybody_is_told(city: People) -> None:
    report = a_report()
    code = city.lodge(**report)
    city.wait_for(code, "routing petition.routed", "escalation deadline.set")
    seen = city.look_until(code, lambda shown: shown["due_rule"])
    assert (seen["state"], seen["office"]["code"], seen["due_rule"]) == ("routed", "hanoi-so-xd", "IH.RECEIPT")
    assert datetime.fromisoformat(seen["due_at"]) > SystemClock().now()
    assert city.act(BUILDING_OFFICER, code, "accept", version=1).json()["state"] == "accepted"
    evidence = _upload_evidence(city, code)
    answer = {"version": 2, "text": "Đã thay nắp cống mới sáng nay.", "evidence": [evidence]}
    city.wait_for(code, "intake petition.supplemented")
    _until_accepted(city, code, answer)
    assert city.act(BUILDING_OFFICER, code, "close", version=3).json()["state"] == "closed"
    said = city.wait_for(code, "routing petition.closed", "escalation deadline.met")
    assert not {name for name in said if name.endswith(("breached", "ended", "escalated"))}
    _until_told(city, code, report["petitioner"]["email"], 3)
    trace = _verified(city, code)
    assert (trace["gaps"], trace["oddities"], trace["unjudged"]) == ([], [], [])
    rights = {event["authority"] for event in trace["events"]}
    assert rights == {"petitioner", "service", "officer@hanoi-so-xd"}
    assert "Bưởi" not in json.dumps(trace, ensure_ascii=False)
    city.look_until(code, lambda shown: shown["state"] == "closed")


def test_an_auditor_takes_a_case_away_and_finds_that_nothing_is_missing_anywhere(city: People, tmp_path: Path) -> None:
    code = city.lodge(**a_report())
    city.wait_for(code, "routing petition.routed", "escalation deadline.set")
    paper, rows = tmp_path / "case.pdf", tmp_path / "events.csv.zip"
    done = city.caunoi("petition", "export", code, "--out", str(paper))
    assert done.returncode == 0, done.stderr
    assert paper.read_bytes().startswith(b"%PDF-1.7")
    done = city.caunoi("audit", "export", "--code", code, "--out", str(rows))
    assert done.returncode == 0, done.stderr
    assert "SHA-256" in done.stdout
    city.wait_for(code, "audit export.made")
    compared = city.caunoi("audit", "compare")
    assert (compared.returncode, " 0 differences" in compared.stdout) == (0, True), compared.stdout + compared.stderr


def _verified(city: People, code: str) -> dict[str, Any]:
    """Return the trace when every service's own record agrees with it: what was said a moment ago may be on its way."""
    for _ in range(200):
        trace = city.trace(code)
        if trace["verdict"] == "complete":
            break
    assert (trace["verdict"], {item["state"] for item in trace["records"]}) == ("complete", {"agrees"}), trace["records"]
    return trace


def _upload_evidence(city: People, code: str) -> str:
    answer = city.http.post(
        f"/intake/api/petitions/{code}/attachments",
        params={"purpose": "evidence"},
        files={"files": ("bien-ban.pdf", PHOTO)},
        headers=city.bearer(BUILDING_OFFICER),
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["attachments"][0]["id"])


def _until_accepted(city: People, code: str, answer: dict[str, Any]) -> None:
    """Routing hears of evidence through the bus: until then it says so, and asks to try again."""
    for _ in range(100):
        given = city.act(BUILDING_OFFICER, code, "answer", **answer)
        if given.is_success:
            return
        assert given.json()["code"] == "unknown_evidence", given.text
        city.wait_for(code, "intake petition.supplemented")
    raise AssertionError("the evidence never became known")


def _until_told(city: People, code: str, address: str, number: int) -> None:
    city.wait_for(code, "notify notice.sent")
    for _ in range(200):
        told = [mail for mail in city.mails_about(code) if address in mail["to"]]
        if len(told) >= number:
            break
        city.types(code)
    assert len({mail["message_id"] for mail in told}) == len(told) == number


def test_an_act_needs_the_right_the_state_and_the_version(city: People) -> None:
    code = city.lodge(**a_report())
    city.wait_for(code, "routing petition.routed")
    assert city.act(WARD_OFFICER, code, "accept", version=1).status_code == 404
    too_early = city.act(BUILDING_OFFICER, code, "answer", version=1, text="Đã giải quyết xong.")
    assert (too_early.status_code, too_early.json()["code"]) == (409, "not_possible_now")
    unlisted = city.act(BUILDING_OFFICER, code, "refuse", version=1, ground="KN11_3")
    assert unlisted.json()["code"] == "unlisted_ground"
    assert city.act(BUILDING_OFFICER, code, "accept", version=1).is_success
    conflict = city.act(BUILDING_OFFICER, code, "accept", version=1).json()
    assert (conflict["code"], conflict["version"], conflict["state"]) == ("version_conflict", 2, "accepted")
    unproved = city.act(BUILDING_OFFICER, code, "answer", version=2, text="Đã giải quyết xong.")
    assert unproved.json()["code"] == "evidence_required"


def test_what_no_rule_decides_waits_in_the_pool_until_reception_assigns_it(city: People) -> None:
    code = city.lodge(kind="recommendation", text="Tôi có một ý kiến nhỏ.")
    city.wait_for(code, "routing petition.routed")
    assert city.look_until(code, lambda shown: shown["office"])["office"]["code"] == "hanoi-tcd"
    assert city.act(RECEPTION, code, "accept", version=1).json()["code"] == "unassigned"
    queue = city.get(RECEPTION, "/routing/api/queue?limit=200")["items"]
    assert next(item for item in queue if item["code"] == code)["is_unassigned"]
    moved = city.act(RECEPTION, code, "transfer", version=1, to_office="hanoi-00070", reason="assignment")
    assert moved.json()["office"] == "hanoi-00070"
    assert city.act(WARD_OFFICER, code, "accept", version=2).is_success


def test_a_complaint_is_accepted_within_seven_working_days(city: People) -> None:
    code = city.lodge(kind="complaint", text="Tôi khiếu nại quyết định thu hồi đất số 12.", commune="00070")
    city.wait_for(code, "escalation deadline.set")
    clocks = city.get(WARD_OFFICER, f"/escalation/api/petitions/{code}/deadlines")["items"]
    (accept,) = [clock for clock in clocks if clock["rule"].startswith("KN1.ACCEPT")]
    assert accept["limit"] == "7 working_day"
    assert accept["derivation"]["citation"]


def test_an_overdue_petition_is_breached_and_climbs_to_the_parent_office(city: People, tmp_path: Path) -> None:
    opened = SystemClock().now() - timedelta(days=60)
    reference = f"old-{uuid4().hex[:8]}"
    row = {"reference": reference, "kind": "complaint", "commune": "00070", "opened_at": opened.isoformat()}
    file = tmp_path / "old.jsonl"
    file.write_text(json.dumps(row) + "\n" + json.dumps({**row, "reference": "x", "opened_at": "yesterday"}) + "\n")
    done = city.caunoi("petition", "import", str(file), "--format", "jsonl", "--source", "test")
    assert "1 imported" in done.stdout, done.stdout + done.stderr
    assert "1 rejected" in done.stdout
    again = city.caunoi("petition", "import", str(file), "--format", "jsonl", "--source", "test")
    assert "0 imported" in again.stdout
    labels = city.get("vanhanh", "/intake/api/imports/labels?source=test")["items"]
    (code,) = [item["code"] for item in labels if item["reference"] == reference]
    said = city.wait_for(code, "escalation deadline.breached", "escalation petition.escalated")
    assert said.count("escalation deadline.reminded") >= 2
    climbed = [event for event in city.trace(code)["events"] if event["type"].endswith("petition.escalated.v1")]
    assert "hanoi" in json.dumps(climbed[0])
    printed = city.caunoi("petition", "trace", code)
    assert printed.returncode == 0, printed.stderr


def test_real_requests_of_boston_get_the_citys_own_verdict(city: People, shared_files: Path, tmp_path: Path) -> None:
    source = shared_files / "data" / "boston311-2015-h1.csv.gz"
    sample = tmp_path / "sample.csv"
    with gzip.open(source, "rt", encoding="utf-8", newline="") as whole, sample.open("w", encoding="utf-8", newline="") as part:
        rows = csv.DictReader(whole)
        assert rows.fieldnames
        writer = csv.DictWriter(part, rows.fieldnames)
        writer.writeheader()
        chosen = [row for _, row in zip(range(SAMPLE_ROWS), rows, strict=False)]
        writer.writerows(reversed(chosen))
    done = city.caunoi("petition", "import", str(sample), "--format", "boston311")
    assert done.returncode == 0, done.stdout + done.stderr
    city.caunoi("petition", "import", str(sample), "--format", "boston311")
    judged = [row for row in chosen if row["target_at"] and row["closed_at"] and row["on_time"]]
    labels = city.get("vanhanh", "/intake/api/imports/labels?source=boston311")["items"]
    assert len(labels) >= SAMPLE_ROWS
    for item in labels[:5]:
        city.wait_for(item["code"], "routing petition.routed")
    for _ in range(100):
        report = city.caunoi_json("report", "on-time", "--against-source", "--json")
        if report["total"] >= len(judged):
            break
    assert report["total"] >= len(judged)
    assert report["disagreed"] == 0
