"""Spreadsheets as lines of cells: XLSX and CSV, whatever a hostile sender put into them.

Invariant: no more than the limits below is ever unpacked or kept; a workbook with macros or links to other files is refused.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from shared.kernel.refusals import Malformed

FILE_BYTES_MAX = 5 * 1024 * 1024
UNPACKED_BYTES_MAX = 40 * 1024 * 1024
ENTRIES_MAX = 200
TAGS_MAX = 1_000_000
LINES_MAX = 5_000
COLUMNS_MAX = 40
CELL_CHARACTERS_MAX = 20_000
DIALECTS = ",;"
_CHUNK_BYTES = 1024 * 1024
_ZIP = b"PK\x03\x04"
_FORBIDDEN = ("vbaproject", "externallinks/", "activex/", "embeddings/", "connections.xml")
_BROKEN = (zipfile.BadZipFile, InvalidFileException, ParseError, DefusedXmlException, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Cells:
    """A line of a spreadsheet by its number there; `trouble` says why it could not be read as cells."""

    line: int
    values: Sequence[str]
    trouble: str | None = None


def read_lines(data: bytes) -> list[Cells]:
    """Return every line that is not empty, the head among them. Raises Malformed where the file as a whole is refused."""
    if len(data) > FILE_BYTES_MAX:
        raise _refused("spreadsheet_too_large")
    found: list[Cells] = []
    for cells in _workbook(data) if data.startswith(_ZIP) else _csv(data):
        if cells.trouble is None and not any(cells.values):
            continue
        if len(found) > LINES_MAX:
            raise _refused("spreadsheet_too_many_lines")
        found.append(cells)
    return found


def _refused(code: str) -> Malformed:
    return Malformed(f"the file is refused: {code}", code=code)


def _workbook(data: bytes) -> Iterator[Cells]:
    try:
        _check_package(data)
        yield from _sheet(data)
    except Malformed:
        raise
    except (*_BROKEN, AttributeError, IndexError, OverflowError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        # A damaged workbook fails in as many ways as the library has lines; none of them is ours to tell apart.
        raise _refused("spreadsheet_unreadable") from error


def _check_package(data: bytes) -> None:
    """Refuse bombs: zipfile never unpacks more than an entry declares, and each tag costs far more memory than its bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entries = package.infolist()
        _check_entries(entries)
        tags = 0
        for entry in entries:
            with package.open(entry) as unpacked:
                while (chunk := unpacked.read(_CHUNK_BYTES)) and tags <= TAGS_MAX:
                    tags += chunk.count(b"<")
    if tags > TAGS_MAX:
        raise _refused("spreadsheet_too_large")


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > ENTRIES_MAX or sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
        raise _refused("spreadsheet_too_large")
    if any(part in entry.filename.lower() for entry in entries for part in _FORBIDDEN):
        raise _refused("spreadsheet_active")


def _sheet(data: bytes) -> Iterator[Cells]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        # A file may say that its lines or columns lie a million apart: empty ones are counted too.
        for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX, values_only=True), start=1):
            if number > 2 * LINES_MAX:
                raise _refused("spreadsheet_too_many_lines")
            yield _cells(number, [_written(value) for value in row])
    finally:
        book.close()


def _written(value: object) -> str:
    """Return a cell as its reader would write it: days as days, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _csv(data: bytes) -> Iterator[Cells]:
    try:
        written = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused("spreadsheet_encoding") from error
    if "\x00" in written:
        raise _refused("spreadsheet_encoding")
    head = written.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=max(DIALECTS, key=head.count), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Cells(start, (), str(error))
            continue
        yield _cells(start, [value.strip() for value in record])


def _cells(line: int, values: list[str]) -> Cells:
    while values and not values[-1]:
        values.pop()
    if len(values) > COLUMNS_MAX:
        return Cells(line, (), f"> {COLUMNS_MAX} cells")
    if any(len(value) > CELL_CHARACTERS_MAX for value in values):
        return Cells(line, (), f"> {CELL_CHARACTERS_MAX} characters")
    return Cells(line, values)
