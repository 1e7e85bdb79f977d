"""A second person decides on an act that needs two: not the one who proposed it, and with a right over the office."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.routing.domain.directory import Directory
from services.routing.store import petitions as store
from services.routing.store import proposals
from services.routing.store.proposals import Proposal
from services.routing.wire.events import DEFAULT_ZONE
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Database, Transaction

LASTS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides on which proposal about which petition, and when."""

    code: str
    proposal_id: UUID
    person: Principal
    now: datetime


async def seen(database: Database, code: str, person: Principal, directory: Directory, *, now: datetime) -> list[Proposal]:
    """Return the open proposals about a petition that somebody may decide on, or has made. Raises Unknown."""
    async with database.reading() as connection:
        petition = await store.by_code(connection, code)
        found = await proposals.open_ones(connection, code)
    if petition is None or petition.excludes(person.actor):
        raise Unknown("no petition has this code", code="petition_not_found")
    return [
        item
        for item in found
        if item.proposed_at + LASTS > now and (may_decide(item, person, directory, now=now) or item.subject == person.subject)
    ]


async def to_decide(tx: Transaction, wanted: Decision, directory: Directory) -> Proposal:
    """Return the proposal, locked. Raises Unknown where there is none for this person, Refused where it cannot be decided."""
    found = await proposals.one(tx.connection, wanted.proposal_id, for_update=True)
    if found is None or found.code != wanted.code or not may_decide(found, wanted.person, directory, now=wanted.now):
        raise Unknown("no such proposal", code="proposal_not_found")
    petition = await store.by_code(tx.connection, wanted.code)
    if petition is None or petition.excludes(wanted.person.actor):
        raise Unknown("no such proposal", code="proposal_not_found")
    if found.subject == wanted.person.subject:
        raise Refused("another person has to confirm", code="second_person_needed")
    if found.decided_at is not None:
        raise Refused("it was decided before", code="decided_before", facts={"by": found.decided_by})
    if found.proposed_at + LASTS <= wanted.now:
        raise Refused("the proposal is too old", code="proposal_expired", facts={"days": LASTS.days})
    return found


async def note(tx: Transaction, wanted: Decision, *, is_confirmed: bool) -> None:
    """Keep how it was decided."""
    actor = wanted.person.actor
    await proposals.decide(tx.connection, wanted.proposal_id, actor=actor, is_confirmed=is_confirmed, now=wanted.now)


def may_decide(proposal: Proposal, person: Principal, directory: Directory, *, now: datetime) -> bool:
    """Whether somebody has the right: a head of the office, or a leader of an office above it."""
    if person.has(Role.HEAD) and person.office == proposal.office:
        return True
    today = now.astimezone(DEFAULT_ZONE).date()
    return person.has(Role.LEADER) and person.office in directory.superiors(proposal.office, today=today)
