"""Open311 GeoReport v2: what its clients may ask, and what they are shown of a field report: nothing that a citizen wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.domain.likeness import Place
from services.intake.domain.lodging import WITH_COMMUNES
from services.intake.domain.progress import OPEN, State, Step, stand

JURISDICTION = WITH_COMMUNES
"""The one that is served here."""
KIND = "field_report"
SPAN_MAX = timedelta(days=90)
REQUESTS_MAX = 1000
PAGES_MAX = 10_000
DESCRIPTION_CHARACTERS_MAX = 4_000
URL_CHARACTERS_MAX = 2_000
COMMUNE = "commune"
"""The one attribute of every service."""
STATUS_OPEN, STATUS_CLOSED = STATUSES = ("open", "closed")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of routing: what a client calls a service."""

    code: str
    name_vi: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a long list."""

    number: int = 1
    size: int = REQUESTS_MAX

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Question:
    """Which requests: those of `codes` and no other filter, or those within a time, of some services, in one status.

    `services` and `is_open` None leave it open; `before` is the first instant that is not asked for.
    """

    start: datetime
    before: datetime
    codes: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    is_open: bool | None = None
    page: Page = Page()


@dataclass(frozen=True, slots=True)
class Report:
    """A field report as everybody may see it."""

    petition_id: UUID
    code: str
    state: State
    topic: str | None
    office: str | None
    commune: str | None
    place: Place | None
    lodged_at: datetime
    changed_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """A step of a report, with the status that it left it in."""

    code: str
    step: Step
    status: str


def status_of(state: State) -> str:
    """Return what Open311 calls a state: whatever is answered, refused, guided, taken back or ended is closed."""
    return STATUS_OPEN if state in OPEN else STATUS_CLOSED


def notes_of(code: str, steps: Sequence[Step]) -> list[Note]:
    """Return the history of a report; `steps` in the order in which they became true."""
    return [Note(code, step, status_of(stand(steps[:number]).state)) for number, step in enumerate(steps, start=1)]
