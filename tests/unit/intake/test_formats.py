"""Rows of files to rows of intake's doors."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.importing.formats import boston311, jsonl
from deploy.cli.importing.lines import Mistake, Row, Source
from services.intake.wire.imports import parse_row
from shared.kernel.clock import SystemClock

HEAD = "case_id,opened_at,target_at,closed_at,on_time,title,reason,type,department,address,latitude,longitude"
RECORD: dict[str, str] = {
    "case_id": "101",
    "opened_at": "2015-07-01T12:00:00",
    "target_at": "",
    "closed_at": "",
    "on_time": "ONTIME",
    "title": "PRINTED",
    "reason": "Street Lights",
    "type": "Street Light Outages",
    "department": "PWDx",
    "address": "33 Beacon St",
    "latitude": "42.35",
    "longitude": "-71.06",
}
Read = Callable[[Source], Iterator[Row | Mistake]]


def _read(tmp_path: Path, form: Read, content: bytes) -> list[Row | Mistake]:
    file = tmp_path / "file"
    file.write_bytes(content)
    source = Source(file)
    try:
        return list(form(source))
    finally:
        source.close()


def _boston(tmp_path: Path, **change: str) -> Any:
    record = RECORD | change
    (item,) = _read(tmp_path, boston311, f"{HEAD}\n{','.join(record.values())}\n".encode())
    return item


TIMES = {
    "2015-01-01T00:20:09": "2015-01-01T00:20:09-05:00",
    "2015-07-01T00:20:09": "2015-07-01T00:20:09-04:00",
    "2015-11-01T01:30:00": "2015-11-01T01:30:00-04:00",  # this hour came twice: the first
    "2015-11-01T01:30:00-05:00": "2015-11-01T01:30:00-05:00",
}


@pytest.mark.parametrize(("written", "meant"), TIMES.items())
def test_boston_times_are_local_times_of_their_day(tmp_path: Path, written: str, meant: str) -> None:
    assert _boston(tmp_path, opened_at=written).values["opened_at"] == meant


@pytest.mark.parametrize("written", ["2015-03-08T02:30:00", "2015-02-30T00:00:00", "yesterday"])
def test_a_time_that_never_was_is_named(tmp_path: Path, written: str) -> None:
    item = _boston(tmp_path, target_at=written)
    assert isinstance(item, Mistake)
    assert (item.line, item.field, item.reference) == (2, "target_at", "101")


@pytest.mark.parametrize(("department", "office"), [("PWDx", "boston-PWDx"), ("GEN_", "boston-GEN_"), ("", None), ("No Q", None)])
def test_a_department_is_an_office_unless_it_means_none(tmp_path: Path, department: str, office: str | None) -> None:
    assert _boston(tmp_path, department=department).values["office"] == office


def test_the_text_says_nothing_twice_and_the_topic_is_a_code(tmp_path: Path) -> None:
    values = _boston(tmp_path, title="Street Lights").values
    assert values["text"] == "Street Lights: Street Light Outages"
    assert values["topic"] == "street-light-outages"


@pytest.mark.parametrize("wrap", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_json_lines_are_read_with_their_numbers_and_broken_ones_named(tmp_path: Path, wrap: Callable[[bytes], bytes]) -> None:
    content = b'{"reference": "1"}\n\n[1]\n{"reference"\n"\xff"\n{"reference": "6"}'
    items = _read(tmp_path, jsonl, wrap(content))
    assert [(item.line, isinstance(item, Row)) for item in items] == [(1, True), (3, False), (4, False), (5, False), (6, True)]


def test_every_row_of_bostons_file_is_one_that_intake_takes(shared_files: Path) -> None:
    source = Source(shared_files / "data" / "boston311-2015-h1.csv.gz")
    now, references = SystemClock().now(), set()
    for item in boston311(source):
        assert isinstance(item, Row)
        parsed, mistakes = parse_row(dict(item.values), now=now)
        assert parsed is not None
        assert mistakes == []
        references.add(parsed[0].reference)
    source.close()
    assert len(references) == 58_119
