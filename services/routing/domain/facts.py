"""What becomes true by an officer's act. `office` is who did it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.routing.domain.commands import Document
from services.routing.domain.competence import Route


@dataclass(frozen=True, slots=True)
class Accepted:
    """The office took it on."""

    office: str
    traits: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """The office refused it on a listed ground."""

    office: str
    ground: str


@dataclass(frozen=True, slots=True)
class Guided:
    """The petitioner was shown the competent body."""

    office: str
    ground: str
    to_body: str


@dataclass(frozen=True, slots=True)
class Transferred:
    """It moved to the office of `route`; `is_assignment` where it left the unassigned pool.

    `decides_first`: that office decides a first complaint first; `is_binding`: a superior decided who deals with it.
    """

    from_office: str
    route: Route
    reason: str
    is_assignment: bool
    decides_first: bool = False
    is_binding: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """It went back to the office of `route`, which had sent it."""

    from_office: str
    route: Route
    reason: str


@dataclass(frozen=True, slots=True)
class Converted:
    """It is treated by another procedure, by the office of `route`."""

    office: str
    kind: str
    procedure: str
    route: Route


@dataclass(frozen=True, slots=True)
class Classified:
    """A person said what it is about; with a `route` it left the unassigned pool for the competent office."""

    office: str
    topic: str
    before: str | None
    is_physical: bool
    suggested: tuple[str, ...] | None
    model: str | None
    route: Route | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The office answered. `text` is the whole as people read it; the others are its parts, as the command named them."""

    office: str
    text: str
    evidence: tuple[str, ...]
    points: tuple[tuple[int, str], ...] = ()
    grounds: tuple[str, ...] = ()
    appeal: str | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The procedure ended; the outcome is what it ended with."""

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
class Terminated:
    """The resolution ended without a decision on the matter."""

    office: str
    ground: str
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


@dataclass(frozen=True, slots=True)
class Merged:
    """It is dealt with together with the petition `into`. Its own clocks run on."""

    office: str
    into: UUID


@dataclass(frozen=True, slots=True)
class Unmerged:
    """It is dealt with by itself again. `falls_away`: what ended it in common, an answer or a refusal, is none of its own."""

    office: str
    out_of: UUID
    falls_away: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The petitioner took it back."""

    office: str


@dataclass(frozen=True, slots=True)
class Contested:
    """The petitioner did not agree with the answer of `office`; with a `route` it goes on with the office above."""

    office: str
    route: Route | None


Fact = (
    Accepted
    | Declined
    | Guided
    | Transferred
    | Returned
    | Converted
    | Classified
    | Answered
    | Closed
    | Suspended
    | Resumed
    | Extended
    | Terminated
    | Recorded
    | Reopened
    | Merged
    | Unmerged
    | Withdrawn
    | Contested
)
