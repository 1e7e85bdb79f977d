"""The procedure of a petition: which act is possible in which state, and what follows. Pure: decide, then evolve.

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

    @property
    def is_unassigned(self) -> bool:
        return self.basis is Basis.UNASSIGNED

    def possible(self) -> tuple[Act, ...]:
        """Return the acts that are possible now; in the unassigned pool only the transfer to the competent office."""
        return (Act.TRANSFER,) if self.is_unassigned and self.state is State.ROUTED else _POSSIBLE[self.state]


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

_ACT_OF: Mapping[type[Command], Act] = MappingProxyType(
    {Accept: Act.ACCEPT, Refuse: Act.REFUSE, Transfer: Act.TRANSFER, Answer: Act.ANSWER, Close: Act.CLOSE}
)


def decide(case: Case, command: Command) -> Case:
    """Return the petition after `command`. Raises Refused with the acts that are possible instead."""
    act = _ACT_OF[type(command)]
    if act not in case.possible():
        facts = {"act": act, "state": case.state, "possible": ", ".join(case.possible()) or "-"}
        code = "unassigned" if case.is_unassigned and case.state is State.ROUTED else "not_possible_now"
        raise Refused(f"{act} is not possible in state {case.state}", code=code, facts=facts)
    match command:
        case Accept():
            return replace(case, state=State.ACCEPTED)
        case Refuse(ground=ground):
            return _refused(case, ground)
        case Transfer(route=route, reason=reason):
            return _transferred(case, route, reason)
        case Answer():
            return _answered(case, command)
        case Close():
            return replace(case, state=State.CLOSED)


def _refused(case: Case, ground: str) -> Case:
    listed = GROUNDS.get(case.kind, {})
    if ground not in listed:
        facts = {"ground": ground, "possible": ", ".join(sorted(listed)) or "-"}
        raise Refused("this is no ground for refusing", code="unlisted_ground", facts=facts)
    return replace(case, state=State.REFUSED, was_refused=True)


def _transferred(case: Case, route: Route, reason: str) -> Case:
    if reason not in TRANSFER_REASONS:
        facts = {"reason": reason, "possible": ", ".join(sorted(TRANSFER_REASONS))}
        raise Refused("this is no reason for a transfer", code="unlisted_reason", facts=facts)
    if route.office == case.office:
        raise Refused("it is with this office already", code="same_office", facts={"office": route.office})
    return replace(case, state=State.ROUTED, office=route.office, basis=route.basis)


def _answered(case: Case, command: Answer) -> Case:
    if len(command.text.strip()) < ANSWER_CHARACTERS_MIN:
        facts = {"at_least": ANSWER_CHARACTERS_MIN}
        raise Refused("an answer says something", code="empty_answer", facts=facts)
    unknown = sorted(set(command.evidence) - case.evidence)
    if unknown:
        raise Refused("this evidence is not known", code="unknown_evidence", facts={"evidence": ", ".join(unknown)})
    if case.is_physical and not command.evidence:
        raise Refused("the place is physical: show it", code="evidence_required")
    return replace(case, state=State.ANSWERED)
