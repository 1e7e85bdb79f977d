"""What an officer asks for. Commands are imperative; what becomes true by them is in facts.py."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.routing.domain.competence import Route


@dataclass(frozen=True, slots=True)
class Document:
    """The paper that an act stands on."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Lead:
    """A petition into which another one may be merged, as far as that decides about it."""

    id: UUID
    office: str
    procedure: str
    state: str
    into: str | None = None
    """Code of the petition into which this one was merged itself."""


@dataclass(frozen=True, slots=True)
class Accept:
    """Take it on (thụ lý); `traits` are circumstances found on which limits depend, `requests` what is asked for, by point."""

    traits: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Decline on a listed ground."""

    ground: str


@dataclass(frozen=True, slots=True)
class Guide:
    """Show the petitioner the competent body, for a listed reason."""

    ground: str
    to_body: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Pass it to the office of `route`, for a listed reason; `decides_first`: that office decides a first complaint first."""

    route: Route
    reason: str
    decides_first: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """Give it back to the office that had sent it, for a listed reason. `route` is that office with its ladder."""

    reason: str
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Convert:
    """Treat it by another procedure, for a listed reason. `route` is the office that is competent then."""

    procedure: str
    reason: str
    kind: str = ""
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Classify:
    """Say what it is about: confirm a topic that was suggested, or correct it.

    `is_physical` says whether the topic is about places, `suggested` what had been suggested by which `model`, the likeliest
    first (None: that could not be asked). `route` is the competent office, where it waits in the pool.
    """

    topic: str
    is_physical: bool = True
    suggested: tuple[str, ...] | None = None
    model: str | None = None
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer in words, with evidence where the place is physical.

    `points` answer the requests by their number (from 1), `grounds` are what it rests on, `appeal` what can be done against it.
    """

    text: str
    evidence: tuple[str, ...] = ()
    points: tuple[tuple[int, str], ...] = ()
    grounds: tuple[str, ...] = ()
    appeal: str | None = None


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
class Terminate:
    """End the resolution by a written decision without deciding the matter, on a listed ground."""

    ground: str
    document: Document


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


@dataclass(frozen=True, slots=True)
class Merge:
    """Deal with it together with another petition of the same content, named by its code; `lead` is how that one stands."""

    into: str
    lead: Lead | None = None


@dataclass(frozen=True, slots=True)
class Unmerge:
    """Deal with it by itself again."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The petitioner takes it back."""


@dataclass(frozen=True, slots=True)
class Contest:
    """The petitioner does not agree with the answer, on a legal day. `route` is the office above, where it goes on there.

    `is_overdue`: there is no answer, and its limit has passed.
    """

    on: date
    route: Route | None = None
    is_overdue: bool = False


Command = (
    Accept
    | Refuse
    | Guide
    | Transfer
    | Return
    | Convert
    | Classify
    | Answer
    | Close
    | Suspend
    | Resume
    | Extend
    | Terminate
    | Record
    | Reopen
    | Merge
    | Unmerge
    | Withdraw
    | Contest
)
