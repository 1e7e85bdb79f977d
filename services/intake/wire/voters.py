"""A file of voters' petitions: its head, its lines, and the file of those that could not be taken.

Invariant: every line after the head is either read or rejected, exactly once; the reject file may be mended and sent again.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from services.intake.domain.lodging import Lodging
from services.intake.domain.mistakes import ENGLISH, VIETNAMESE, Mistake, told
from services.intake.domain.people import Contact
from services.intake.domain.places import fold
from services.intake.domain.voters import SYSTEM, VotersLine
from shared.contracts.intake import SourceFactsV1
from shared.contracts.words import Channel, Kind, Language
from shared.kernel.refusals import Malformed

ERROR_COLUMN = "Lỗi / Error"
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
# What a spreadsheet would take for a formula when it opens the file.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTE = "'"

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "session": ("Kỳ họp", "Cuộc tiếp xúc", "Hội nghị", "session", "meeting"),
        "met_on": ("Ngày tiếp xúc", "Ngày họp", "Ngày", "met_on", "date"),
        "commune": ("Phường, xã", "Đơn vị", "Xã", "Phường", "commune", "unit"),
        "text": ("Nội dung", "Nội dung kiến nghị", "text"),
        "office": ("Cơ quan", "Cơ quan được kiến nghị", "office"),
        "number": ("Số", "Số thứ tự", "STT", "number"),
    }
)
OPTIONAL = frozenset({"office"})
_FIELDS = {fold(name): field for field, names in COLUMNS.items() for name in names}
_IGNORED = fold(ERROR_COLUMN)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken: its cells as they were, and everything that is wrong with it."""

    line: int
    cells: Sequence[str]
    mistakes: Sequence[Mistake]


@dataclass(frozen=True, slots=True)
class VotersFile:
    """A file as read: every line after the head is in one of the two lists."""

    head: Sequence[str]
    lines: Sequence[tuple[VotersLine, Sequence[str]]]
    rejected: Sequence[Rejected]


def read_voters(rows: Iterable[tuple[int, Sequence[str], str | None]]) -> VotersFile:
    """Return what rows of number, cells and trouble say. Raises Malformed where the head lacks a column."""
    all_rows = iter(rows)
    _, head, _ = next(all_rows, (0, (), None))
    places = _places(head)
    lines: list[tuple[VotersLine, Sequence[str]]] = []
    rejected = []
    for line, cells, trouble in all_rows:
        if trouble is not None:
            rejected.append(Rejected(line, cells, [Mistake("line", "bad_cell", {"why": trouble})]))
        elif len(cells) > len(head):
            rejected.append(Rejected(line, cells, [Mistake("line", "bad_line", {"cells": len(cells), "columns": len(head)})]))
        else:
            lines.append((_line(line, cells, places), cells))
    return VotersFile(head, lines, rejected)


def _places(head: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(head):
        field = _FIELDS.get(fold(name))
        if field is not None and field in places:
            raise Malformed(f"two columns are {field}", code="voters_head", errors=[_head_error(field)])
        if field is not None:
            places[field] = place
    missing = [field for field in COLUMNS if field not in places and field not in OPTIONAL]
    if missing:
        raise Malformed("the head lacks columns", code="voters_head", errors=[_head_error(field) for field in missing])
    return places


def _head_error(field: str) -> dict[str, str]:
    vietnamese = COLUMNS[field][0]
    return {
        "field": field,
        "reason": f"dòng tiêu đề cần đúng một cột “{vietnamese}” · the head needs this column exactly once",
        "remedy": f"đặt tên cột là “{vietnamese}” · name it {field!r}",
    }


def _line(line: int, cells: Sequence[str], places: Mapping[str, int]) -> VotersLine:
    said = {field: _plain(cells[place]) if place < len(cells) else "" for field, place in places.items()}
    return VotersLine(
        line=line,
        session=" ".join(said["session"].split()),
        met_on=_day(said["met_on"]),
        commune=said["commune"],
        text=said["text"],
        office=said.get("office", ""),
        number=said["number"],
    )


def _plain(cell: str) -> str:
    """Return a cell without the sign that the reject file put before what looks like a formula."""
    return cell[1:] if cell.startswith(_QUOTE) and cell[1:].startswith(FORMULA) else cell


def _day(written: str) -> date | None:
    for form in DAYS:
        try:
            return datetime.strptime(written, form).date()  # noqa: DTZ007 - a legal day has no zone
        except ValueError:
            continue
    return None


def reject_file(head: Sequence[str], rejected: Iterable[Rejected]) -> str:
    """Return the lines that were not taken as CSV with the same columns, and what is wrong and what to do in one more."""
    kept = [place for place, name in enumerate(head) if fold(name) != _IGNORED]
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([*(_safe(head[place]) for place in kept), ERROR_COLUMN])
    for item in sorted(rejected, key=lambda item: item.line):
        cells = [item.cells[place] if place < len(item.cells) else "" for place in kept]
        writer.writerow([*(_safe(cell) for cell in cells), _said(item)])
    return written.getvalue()


def _said(item: Rejected) -> str:
    texts = []
    for language, word in ((VIETNAMESE, "Dòng"), (ENGLISH, "Line")):
        errors = [told(mistake, language=language) for mistake in item.mistakes]
        said = "; ".join(f"{_column(error['field'], language)}: {error['reason']} ({error['remedy']})" for error in errors)
        texts.append(f"{word} {item.line}: {said}")
    return " / ".join(texts)


def _column(field: str, language: str) -> str:
    names = COLUMNS.get(field)
    if names is None:
        return "dòng" if language == VIETNAMESE else "line"
    return names[0] if language == VIETNAMESE else field


def _safe(cell: str) -> str:
    return f"{_QUOTE}{cell}" if cell.startswith(FORMULA) else cell


def lodging_of(line: VotersLine) -> Lodging:
    """Return the petition that a checked line tells of."""
    return Lodging(
        kind=Kind.VOTERS_PETITION,
        jurisdiction="hanoi",
        text=line.text,
        topic=None,
        commune=line.commune,
        latitude=None,
        longitude=None,
        place=None,
        contact=Contact(),
        channel=Channel.IMPORT,
        language=Language.VI,
        urgency=None,
    )


def facts_of(petition_id: str, office: str | None) -> SourceFactsV1:
    """Return what the event says of the list: its office, and nothing that somebody wrote."""
    return SourceFactsV1(system=SYSTEM, reference=petition_id, office=office)
