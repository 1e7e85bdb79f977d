"""What petitioners said is erased by rule: its keys are destroyed, what happened to it stays.

Invariant: nothing is erased before its rule says so, nor while it is held back; files go first, so that a crash leaves none
behind that a forgotten row once named.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from services.intake.domain.retention import HoldReason, Retention, erased_before
from services.intake.gateways.object_store import ObjectStore
from services.intake.store import retention as store
from services.intake.store.reading import Petition
from services.intake.store.retention import Due
from shared.contracts import EventBody, NewEvent
from shared.contracts.intake import ContentErasedV1, RetentionHeldV1, RetentionReleasedV1
from shared.identity import Principal
from shared.kernel.ids import derived, uuid7
from shared.persistence import Database

SET_SIZE = 200
BY_RULE = "service:intake"


async def erase(database: Database, objects: ObjectStore, rules: Retention, *, now: datetime, zone: tzinfo) -> int:
    """Erase the next set of petitions whose time is over; return how many they were."""
    befores = {kind: erased_before(kept, now=now, zone=zone) for kind, kept in rules.items()}
    async with database.transaction() as tx:
        found = await store.due(tx.connection, befores, limit=SET_SIZE)
        if not found:
            return 0
        ids = [item.id for item in found]
        for name in await store.objects_of(tx.connection, ids):
            await objects.delete(name)
        await store.erase(tx.connection, ids, now=now)
        tx.emit(_erased(item, rules, now) for item in found)
    return len(found)


@dataclass(frozen=True, slots=True)
class Holding:
    """The command: which petition is held back from erasing, or no longer, by whom."""

    petition: Petition
    head: Principal
    now: datetime
    traceparent: str | None


async def hold(command: Holding, reason: HoldReason, database: Database) -> None:
    """Hold it back; saying so twice changes nothing."""
    async with database.transaction() as tx:
        if await store.hold(tx.connection, command.petition.id, reason=reason, by=command.head.actor, now=command.now):
            tx.emit([_said(command, RetentionHeldV1(reason=reason))])


async def release(command: Holding, database: Database) -> None:
    """Hold it back no longer; saying so twice changes nothing."""
    async with database.transaction() as tx:
        if await store.release(tx.connection, command.petition.id):
            tx.emit([_said(command, RetentionReleasedV1())])


def _erased(item: Due, rules: Retention, now: datetime) -> NewEvent:
    return NewEvent(
        id=derived(item.id, "erased"),
        aggregate_id=item.id,
        body=ContentErasedV1(closed_at=item.closed_at, years=rules[item.kind].years),
        effective_at=now,
        recorded_at=now,
        actor=BY_RULE,
        correlation_id=item.id,
        is_sealed=item.is_sealed,
    )


def _said(command: Holding, body: EventBody) -> NewEvent:
    petition = command.petition
    return NewEvent(
        id=uuid7(command.now),
        aggregate_id=petition.id,
        body=body,
        effective_at=command.now,
        recorded_at=command.now,
        actor=command.head.actor,
        authority=command.head.authority,
        correlation_id=petition.id,
        is_sealed=petition.is_sealed,
        traceparent=command.traceparent,
    )
