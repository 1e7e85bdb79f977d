"""What a procedure is: which act is possible in which state, who may do it, what it needs, and which article says so.

The definitions themselves are data (procedures/*.yaml, shown in docs/procedures.md); this is their form.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where the procedure stands. Guided, terminated and withdrawn are endings without an answer that the law lists."""

    ROUTED = "routed"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    GUIDED = "guided"
    TERMINATED = "terminated"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    CLOSED = "closed"


ENDINGS = frozenset({State.REFUSED, State.GUIDED, State.TERMINATED, State.WITHDRAWN, State.ANSWERED})
"""What a procedure ends with; a petition is closed out of one of these and of nothing else."""


PETITIONER = "petitioner"
"""Who lodged it, in the place of a role."""


class Act(StrEnum):
    """What an office can do; and what its petitioner can, who needs no role: withdraw and contest."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    GUIDE = "guide"
    TRANSFER = "transfer"
    RETURN = "return"
    CONVERT = "convert"
    CLASSIFY = "classify"
    ANSWER = "answer"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    TERMINATE = "terminate"
    RECORD = "record"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    UNMERGE = "unmerge"
    WITHDRAW = "withdraw"
    CONTEST = "contest"


class Need(StrEnum):
    """What an act has to bring with it, or what has to stand in the file before."""

    DOCUMENT = "document"
    REQUESTS = "requests"
    """What is asked for is written down, point by point."""
    EACH_REQUEST = "each_request"
    """Every point that was written down is addressed."""
    GROUNDS = "grounds"
    """The answer names what it rests on."""
    APPEAL = "appeal"
    """The answer says what the petitioner can do against it."""
    EVIDENCE = "evidence"
    """A photo or document of the result, where the place is physical."""
    EVIDENCE_ALWAYS = "evidence_always"
    SECOND_PERSON = "second_person"
    DIALOGUE = "dialogue"
    """A dialogue was held, or its minutes note that the petitioner stayed away without good reason."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A listed ground: in Vietnamese and English, with its article."""

    vi: str
    en: str
    article: str


@dataclass(frozen=True, slots=True)
class Provision:
    """An act in a procedure. `target` None: it stays where it is. `most`: how often, None without limit.

    `within_days`: until which calendar day after the answer (the day of the answer not counted), None without limit.
    `when_overdue`: also where the limit has passed without an answer. `limit` names the clocks within which it is to be done;
    none of them begins anew by it.
    """

    act: Act
    sources: frozenset[State]
    target: State | None
    roles: frozenset[str]
    article: str
    needs: frozenset[Need] = frozenset()
    grounds: Mapping[str, Ground] = field(default_factory=dict)
    most: int | None = None
    within_days: int | None = None
    when_overdue: bool = False
    limit: tuple[str, ...] = ()
    into: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Prohibition:
    """An act that a procedure does not know, why, and by which article."""

    act: Act
    reason_vi: str
    reason_en: str
    article: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure from the office's desk to its end. `confirmation`: how far its source is confirmed."""

    id: str
    kind: str
    name_vi: str
    name_en: str
    citation: str
    confirmation: str
    provisions: Mapping[Act, Provision]
    prohibitions: Mapping[Act, Prohibition] = field(default_factory=dict)

    def from_state(self, state: State) -> list[Provision]:
        """Return what is possible in a state, in the order of the definition."""
        return [provision for provision in self.provisions.values() if state in provision.sources]


Procedures = Mapping[str, Procedure]


def mistakes_in(procedure: Procedure, known: Collection[str]) -> list[str]:
    """Return what is wrong with a definition: a dead end, a state that nothing reaches, an end without a listed ending."""
    found: list[str] = []
    reached = {State.ROUTED} | {item.target for item in procedure.provisions.values() if item.target}
    ends = [state for state in sorted(reached - {State.CLOSED}) if not any(item.target for item in procedure.from_state(state))]
    found += [f"{procedure.id}: nothing leads out of {state}" for state in ends]
    for provision in procedure.provisions.values():
        found += [
            f"{procedure.id}: {provision.act} begins in {state}, which nothing reaches"
            for state in sorted(provision.sources - reached)
        ]
        found += [f"{procedure.id}: converts into {other}, which is unknown" for other in sorted(provision.into - set(known))]
    close = procedure.provisions.get(Act.CLOSE)
    if close is None or not close.sources <= ENDINGS:
        found.append(f"{procedure.id}: closed out of something that is no ending")
    missing = set(Act) - procedure.provisions.keys() - procedure.prohibitions.keys()
    both = procedure.provisions.keys() & procedure.prohibitions.keys()
    found += [f"{procedure.id}: says nothing about {act}" for act in sorted(missing)]
    found += [f"{procedure.id}: both provides for {act} and forbids it" for act in sorted(both)]
    return found
