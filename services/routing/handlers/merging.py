"""Petitions of the same content are dealt with together: an act on the lead is done on each, and each keeps its own clocks.

Invariant: a merged petition stands with the same office and in the same procedure as its lead; whatever takes one of them away
from the others (its petitioner contests or takes back the lead) lets the others stand by themselves again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.routing.domain.case import OF_ITS_OWN, Case
from services.routing.domain.commands import Command, Lead, Merge
from services.routing.domain.definition import Act, Procedure, Procedures
from services.routing.domain.evolving import evolve
from services.routing.domain.facts import Merged, Unmerged
from services.routing.handlers.saying import By, about, events_of
from services.routing.store import merged
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from services.routing.wire.acts import facts_said
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction

UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Together:
    """A petition with those it is dealt with together: those merged into it, and the one it was merged into; all locked."""

    petition: Petition
    members: Sequence[Petition] = ()
    lead: Petition | None = None
    other: Petition | None = None
    """The one that an act names: into which it is to be merged."""
    others_lead: str | None = None
    """Code of the one into which that one was merged itself."""


async def together(tx: Transaction, code: str, command: Command) -> Together | None:
    """Return the petition with what an act on it concerns, None where there is none with the code."""
    also = command.into if isinstance(command, Merge) else None
    found = await merged.with_members(tx.connection, code, also=also)
    petition = next((item for item in found if item.code == code), None)
    if petition is None:
        return None
    members = [item for item in found if item.merged_into == petition.id]
    lead = next((item for item in found if item.id == petition.merged_into), None)
    other = next((item for item in found if item.code == also), None)
    above = await store.code_of(tx.connection, other.merged_into) if other and other.merged_into else None
    return Together(petition, members, lead, other, above)


def with_lead(command: Command, group: Together, *, is_theirs: bool) -> Command:
    """Return the command, with how the other petition stands where one is to be merged into it.

    Raises Unknown where that one is not there or not in the officer's reach, Refused where it is this very one.
    """
    if not isinstance(command, Merge):
        return command
    other = group.other
    if other is None or not is_theirs:
        raise Unknown("no petition has this code", code="petition_not_found")
    if other.id == group.petition.id:
        raise Refused("a petition is not merged into itself", code="merge_itself")
    case = other.case()
    state = UNASSIGNED if case.is_unassigned else str(case.state)
    return replace(command, lead=Lead(other.id, case.office, case.procedure, state, group.others_lead))


def followers(group: Together, act: Act, by: Procedure, actors: Sequence[str | None]) -> list[Petition]:
    """Return the members on which an act on the lead is done too: those that stand where it begins.

    Raises Refused where one of `actors` is kept away from any of them.
    """
    sources = by.provisions[act].sources
    if act in OF_ITS_OWN - {Act.CLOSE} or act is Act.MERGE:
        return []
    found = [item for item in group.members if item.case().state in sources]
    kept_away = [item.code for item in found if any(item.excludes(actor) for actor in actors)]
    if kept_away:
        raise Refused("kept away from a merged one", code="excluded_from_merged", facts={"codes": ", ".join(kept_away)})
    return found


async def count(tx: Transaction, fact: object) -> None:
    """Keep the number of members right after a merge, or after one was undone."""
    match fact:
        case Merged(into=lead) | Unmerged(out_of=lead):
            await merged.count_members(tx.connection, [lead])


async def release(tx: Transaction, members: Sequence[Petition], procedures: Procedures, by: By) -> list[Petition]:
    """Let members stand by themselves again, as they stand now; return them so."""
    alone = []
    for member in members:
        if member.merged_into is None:
            continue
        case: Case = member.case()
        fact = Unmerged(case.office, member.merged_into)
        said = facts_said(fact, about(member), None, None)
        after = evolve(case, fact, procedures[case.procedure])
        version = await store.save(tx.connection, member.id, after, effective_at=by.effective_at, said=len(said))
        tx.emit(events_of(member, said, version, by))
        alone.append(replace(member, merged_into=None, version=version))
    leads = {member.merged_into for member in members if member.merged_into is not None}
    await merged.count_members(tx.connection, leads)
    return alone
