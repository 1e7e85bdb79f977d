"""A petition as its procedure sees it: where it stands, what is in its file, and what is possible now."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.routing.domain.competence import Basis
from services.routing.domain.definition import PETITIONER, Act, Procedure, State

POOL = frozenset({Act.REFUSE, Act.GUIDE, Act.TRANSFER, Act.CONVERT, Act.CLASSIFY})
"""What is possible in the unassigned pool: everything else is for the competent office."""
OF_ITS_OWN = frozenset(
    {Act.UNMERGE, Act.RECORD, Act.CLOSE, Act.WITHDRAW, Act.CONTEST, Act.CLASSIFY, Act.SUSPEND, Act.RESUME, Act.EXTEND}
)
"""What is done about a merged petition alone; all else is done about the one that it was merged into, and for both.

What moves a clock is among it: each petitioner's clock is his own, and undoing a merge has to find it as it was.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A petition as the procedure sees it.

    `ending` is what it was answered or ended with. `came_from` is the office that passed it on; `returned` holds the pairs of
    offices between which it went back before. `requests` is how many points were written down, `steps` which steps are in the
    file.
    """

    kind: str
    procedure: str
    state: State
    office: str
    basis: Basis
    is_physical: bool
    evidence: frozenset[str] = frozenset()
    ending: State | None = None
    transfers: int = 0
    came_from: str | None = None
    returned: frozenset[str] = frozenset()
    requests: int = 0
    steps: frozenset[str] = frozenset()
    answered_on: date | None = None
    contests: int = 0
    is_over_the_head: bool = False
    merged_into: UUID | None = None
    members: int = 0
    """How many petitions are dealt with together with this one."""
    routed_by: str | None = None
    """The rule by which the competent office was found last."""
    topic: str | None = None
    topic_origin: str = "none"
    """How the topic is known: given, suggested, none, restricted (its words are for a person), confirmed (by a person)."""

    @property
    def is_unassigned(self) -> bool:
        """Whether it waits in the reception office's pool for the competent office."""
        return self.basis is Basis.UNASSIGNED and self.state is State.ROUTED

    def possible(self, by: Procedure) -> tuple[Act, ...]:
        """Return what an office can do now; what is in the unassigned pool is assigned, converted, guided or refused."""
        acts = [provision.act for provision in by.from_state(self.state) if provision.roles != {PETITIONER}]
        return tuple(act for act in acts if (act in POOL or not self.is_unassigned) and self.obstacle(act, by) is None)

    def obstacle(self, act: Act, by: Procedure) -> str | None:  # noqa: PLR0911 - one return for each obstacle
        """Return the code of what in the petition's own history forbids an act that its state allows."""
        most = by.provisions[act].most
        if self.merged_into is not None or act in (Act.MERGE, Act.UNMERGE):
            tied = self._tied(act)
            if tied is not None:
                return tied
        match act:
            case Act.TRANSFER if most is not None and self.transfers >= most and not self.is_unassigned:
                return "transferred_before"
            case Act.RETURN if self.came_from is None:
                return "nobody_sent_it"
            case Act.RETURN if pair(self.office, self.came_from or "") in self.returned:
                return "return_needs_superior"
            case Act.ACCEPT | Act.REFUSE | Act.CONVERT if self.is_over_the_head:
                return "over_the_head"
            case Act.REOPEN if self.ending is not State.ANSWERED:
                return "refused_before"
            case Act.CONTEST if most is not None and self.contests >= most:
                return "contested_before"
        return None

    def _tied(self, act: Act) -> str | None:
        """Return what forbids an act because it is, or is not, dealt with together with others."""
        match act:
            case Act.MERGE if self.members:
                return "leads_others"
            case Act.UNMERGE if self.merged_into is None:
                return "not_merged"
            case Act.UNMERGE if self.ending is State.WITHDRAWN:
                return "petitioner_withdrew"
            case _ if self.merged_into is not None and act not in OF_ITS_OWN:
                return "merged"
        return None


def is_going_back(case: Case, office: str) -> bool:
    """Whether passing a petition to an office gives it back to who had sent it, whatever that is called."""
    return case.came_from is not None and case.came_from == office


def pair(one: str, other: str) -> str:
    """Return two offices as one word, whichever is named first."""
    return ">".join(sorted((one, other)))
