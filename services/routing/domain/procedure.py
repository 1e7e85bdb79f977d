"""The procedure of a petition: which act is possible in which state, and what follows. Pure: decide a fact, then evolve by it.

An act that is not possible is refused with a code that never changes and says what is possible instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from services.routing.domain.competence import Basis, Route
from services.routing.domain.grounds import GROUNDS, TRANSFER_REASONS
from shared.kernel.refusals import Refused

ANSWER_CHARACTERS_MIN = 10
DENUNCIATION = "denunciation"
DENUNCIATION_TRANSFERS_MAX = 1
"""A denunciation is transferred once for the same content (Law on Denunciations art. 24; Circular 05/2021/TT-TTCP)."""


class State(StrEnum):
    """Where the procedure stands."""

    ROUTED = "routed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    ANSWERED = "answered"
    CLOSED = "closed"


class Act(StrEnum):
    """What an officer can do."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    TRANSFER = "transfer"
    ANSWER = "answer"
    CLOSE = "close"


_POSSIBLE: Mapping[State, tuple[Act, ...]] = MappingProxyType(
    {
        State.ROUTED: (Act.ACCEPT, Act.REFUSE, Act.TRANSFER),
        State.ACCEPTED: (Act.ANSWER, Act.TRANSFER),
        State.REFUSED: (Act.CLOSE,),
        State.ANSWERED: (Act.CLOSE,),
        State.CLOSED: (),
    }
)
_POSSIBLE_IN_THE_POOL = (Act.REFUSE, Act.TRANSFER)


@dataclass(frozen=True, slots=True)
class Case:
    """A petition as the procedure sees it."""

    kind: str
    state: State
    office: str
    basis: Basis
    is_physical: bool
    evidence: frozenset[str] = frozenset()
    was_refused: bool = False
    transfers: int = 0

    @property
    def is_unassigned(self) -> bool:
        """Whether it waits in the reception office's pool for the competent office."""
        return self.basis is Basis.UNASSIGNED and self.state is State.ROUTED

    def possible(self) -> tuple[Act, ...]:
        """Return the acts that are possible now; what is in the unassigned pool is assigned or refused."""
        acts = _POSSIBLE_IN_THE_POOL if self.is_unassigned else _POSSIBLE[self.state]
        return acts if self._may_move else tuple(act for act in acts if act is not Act.TRANSFER)

    @property
    def _may_move(self) -> bool:
        return self.is_unassigned or self.kind != DENUNCIATION or self.transfers < DENUNCIATION_TRANSFERS_MAX


@dataclass(frozen=True, slots=True)
class Accept:
    """Take it on (thụ lý)."""


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


Command = Accept | Refuse | Transfer | Answer | Close


@dataclass(frozen=True, slots=True)
class Accepted:
    """The office took it on."""

    office: str


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
    outcome: State


Fact = Accepted | Declined | Transferred | Answered | Closed

_ACT_OF: Mapping[type[Command], Act] = MappingProxyType(
    {Accept: Act.ACCEPT, Refuse: Act.REFUSE, Transfer: Act.TRANSFER, Answer: Act.ANSWER, Close: Act.CLOSE}
)


def decide(case: Case, command: Command) -> Fact:
    """Return what becomes true by `command`. Raises Refused with the acts that are possible instead."""
    _possible(case, _ACT_OF[type(command)])
    match command:
        case Accept():
            return Accepted(case.office)
        case Refuse(ground=ground):
            return Declined(case.office, _listed_ground(case, ground))
        case Transfer():
            return _transferred(case, command)
        case Answer():
            return _answered(case, command)
        case Close():
            return Closed(case.office, State.REFUSED if case.was_refused else State.ANSWERED)


def evolve(case: Case, fact: Fact) -> Case:
    """Return the petition after `fact`."""
    match fact:
        case Accepted():
            return replace(case, state=State.ACCEPTED)
        case Declined():
            return replace(case, state=State.REFUSED, was_refused=True)
        case Transferred(route=route, is_assignment=is_assignment):
            transfers = case.transfers + (not is_assignment)
            return replace(case, state=State.ROUTED, office=route.office, basis=route.basis, transfers=transfers)
        case Answered():
            return replace(case, state=State.ANSWERED)
        case Closed():
            return replace(case, state=State.CLOSED)


def _possible(case: Case, act: Act) -> None:
    if act in case.possible():
        return
    facts = {"act": act, "state": case.state, "possible": ", ".join(case.possible()) or "-"}
    if case.is_unassigned:
        raise Refused("assign it to the competent office first", code="unassigned", facts=facts)
    if act is Act.TRANSFER and act in _POSSIBLE[case.state]:
        raise Refused("a denunciation is transferred only once", code="transferred_before", facts=facts)
    raise Refused(f"{act} is not possible in state {case.state}", code="not_possible_now", facts=facts)


def _listed_ground(case: Case, ground: str) -> str:
    listed = GROUNDS.get(case.kind, {})
    if ground not in listed:
        facts = {"ground": ground, "possible": ", ".join(sorted(listed)) or "-"}
        raise Refused("this is no ground for refusing", code="unlisted_ground", facts=facts)
    return ground


def _transferred(case: Case, command: Transfer) -> Transferred:
    if command.reason not in TRANSFER_REASONS:
        facts = {"reason": command.reason, "possible": ", ".join(sorted(TRANSFER_REASONS))}
        raise Refused("this is no reason for a transfer", code="unlisted_reason", facts=facts)
    if command.route.office == case.office and not case.is_unassigned:  # from its pool the reception office may take it itself
        raise Refused("it is with this office already", code="same_office", facts={"office": case.office})
    return Transferred(case.office, command.route, command.reason, is_assignment=case.is_unassigned)


def _answered(case: Case, command: Answer) -> Answered:
    words = command.text.strip()
    if len(words) < ANSWER_CHARACTERS_MIN:
        raise Refused("an answer says something", code="empty_answer", facts={"at_least": ANSWER_CHARACTERS_MIN})
    unknown = sorted(set(command.evidence) - case.evidence)
    if unknown:
        raise Refused("this evidence is not known", code="unknown_evidence", facts={"evidence": ", ".join(unknown)})
    if case.is_physical and not command.evidence:
        raise Refused("the place is physical: show it", code="evidence_required")
    return Answered(case.office, words, command.evidence)
