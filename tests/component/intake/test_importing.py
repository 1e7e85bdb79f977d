"""Imports through the command line and its door: bad rows named, none doubled, whatever happens in between."""

import asyncio
import gzip
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from deploy.cli.client import call
from deploy.cli.importing import sending
from deploy.cli.main import build
from shared.contracts.words import Role
from shared.kernel.ids import derived
from tests.component.intake.conftest import Intake, Served

BOSTON_HEAD = (
    "case_id,opened_at,target_at,closed_at,on_time,status,closure_reason,title,subject,reason,type,queue,department,"
    "address,neighborhood,ward,latitude,longitude,source"
)


def _boston(case: str, *, opened: str = "2015-01-01T00:20:09", department: str = "PWDx", latitude: str = "42.3574") -> str:
    return (
        f"{case},{opened},2015-01-16T08:30:00,2015-01-02T09:08:42,ONTIME,Closed,Done,PRINTED,Public Works,Street Lights,"
        f"Street Light Outages,PWDx_x,{department},33 Beacon St,Downtown,Ward 5,{latitude},-71.0648,Call"
    )


def _row(reference: str, **more: Any) -> dict[str, Any]:
    return {"reference": reference, "opened_at": "2026-01-05T08:00:00+07:00", "text": "Đèn hỏng", **more}


async def _run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, build(list(words)), list(words))


async def _told(intake: Intake) -> list[dict[str, Any]]:
    async with intake.database.reading() as connection:
        rows = await connection.execute(text("SELECT effective_at, body FROM events ORDER BY seq"))
        return [json.loads(row.body) | {"effective_at": row.effective_at} for row in rows]


async def _post(intake: Intake, rows: list[dict[str, Any]], *, role: Role = Role.OPERATOR) -> Any:
    answer = await intake.http.post("/api/imports/elsewhere/rows", json={"rows": rows}, headers=intake.as_person(role))
    return answer.json()


async def test_bostons_rows_keep_their_times_office_and_verdict(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "boston.csv.gz"
    file.write_bytes(gzip.compress("\n".join([BOSTON_HEAD, _boston("101"), _boston("102", department="No Q")]).encode()))
    result = await _run("petition", "import", str(file), "--format", "boston311")
    assert (result.exit_code, "2 imported" in result.output) == (0, True)
    first, second = await _told(served.intake)
    assert first["effective_at"].isoformat() == "2015-01-01T05:20:09+00:00"
    assert first["source"]["due_at"] == "2015-01-16T13:30:00Z"
    assert (first["jurisdiction"], first["source"]["office"], second["source"]["office"]) == ("boston", "boston-PWDx", None)
    assert not (tmp_path / "boston.csv.gz.rejects.jsonl").exists()
    page = await served.intake.http.get(
        "/api/imports/labels", params={"source": "boston311"}, headers=served.intake.as_person(Role.AUDITOR)
    )
    assert {item["reference"]: item["label"] for item in page.json()["items"]} == {"101": "ONTIME", "102": "ONTIME"}


async def test_every_bad_row_is_listed_with_line_field_and_reason_and_good_ones_are_taken(served: Served, tmp_path: Path) -> None:
    lines = [
        BOSTON_HEAD,
        _boston("101"),
        _boston("102", opened="2015-13-01T00:00:00"),
        _boston("103", latitude="north"),
        "104,too,short",
        _boston("10\udcff5"),
        _boston("106", latitude="420"),
        _boston("107", opened="2015-03-08T02:30:00"),
        _boston("108"),
    ]
    file = tmp_path / "boston.csv"
    file.write_bytes("\n".join(lines).encode("utf-8", errors="surrogateescape"))
    reject = tmp_path / "bad.jsonl"
    result = await _run("petition", "import", str(file), "--format", "boston311", "--reject", str(reject))
    assert (result.exit_code, "2 imported" in result.output, "6 rejected" in result.output) == (1, True, True)
    records = [json.loads(line) for line in reject.read_text().splitlines()]
    assert {(record["line"], record["field"]) for record in records} == {
        (3, "opened_at"),
        (4, "latitude"),
        (5, ""),
        (6, "case_id"),
        (7, "latitude"),
        (8, "opened_at"),
    }
    assert all(record["reason"] and record["remedy"] for record in records)
    assert len(await _told(served.intake)) == 2


async def test_a_run_that_was_interrupted_goes_on_and_doubles_nothing(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [_row(f"r-{number}") for number in range(25)]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    monkeypatch.setattr(sending, "BATCH_ROWS_MAX", 10)
    with monkeypatch.context() as patched:
        calls = itertools.count(1)
        whole = call

        def interrupted(*words: Any, **more: Any) -> Any:
            answer = whole(*words, **more)
            if next(calls) == 2:
                raise KeyboardInterrupt  # after the commit, before the answer is counted
            return answer

        patched.setattr("deploy.cli.importing.sending.call", interrupted)
        first = await _run("petition", "import", str(file), "--format", "jsonl")
    assert (first.exit_code, "run the same command again" in first.output) == (130, True)
    assert len(await _told(served.intake)) == 20
    second = await _run("petition", "import", str(file), "--format", "jsonl")
    assert (second.exit_code, "5 imported, 20 known" in second.output) == (0, True)
    assert len(await _told(served.intake)) == 25


async def test_the_order_of_rows_changes_nothing(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.dumps(_row(f"r-{number}")) for number in range(30)]
    file = tmp_path / "rows.jsonl"
    monkeypatch.setattr(sending, "BATCH_ROWS_MAX", 7)
    for lines in (rows[15:], list(reversed(rows)), rows):
        file.write_text("\n".join(lines))
        await _run("petition", "import", str(file), "--format", "jsonl", "--source", "elsewhere")
    async with served.intake.database.reading() as connection:
        found = (await connection.execute(text("SELECT id FROM petitions"))).scalars().all()
    assert set(found) == {derived("import", "elsewhere", f"r-{number}") for number in range(30)}


async def test_two_operators_at_once_take_each_row_once(intake: Intake) -> None:
    rows = [_row(f"r-{number}") for number in range(200)]
    done = await asyncio.gather(*[_post(intake, rows) for _ in range(4)])
    assert sum(answer["imported"] for answer in done) == 200
    assert all(answer["imported"] + answer["known"] == 200 for answer in done)
    assert len(await _told(intake)) == 200


async def test_a_known_number_with_other_content_is_named_and_not_taken(intake: Intake) -> None:
    await _post(intake, [_row("r-1"), _row("r-2")])
    answer = await _post(intake, [_row("r-1", label="OVERDUE"), _row("r-2"), _row("r-3"), _row("r-3", kind="complaint")])
    assert (answer["imported"], answer["known"]) == (1, 1)
    assert [(item["reference"], item["errors"][0]["code"]) for item in answer["rejected"]] == [
        ("r-1", "changed_since"),
        ("r-3", "changed_since"),
    ]


BAD_FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("reference", {"reference": "with space"}),
    ("reference", {"reference": 7}),
    ("opened_at", {"opened_at": "2026-01-05T08:00:00"}),
    ("opened_at", {"opened_at": "2126-01-05T08:00:00Z"}),
    ("due_at", {"due_at": "0001-01-01T00:00:00+14:00"}),
    ("topic", {"topic": "my neighbour Mr Ba, 0912345678"}),
    ("commune", {"commune": "ward 7"}),
    ("latitude", {"latitude": 200.0, "longitude": 1.0}),
    ("office", {"office": "somebody@example.vn"}),
    ("label", {"label": "late\u0000"}),
    ("jurisdiction", {"jurisdiction": "atlantis"}),
    ("petitioner.phone", {"petitioner": {"phone": "12"}}),
    ("colour", {"colour": "red"}),
    ("text", {"text": "x" * 20_001}),
]


@pytest.mark.parametrize(("field", "spoiled"), BAD_FIELDS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BAD_FIELDS)])
async def test_a_bad_field_is_named_and_its_neighbours_are_taken(intake: Intake, field: str, spoiled: dict[str, Any]) -> None:
    answer = await _post(intake, [_row("r-1"), {**_row("r-2"), "line": 2, **spoiled}, _row("r-3")])
    assert answer["imported"] == 2
    (rejected,) = answer["rejected"]
    assert (rejected["line"], [error["field"] for error in rejected["errors"]]) == (2, [field])


async def test_a_contradiction_of_the_source_is_kept_for_the_report(intake: Intake) -> None:
    answer = await _post(intake, [_row("r-1", closed_at="2026-01-04T08:00:00+07:00")])
    assert (answer["imported"], answer["rejected"]) == (1, [])


async def test_texts_and_contacts_of_imports_go_to_the_vault_only(intake: Intake) -> None:
    row = _row("r-1", text="Bí mật của bà Bưởi", place="ngõ 7", petitioner={"name": "Bưởi", "email": "buoi@example.vn"})
    await _post(intake, [row])
    (event,) = await _told(intake)
    assert not any(word in json.dumps(event, default=str, ensure_ascii=False) for word in ("Bưởi", "buoi@", "ngõ 7"))
    petition_id = str(derived("import", "elsewhere", "r-1"))
    asked = {"petition_ids": [petition_id], "purpose": "classify"}
    texts = await intake.http.post("/api/internal/texts", json=asked, headers=intake.as_service())
    assert texts.json()["texts"] == {petition_id: "Bí mật của bà Bưởi"}


async def test_importing_is_for_operators(intake: Intake) -> None:
    assert (await _post(intake, [_row("r-1")], role=Role.OFFICER))["status"] == 403


async def test_pages_of_labels_have_every_row_once(intake: Intake) -> None:
    await _post(intake, [_row(f"r-{number}") for number in range(7)])
    found: list[str] = []
    after: str | None = None
    while True:
        parameters = {"source": "elsewhere", "limit": "3"} | ({"cursor": after} if after else {})
        page = await intake.http.get("/api/imports/labels", params=parameters, headers=intake.as_person(Role.LEADER))
        found += [item["reference"] for item in page.json()["items"]]
        after = page.json()["next"]
        if after is None:
            break
        assert UUID(after)
    assert sorted(found) == [f"r-{number}" for number in range(7)]


SPOILED_FILES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("boston311", lambda _: b"a,b\n1,2\n", "lacks the columns"),
    ("boston311", lambda whole: gzip.compress(whole)[:-20], "cut off or damaged"),
    ("jsonl", lambda _: b"x" * 2_000_000, "a line is longer"),
]


@pytest.mark.parametrize(("form", "spoil", "words"), SPOILED_FILES)
async def test_a_file_that_cannot_be_read_on_says_so(
    served: Served, tmp_path: Path, form: str, spoil: Callable[[bytes], bytes], words: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(spoil("\n".join([BOSTON_HEAD, *(_boston(str(case)) for case in range(50))]).encode()))
    result = await _run("petition", "import", str(file), "--format", form)
    assert (result.exit_code, words in result.output) == (1, True)


async def test_show_tells_what_the_petitioner_sees(served: Served) -> None:
    body = {"kind": "field_report", "text": "Đèn hỏng"}
    code = (await served.intake.http.post("/api/petitions", json=body)).json()["code"]
    result = await _run("petition", "show", code.replace("-", ""), "--english")
    assert (result.exit_code, f"{code}  Received" in result.output) == (0, True)
    misread = await _run("petition", "show", "HN8K-2FQ7-XM3P")
    assert (misread.exit_code, "code:" in misread.output) == (1, True)
