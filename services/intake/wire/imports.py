"""A row of an import as the command line sends it, and its way into the domain.

Invariant: what a row may put into an event is as narrow as at the door; text, place and contact go to the vault.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from services.intake.domain.lodging import Lodging
from services.intake.domain.mistakes import Mistake
from services.intake.wire.lodging import Petitioner, contact_of, mistakes_of
from shared.contracts.intake import SourceFactsV1
from shared.contracts.words import Channel, Kind, Language

ROWS_MAX = 1000
REFERENCE_CHARACTERS_MAX = 100
LABEL_CHARACTERS_MAX = 40
YEARS = (1900, 2200)
_OFFICE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REFERENCE = re.compile(rf"[\x21-\x7e]{{1,{REFERENCE_CHARACTERS_MAX}}}")
_LABEL = re.compile(rf"[\x20-\x7e]{{1,{LABEL_CHARACTERS_MAX}}}")


def _in_utc(instant: datetime) -> datetime:
    low, high = YEARS
    return instant.astimezone(UTC) if low <= instant.year <= high else instant


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class ImportRow(BaseModel):
    """One petition of another system. Instants need a time zone."""

    model_config = ConfigDict(extra="forbid")

    reference: str
    kind: Kind = Kind.FIELD_REPORT
    jurisdiction: str = "hanoi"
    text: str = ""
    topic: str | None = None
    commune: str | None = None
    latitude: float | None = Field(default=None, allow_inf_nan=False)
    longitude: float | None = Field(default=None, allow_inf_nan=False)
    place: str | None = None
    petitioner: Petitioner | None = None
    language: Language = Language.VI
    office: str | None = Field(default=None, description="office code, where the source names the office")
    opened_at: Instant
    due_at: Instant | None = None
    closed_at: Instant | None = None
    label: str | None = Field(default=None, description="the source's own verdict")


class ImportBatch(BaseModel):
    """Up to 1000 rows, each with its `line` in the file."""

    rows: list[dict[str, Any]] = Field(max_length=ROWS_MAX)


def parse_row(sent: dict[str, Any], *, now: datetime) -> tuple[tuple[ImportRow, Lodging] | None, list[Mistake]]:
    """Return the row and the petition that it tells of, or None, with what is wrong with the row's own fields."""
    try:
        row = ImportRow.model_validate(sent)
    except ValidationError as error:
        return None, mistakes_of(error)
    contact, mistakes = contact_of(row.petitioner)
    lodging = Lodging(
        kind=row.kind,
        jurisdiction=row.jurisdiction,
        text=row.text,
        topic=row.topic or None,
        commune=row.commune or None,
        latitude=row.latitude,
        longitude=row.longitude,
        place=(row.place or "").strip() or None,
        contact=contact,
        channel=Channel.IMPORT,
        language=row.language,
        urgency=None,
    )
    return (row, lodging), [*mistakes, *_in_source(row), *_in_times(row, now)]


def _in_source(row: ImportRow) -> list[Mistake]:
    found = []
    if not _REFERENCE.fullmatch(row.reference):
        found.append(Mistake("reference", "bad_reference", {"limit": REFERENCE_CHARACTERS_MAX}))
    if row.office is not None and not _OFFICE.fullmatch(row.office):
        found.append(Mistake("office", "bad_office"))
    if row.label is not None and not _LABEL.fullmatch(row.label):
        found.append(Mistake("label", "bad_label", {"limit": LABEL_CHARACTERS_MAX}))
    return found


def _in_times(row: ImportRow, now: datetime) -> list[Mistake]:
    """A closing before the opening is the source's contradiction, kept and reported, not a mistake of the row."""
    low, high = YEARS
    times = {"opened_at": row.opened_at, "due_at": row.due_at, "closed_at": row.closed_at}
    found = [
        Mistake(field, "far_instant", {"low": low, "high": high})
        for field, instant in times.items()
        if instant is not None and not low <= instant.year <= high
    ]
    late = [field for field in ("opened_at", "closed_at") if (instant := times[field]) is not None and instant > now]
    return found or [Mistake(field, "in_the_future") for field in late]


def facts_of(row: ImportRow, *, system: str) -> SourceFactsV1:
    """Return what the event says of the source."""
    return SourceFactsV1(system=system, reference=row.reference, office=row.office, due_at=row.due_at, closed_at=row.closed_at)
