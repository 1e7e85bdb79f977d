"""Spreadsheets: what clerks save, and what nobody should send."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime

import pytest
from openpyxl import Workbook

from services.intake.gateways import spreadsheets
from services.intake.gateways.spreadsheets import Cells, read_lines
from shared.kernel.refusals import Malformed

ROWS = (("Kỳ họp", "Ngày", "Số"), ("Thứ 5", datetime(2026, 10, 5), 7), (), ("Đường; ngõ", "06/10/2026", 8.0))  # noqa: DTZ001
READ = [("Kỳ họp", "Ngày", "Số"), ("Thứ 5", "2026-10-05", "7"), ("Đường; ngõ", "06/10/2026", "8")]


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _with(data: bytes, name: str, content: bytes) -> bytes:
    """Return the package with one entry put in or replaced."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, content)
    return written.getvalue()


def _code(data: bytes) -> str:
    with pytest.raises(Malformed) as refused:
        read_lines(data)
    return refused.value.code


def test_a_workbook_is_read_as_its_reader_sees_it() -> None:
    assert [tuple(cells.values) for cells in read_lines(workbook(ROWS))] == READ


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_is_read_with_either_separator_with_and_without_a_mark(mark: str, separator: str) -> None:
    lines = ["Kỳ họp,Ngày,Số", "Thứ 5,2026-10-05,7", "", '"Đường; ngõ",06/10/2026,8']
    written = mark + "\r\n".join(line.replace(",", separator) for line in lines)
    found = read_lines(written.encode())
    assert [tuple(cells.values) for cells in found] == READ
    assert [cells.line for cells in found] == [1, 2, 4]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    assert _code(_with(workbook(ROWS), "xl/media/zeros", bytes(spreadsheets.UNPACKED_BYTES_MAX))) == "spreadsheet_too_large"


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/embeddings/ole.bin"])
def test_macros_and_links_to_other_files_are_refused(name: str) -> None:
    assert _code(_with(workbook(ROWS), name, b"x")) == "spreadsheet_active"


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet><sheetData>&b;</sheetData></worksheet>'
)
DEEP = b"<worksheet>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</worksheet>"


@pytest.mark.parametrize("content", [ENTITIES, b"<worksheet>", b"\x00\xff"])
def test_a_damaged_or_expanding_sheet_is_refused(content: bytes) -> None:
    assert _code(_with(workbook(ROWS), "xl/worksheets/sheet1.xml", content)) == "spreadsheet_unreadable"


@pytest.mark.parametrize("tag", [b"<c/>", b"<row><c/></row>", b"<a>"])
def test_a_sheet_of_more_cells_than_memory_is_refused_before_it_is_read(tag: bytes) -> None:
    many = b"<worksheet><sheetData>" + tag * (spreadsheets.TAGS_MAX + 1)
    assert _code(_with(workbook(ROWS), "xl/worksheets/sheet1.xml", many)) == "spreadsheet_too_large"


def test_a_deep_sheet_says_nothing_and_breaks_nothing() -> None:
    assert read_lines(_with(workbook(ROWS), "xl/worksheets/sheet1.xml", DEEP)) == []


def test_a_sheet_whose_lines_lie_a_million_apart_is_refused() -> None:
    far = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert _code(_with(workbook(ROWS), "xl/worksheets/sheet1.xml", far)) == "spreadsheet_too_many_lines"


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "LINES_MAX", 3)
    assert len(read_lines(b"head\na\nb\nc\n")) == 4
    assert _code(b"head\na\nb\nc\nd\n") == "spreadsheet_too_many_lines"


@pytest.mark.parametrize("data", ["Kỳ họp".encode("utf-16"), "Nội dung".encode("cp1258", errors="replace") + b"\xff", b"a\x00b"])
def test_another_encoding_is_refused_and_named(data: bytes) -> None:
    assert _code(data) == "spreadsheet_encoding"


def test_a_file_larger_than_the_limit_is_refused() -> None:
    assert _code(b"a" * (spreadsheets.FILE_BYTES_MAX + 1)) == "spreadsheet_too_large"


def test_a_line_that_is_no_csv_and_a_huge_cell_are_named_by_line() -> None:
    found = read_lines(b'a,b\n"x"y,1\n' + b"z" * (spreadsheets.CELL_CHARACTERS_MAX + 1) + b",1\n2,3\n")
    assert [(cells.line, cells.trouble is None) for cells in found] == [(1, True), (2, False), (3, False), (4, True)]
    assert found[3] == Cells(4, ["2", "3"])
