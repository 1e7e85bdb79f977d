"""What an officer asks for, and what becomes true by it. Commands are imperative, facts past tense."""

from dataclasses import dataclass
from datetime import date

from services.routing.domain.competence import Route


@dataclass(frozen=True, slots=True)
class Document:
    """The paper that an act stands on."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Accept:
    """Take it on (thụ lý); `traits` are circumstances found on which limits depend."""

    traits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Decline on a listed ground."""

    ground: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Pass it to the office of `route`, for a listed reason."""

    route: Route
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer in words, with evidence where the place is physical."""

    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Close:
    """End the procedure."""


@dataclass(frozen=True, slots=True)
class Suspend:
    """Stop the resolution by a written decision, on a ground that the law lists."""

    ground: str
    document: Document


@dataclass(frozen=True, slots=True)
class Resume:
    """Continue by a written decision."""

    document: Document


@dataclass(frozen=True, slots=True)
class Extend:
    """Take more time for one step, in the unit of its rule, on a ground that the law lists."""

    rule: str
    ground: str
    amount: int
    document: Document
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Note a step of the file that was done; `planned_on` is the day that a call announces."""

    step: str
    document: Document | None = None
    planned_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """Take the answer back, for a listed reason; clocks that it had ended run on."""

    reason: str


Command = Accept | Refuse | Transfer | Answer | Close | Suspend | Resume | Extend | Record | Reopen


@dataclass(frozen=True, slots=True)
class Accepted:
    """The office took it on."""

    office: str
    traits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """The office refused it on a listed ground."""

    office: str
    ground: str


@dataclass(frozen=True, slots=True)
class Transferred:
    """It moved to the office of `route`; `is_assignment` where it left the unassigned pool."""

    from_office: str
    route: Route
    reason: str
    is_assignment: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The office answered."""

    office: str
    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """The procedure ended; the outcome is what the office had decided."""

    office: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """The resolution was suspended."""

    office: str
    ground: str
    document: Document


@dataclass(frozen=True, slots=True)
class Resumed:
    """The office decided to continue."""

    office: str
    document: Document


@dataclass(frozen=True, slots=True)
class Extended:
    """The office took more time for one step."""

    office: str
    rule: str
    ground: str
    amount: int
    unit: str
    document: Document


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step of the file was done."""

    office: str
    step: str
    document: Document | None
    planned_on: date | None


@dataclass(frozen=True, slots=True)
class Reopened:
    """The answer fell away."""

    office: str
    reason: str


Fact = Accepted | Declined | Transferred | Answered | Closed | Suspended | Resumed | Extended | Recorded | Reopened
