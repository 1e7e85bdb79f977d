"""Who is told about what.

| event | petitioner | office |
|---|---|---|
| lodged | receipt with the tracking code | – |
| joined | the same, to who joined | – |
| routed, transferred | which office has it | the office that has it now |
| answered | the answer | – |
| refused, guided, terminated | that it ended so, and what can be done | – |
| returned | which office has it | the office that has it again |
| reminded | – | the office whose time runs out |
| breached | that it is overdue | the office that is late |
| escalated | that the superior office knows | the superior office |
| moved | the new date, and why | the office, in its digest |
| paused | that there is no date for now | – |
| calendar missing | – | the offices at the root |
| a webhook fails, or is paused | – | the office whose webhook it is |

When: domain/timing.py.

Imported petitions: nobody, another system has told them. Petitioners without a contact: nothing to send. Of a denunciation mails
say only that there is news: neither topic nor content nor code, and the same words whatever happened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class About(StrEnum):
    """What a notice is about."""

    LODGED = "lodged"
    ROUTED = "routed"
    ANSWERED = "answered"
    ENDED = "ended"
    REMINDER = "reminder"
    BREACH = "breach"
    ESCALATION = "escalation"
    MOVED = "moved"
    PAUSED = "paused"
    CALENDAR = "calendar"
    DIGEST = "digest"
    MORNING = "morning"
    ADDRESS = "address"
    WEBHOOK_FAILING = "webhook_failing"
    WEBHOOK_PAUSED = "webhook_paused"


class Audience(StrEnum):
    """Who is told. The superior office that a breach climbs to is an office too: the event names it."""

    PETITIONER = "petitioner"
    OFFICE = "office"
    PERSON = "person"
    """An officer, head or leader who registered an address of his own."""


@dataclass(frozen=True, slots=True)
class Person:
    """A further petitioner; the first one is the petition's own."""

    id: UUID
    language: str


@dataclass(frozen=True, slots=True)
class Petition:
    """A petition as notices need it."""

    code: str
    language: str
    is_reachable: bool
    is_sealed: bool
    office: str | None = None
    others: tuple[Person, ...] = ()
    """Further petitioners who can be reached."""


@dataclass(frozen=True, slots=True)
class News:
    """What happened, in the words of a notice. `office` is the one concerned; `facts` fill the template.

    `tell_from` is the earliest instant at which people of the office are told, None: at once. `amendment` names the change of a
    calendar or rule that it is part of.
    """

    about: About
    office: str | None
    facts: Mapping[str, str]
    concerns_petitioner: bool = True
    is_urgent: bool = False
    tell_from: datetime | None = None
    due_at: datetime | None = None
    amendment: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to be written and sent."""

    about: About
    audience: Audience
    office: str | None
    language: str
    facts: Mapping[str, Any]
    petitioner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One of several things that a mail tells. `code` is None of a denunciation, and the facts are empty."""

    about: str
    code: str | None
    facts: Mapping[str, str]
    due_at: datetime | None
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a mail tells together: its first lines, how many there are of each kind, and how many of denunciations.

    `closed_at` is when it was written first; nothing was added after that.
    """

    closed_at: datetime
    lines: Sequence[Line]
    counts: Mapping[str, int]
    sealed: int = 0


@dataclass(frozen=True, slots=True)
class Own:
    """A version of the city's own words for a notice; `text` None: the shipped ones count again."""

    name: str
    number: int
    text: str | None


GROUPS = (About.ESCALATION, About.BREACH, About.REMINDER, About.MOVED)
"""In this order a digest tells what it has."""
LINES_MAX = 200
"""A mail names so many things; the others it only counts."""
WINDOW = "window"
"""Part of what a petitioner is told of a breach: until when the law lets one go further."""
BY_TIME = frozenset({About.REMINDER, About.BREACH, About.ESCALATION, About.MOVED, About.PAUSED})
"""What the clocks say, each at its own hour (domain/timing.py)."""
OFFICES_LANGUAGE = "vi"
_TO_PETITIONER = frozenset(
    {About.LODGED, About.ROUTED, About.ANSWERED, About.ENDED, About.BREACH, About.ESCALATION, About.MOVED, About.PAUSED}
)
_TO_OFFICE = frozenset({About.ROUTED, About.REMINDER, About.BREACH, About.ESCALATION, About.MOVED})
_TELLS_DUE = frozenset({About.ROUTED})


def notices(news: News, petition: Petition) -> list[Notice]:
    """Return who is told."""
    facts = {**news.facts, "code": petition.code}
    told = []
    if news.about in _TO_PETITIONER and news.concerns_petitioner:
        if petition.is_reachable:
            told.append(Notice(news.about, Audience.PETITIONER, news.office, petition.language, facts))
        told += [to_person(news.about, news.office, facts, person) for person in petition.others]
    if news.about in _TO_OFFICE and news.office is not None:
        told.append(Notice(news.about, Audience.OFFICE, news.office, OFFICES_LANGUAGE, facts))
    return told


def to_person(about: About, office: str | None, facts: Mapping[str, str], person: Person) -> Notice:
    """Return what a further petitioner is told."""
    return Notice(about, Audience.PETITIONER, office, person.language, facts, person.id)


def is_gathered(notice: Notice) -> bool:
    """Return whether a notice may tell several things together."""
    return notice.about is About.DIGEST or (notice.audience is Audience.PETITIONER and notice.about in BY_TIME)


def is_held_for_due(about: About) -> bool:
    """Return whether a notice waits a moment for the due date of the next step: of a route people want to know until when."""
    return about in _TELLS_DUE


def template_of(about: str, audience: str, *, is_sealed: bool) -> str:
    """Return the template: of a denunciation one that says nothing but that there is news."""
    return f"sealed.{audience}" if is_sealed else f"{about}.{audience}"
