"""The procedure of a petition: which act is possible in which state, and what follows. Pure: decide a fact, then evolve by it.

An act that is not possible is refused with a code that never changes and says what is possible instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from services.routing.domain.commands import (
    Accept,
    Accepted,
    Answer,
    Answered,
    Close,
    Closed,
    Command,
    Declined,
    Extend,
    Extended,
    Fact,
    Record,
    Recorded,
    Refuse,
    Reopen,
    Reopened,
    Resume,
    Resumed,
    Suspend,
    Suspended,
    Transfer,
    Transferred,
)
from services.routing.domain.competence import Basis
from services.routing.domain.grounds import GROUNDS, REOPENING_REASONS, TRANSFER_REASONS
from shared.kernel.refusals import Refused

ANSWER_CHARACTERS_MIN = 10
DENUNCIATION = "denunciation"
DENUNCIATION_TRANSFERS_MAX = 1
"""A denunciation is transferred once for the same content (Law on Denunciations art. 24; Circular 05/2021/TT-TTCP)."""


class State(StrEnum):
    """Where the procedure stands."""

    ROUTED = "routed"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
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
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    RECORD = "record"
    REOPEN = "reopen"


_POSSIBLE: Mapping[State, tuple[Act, ...]] = MappingProxyType(
    {
        State.ROUTED: (Act.ACCEPT, Act.REFUSE, Act.TRANSFER, Act.RECORD),
        State.ACCEPTED: (Act.ANSWER, Act.TRANSFER, Act.SUSPEND, Act.EXTEND, Act.RECORD),
        State.SUSPENDED: (Act.RESUME, Act.RECORD),
        State.REFUSED: (Act.CLOSE, Act.RECORD),
        State.ANSWERED: (Act.CLOSE, Act.REOPEN, Act.RECORD),
        State.CLOSED: (Act.REOPEN, Act.RECORD),
    }
)
_POSSIBLE_IN_THE_POOL = (Act.REFUSE, Act.TRANSFER)
CALLS = frozenset({"dialogue_called", "online_session_called", "commitment_made"})
"""Steps that announce a day: their clocks are counted from it."""


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
        return tuple(act for act in acts if self._may(act))

    def _may(self, act: Act) -> bool:
        """Whether the petition's own history allows an act that its state allows."""
        match act:
            case Act.TRANSFER:
                return self.is_unassigned or self.kind != DENUNCIATION or self.transfers < DENUNCIATION_TRANSFERS_MAX
            case Act.REOPEN:
                return not self.was_refused
        return True


_ACT_OF: Mapping[type[Command], Act] = MappingProxyType(
    {
        Accept: Act.ACCEPT,
        Refuse: Act.REFUSE,
        Transfer: Act.TRANSFER,
        Answer: Act.ANSWER,
        Close: Act.CLOSE,
        Suspend: Act.SUSPEND,
        Resume: Act.RESUME,
        Extend: Act.EXTEND,
        Record: Act.RECORD,
        Reopen: Act.REOPEN,
    }
)


def decide(case: Case, command: Command) -> Fact:
    """Return what becomes true by `command`. Raises Refused with the acts that are possible instead."""
    _possible(case, _ACT_OF[type(command)])
    match command:
        case Accept(traits=traits):
            return Accepted(case.office, traits)
        case Refuse(ground=ground):
            return Declined(case.office, _listed_ground(case, ground))
        case Transfer():
            return _transferred(case, command)
        case Answer():
            return _answered(case, command)
        case Close():
            return Closed(case.office, State.REFUSED if case.was_refused else State.ANSWERED)
        case _:
            return _written(case, command)


def evolve(case: Case, fact: Fact) -> Case:  # noqa: PLR0911 - one return for each fact
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
        case Suspended():
            return replace(case, state=State.SUSPENDED)
        case Resumed() | Reopened():
            return replace(case, state=State.ACCEPTED)
        case Extended() | Recorded():
            return case


def _possible(case: Case, act: Act) -> None:
    if act in case.possible():
        return
    facts = {"act": act, "state": case.state, "possible": ", ".join(case.possible()) or "-"}
    if case.is_unassigned:
        raise Refused("assign it to the competent office first", code="unassigned", facts=facts)
    if act is Act.TRANSFER and act in _POSSIBLE[case.state]:
        raise Refused("a denunciation is transferred only once", code="transferred_before", facts=facts)
    if act is Act.REOPEN and case.was_refused:
        raise Refused("a refusal is not reopened: it is lodged anew or contested", code="refused_before", facts=facts)
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


def _written(case: Case, command: Suspend | Resume | Extend | Record | Reopen) -> Fact:
    """Return what a written decision or a note in the file makes true; grounds and ceilings were asked of escalation before."""
    match command:
        case Suspend(ground=ground, document=document):
            return Suspended(case.office, ground, document)
        case Resume(document=document):
            return Resumed(case.office, document)
        case Extend():
            return Extended(case.office, command.rule, command.ground, command.amount, command.unit, command.document)
        case Record(step=step, planned_on=planned_on):
            if step in CALLS and planned_on is None:
                raise Refused("a call names the day", code="planned_on_missing", facts={"step": step})
            return Recorded(case.office, step, command.document, planned_on)
        case Reopen(reason=reason):
            if reason not in REOPENING_REASONS:
                facts = {"reason": reason, "possible": ", ".join(sorted(REOPENING_REASONS))}
                raise Refused("this is no reason for reopening", code="unlisted_reason", facts=facts)
            return Reopened(case.office, reason)
