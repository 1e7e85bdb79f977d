"""A calendar or a rule changes: preview who moves, apply, and move exactly those, batch by batch, resumable at any moment.

Invariant: from the commit of an amendment on everybody counts by it; what had been counted before is planned and moved once,
each with one `deadline.moved` that names it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from uuid import UUID

from services.escalation.domain.amendment import Amendment
from services.escalation.domain.redating import Redating
from services.escalation.handlers.lawbook import Lawbook, keep_calendars
from services.escalation.handlers.saying import event_of
from services.escalation.store import amendments as store
from services.escalation.store import clocks
from services.escalation.store import lawbook as lawbook_store
from services.escalation.store.amendments import Claimed, Reach, Touched
from services.escalation.wire import amendments as wire
from services.escalation.wire.amendments import RuleAmendment, amended_event
from services.escalation.wire.calendars import CalendarAmendment
from shared.kernel.ids import derived
from shared.persistence import Database, Transaction

BATCH_SIZE_MAX = 1_000
A_DAY = timedelta(days=1)
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An amendment as an operator gives it; `content` is its YAML text."""

    kind: str
    content: str
    actor: str
    now: datetime
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A deadline that an amendment moves. `code` is None of a denunciation."""

    code: str | None
    deadline_id: UUID
    rule: str
    office: str
    from_due_at: datetime
    due_at: datetime


async def check(database: Database, lawbook: Lawbook, wanted: Wanted) -> None:
    """Raise Malformed where an amendment does not fit the law as it is."""
    async with database.reading() as connection:
        present = await lawbook.present(connection)
    wire.amended(present.law, wanted.kind, wanted.content).rulebook()


async def preview(database: Database, lawbook: Lawbook, wanted: Wanted) -> AsyncIterator[list[Move]]:
    """Yield who would move, from when to when; nothing is changed. Raises Malformed where the amendment does not fit."""
    async with database.reading() as connection:
        present = await lawbook.present(connection)
        rulebook = wire.amended(present.law, wanted.kind, wanted.content).rulebook()
        redating = Redating(rulebook, is_rule_amended=wanted.kind == wire.RULE)
        async for part in store.touched(connection, _reach(wanted.kind, wanted.content)):
            moves = [
                _previewed(item, redating.due_at(item.deadline))
                for item in part
                if redating.moves(item.deadline, applied_at=wanted.now)
            ]
            if moves:
                yield moves


async def apply(tx: Transaction, lawbook: Lawbook, wanted: Wanted) -> UUID:
    """Let an amendment count from now on; return its id. The same amendment again is the same one: safe to repeat.

    What it moves is planned and moved afterwards (`carry_out`). Raises Malformed where it does not fit.
    """
    await lawbook_store.lock(tx.connection)
    amendment_id = derived("amendment", wire.digest(wanted.kind, wanted.content))
    content = wire.read(wanted.kind, wanted.content)
    present = await lawbook.present(tx.connection)
    rulebook = wire.amended(present.law, wanted.kind, wanted.content).rulebook()
    name = content.name if isinstance(content, RuleAmendment) else content.calendar
    amendment = Amendment(
        amendment_id, 0, wanted.kind, name, wanted.content, wanted.actor, wanted.now, authority=wanted.authority
    )
    if await store.add(tx.connection, amendment):
        await keep_calendars(tx.connection, rulebook)
    return amendment_id


async def carry_out(database: Database, lawbook: Lawbook, *, now: datetime) -> int:
    """Plan and move what applied amendments move; return how many deadlines were moved. Ends early without harm."""
    async with database.reading() as connection:
        waiting = await store.unfinished(connection)
    moved = 0
    for amendment in waiting:
        if amendment.planned_at is None:
            await _plan(database, lawbook, amendment, now=now)
        while True:
            async with database.transaction() as tx:
                claimed = await store.claim(tx.connection, amendment.id, now=now, limit=BATCH_SIZE_MAX)
                await _move(tx, lawbook, amendment, claimed, now=now)
            moved += len(claimed)
            if len(claimed) < BATCH_SIZE_MAX:
                break
        async with database.transaction() as tx:
            await store.finish(tx.connection, amendment.id, now=now)
    return moved


async def _plan(database: Database, lawbook: Lawbook, amendment: Amendment, *, now: datetime) -> None:
    """Note every deadline that was counted before the amendment and is due at another moment by it; then say it."""
    async with database.transaction() as tx:
        await lawbook_store.lock(tx.connection)  # whoever counted by the old law has committed now
    async with database.reading() as connection:
        present = await lawbook.present(connection)
        redating = Redating(present.rulebook, is_rule_amended=amendment.kind == wire.RULE)
        async for part in store.touched(connection, _reach(amendment.kind, amendment.content)):
            moves = [item.deadline.id for item in part if redating.moves(item.deadline, applied_at=amendment.applied_at)]
            async with database.transaction() as tx:
                await store.plan(tx.connection, amendment.id, moves)
    async with database.transaction() as tx:
        count = await store.planned(tx.connection, amendment.id, now=now)
        if count is not None:
            applied = await lawbook_store.amendments(tx.connection)
            before = lawbook.amended([item for item in applied if item.number < amendment.number])
            tx.emit([amended_event(amendment, before, moves=count, now=now)])


async def _move(tx: Transaction, lawbook: Lawbook, amendment: Amendment, claimed: list[Claimed], *, now: datetime) -> None:
    """Give deadlines their new plan. What ended, was paused or was overdue before the amendment stays as it is."""
    present = await lawbook.present(tx.connection)
    redating = Redating(present.rulebook, is_rule_amended=amendment.kind == wire.RULE)
    applied_at = amendment.applied_at
    moves = [
        (item, *redating.moved(item.deadline, item.holder, present.tree, applied_at=applied_at, amendment_id=amendment.id))
        for item in claimed
        if redating.moves(item.deadline, applied_at=applied_at)
    ]
    replanned = [
        (moved.deadline, item.holder, str(moved.rule.limit.longer_by(moved.deadline.basis.extended_by)), item.origin)
        for item, _, moved in moves
    ]
    await clocks.replan(tx.connection, replanned)
    await clocks.derive(tx.connection, [(moved.deadline, moved.derived) for _, _, moved in moves])
    rulebook = present.rulebook
    for item, before, moved in moves:
        tx.emit([event_of(said, item.origin, rulebook=rulebook, now=now) for said in (*before, moved)])


def _previewed(item: Touched, due_at: datetime) -> Move:
    deadline = item.deadline
    return Move(item.code, deadline.id, deadline.rule, item.office, deadline.due_at, due_at)


def _reach(kind: str, content: str) -> Reach:
    """Return what an amendment may touch; a day is taken with a day before and after it, for offices in any zone."""
    amendment = wire.read(kind, content)
    if isinstance(amendment, CalendarAmendment):
        days = [item.day for item in (*amendment.days_off, *amendment.days_worked)]
        if not days:
            return Reach(None, FAR, FAR, ())
        since = datetime.combine(min(days), clock_time.min, tzinfo=UTC) - A_DAY
        until = datetime.combine(max(days), clock_time.min, tzinfo=UTC) + 2 * A_DAY
        return Reach(amendment.calendar, since, until, ())
    return Reach(None, FAR, FAR, sorted({entry.id for entry in amendment.rules}))
