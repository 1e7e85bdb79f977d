"""A row of an import as the command line sends it, and its way into the domain."""

import re
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from services.intake.domain.lodging import JURISDICTIONS, TEXT_CHARACTERS_MAX, Contact, Lodging
from services.intake.domain.mistakes import Mistake
from services.intake.wire.lodging import mistakes_of
from shared.contracts.intake import SourceFactsV1
from shared.contracts.words import Channel, Kind, Language

ROWS_MAX = 1000
REFERENCE_CHARACTERS_MAX = 100
_OFFICE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REFERENCE = re.compile(r"[\x21-\x7e]{1,100}")


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
    office: str | None = Field(default=None, description="office code, where the source names the office")
    opened_at: AwareDatetime
    due_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    label: str | None = Field(default=None, max_length=40, description="the source's own verdict")


class ImportBatch(BaseModel):
    """Up to 1000 rows with their line numbers in the file."""

    rows: list[dict[str, Any]] = Field(max_length=ROWS_MAX)


def parse_row(sent: dict[str, Any], *, now: datetime) -> tuple[ImportRow | None, list[Mistake]]:
    """Return the row, or None and everything that is wrong with it."""
    try:
        row = ImportRow.model_validate(sent)
    except ValidationError as error:
        return None, mistakes_of(error)
    mistakes = list(_mistakes(row, now))
    return (None if mistakes else row), mistakes


def _mistakes(row: ImportRow, now: datetime) -> list[Mistake]:
    found = []
    if not _REFERENCE.fullmatch(row.reference):
        found.append(Mistake("reference", "bad_reference", {"limit": REFERENCE_CHARACTERS_MAX}))
    if row.office is not None and not _OFFICE.fullmatch(row.office):
        found.append(Mistake("office", "bad_office"))
    if row.jurisdiction not in JURISDICTIONS:
        found.append(Mistake("jurisdiction", "unknown_jurisdiction", {"allowed": ", ".join(JURISDICTIONS)}))
    if row.opened_at > now:
        found.append(Mistake("opened_at", "in_the_future"))
    if len(row.text) > TEXT_CHARACTERS_MAX:
        found.append(Mistake("text", "too_long", {"length": len(row.text), "limit": TEXT_CHARACTERS_MAX}))
    return found


def lodging_of(row: ImportRow) -> Lodging:
    """Return the petition that the row tells of."""
    return Lodging(
        kind=row.kind,
        jurisdiction=row.jurisdiction,
        text=row.text,
        topic=row.topic,
        commune=row.commune,
        latitude=row.latitude,
        longitude=row.longitude,
        place=row.place,
        contact=Contact(),
        channel=Channel.IMPORT,
        language=Language.VI,
        urgency=None,
    )


def facts_of(row: ImportRow, *, system: str) -> SourceFactsV1:
    """Return what the event says of the source."""
    return SourceFactsV1(system=system, reference=row.reference, office=row.office, due_at=row.due_at, closed_at=row.closed_at)
