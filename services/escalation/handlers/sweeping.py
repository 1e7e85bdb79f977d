"""What is due is said: claim, decide, settle and emit in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.escalation.domain.deadline import Breached, Deadline, TimeSaid, advance
from services.escalation.domain.petition import Fact
from services.escalation.domain.rules import RECEIVED
from services.escalation.domain.tree import Holder
from services.escalation.handlers.hearing import Heard
from services.escalation.handlers.lawbook import Lawbook, Present
from services.escalation.handlers.saying import event_of
from services.escalation.store import agenda, offices
from services.escalation.store import clocks as store
from services.escalation.store.agenda import Due
from services.escalation.store.clocks import Origin
from shared.contracts import Cause
from shared.contracts.intake import PetitionLodgedV1
from shared.kernel.ids import derived
from shared.persistence import Transaction
from shared.telemetry import is_tracing, start_span, traceparent_of

UNROUTED_AFTER = timedelta(hours=1)
"""A petition that nobody has routed for so long is given to the reception office's clocks: no petition is without a deadline."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one transaction of the sweep did: how many deadlines it claimed, and what was said of them."""

    claimed: int
    said: Sequence[TimeSaid] = ()


async def say_due(tx: Transaction, now: datetime, *, lawbook: Lawbook, limit: int) -> Swept:
    """Say what time brought by `now` for at most `limit` deadlines, in the order in which it became true.

    Where more is due than one transaction takes, time is brought only so far as the last one claimed: what became true first is
    said first, also after days of silence.
    """
    claimed, generation = await agenda.claim(tx.connection, now=now, limit=limit)
    if not claimed:
        return Swept(0)
    present = await lawbook.at(tx.connection, generation)
    through = now if len(claimed) < limit else claimed[-1].deadline.next_action_at or now
    said: list[tuple[TimeSaid, Due]] = []
    advanced: list[Deadline] = []
    for due in claimed:
        deadline, facts = advance(due.deadline, due.holder, present.tree, through=through)
        advanced.append(deadline)
        said.extend([(fact, due) for fact in facts])
    said.sort(key=_by_time)
    await agenda.settle(tx.connection, advanced)
    tx.emit([event_of(fact, _traced(fact, due.origin), rulebook=present.rulebook, now=now) for fact, due in said])
    await _start_by_breach(tx, said, present, now)
    return Swept(len(claimed), [fact for fact, _ in said])


async def place_unrouted(tx: Transaction, now: datetime, *, present: Present, limit: int) -> int:
    """Start the clocks of petitions that nobody has routed in time, with the reception office; return how many."""
    waiting = await agenda.unrouted(tx.connection, before=now - UNROUTED_AFTER, limit=limit)
    if not waiting:
        return 0
    receptions = await offices.receptions(tx.connection, on=now.date())
    clocks = await store.load(tx.connection, waiting, rulebook=present.rulebook, tree=present.tree)
    heard = Heard(present, clocks)
    placed = 0
    for key, item in clocks.items():
        office = receptions.get(waiting[key])
        if office is None:
            continue
        holder = Holder(office, (await offices.chain(tx.connection, office))[1:])
        item.hear(Fact(RECEIVED, now, PetitionLodgedV1.TYPE, holder=holder))
        heard.take(item, _lodged(item.petition.correlation_id, key, is_sealed=item.petition.is_sealed))
        placed += 1
    await heard.save(tx, now)
    return placed


async def _start_by_breach(tx: Transaction, said: Sequence[tuple[TimeSaid, Due]], present: Present, now: datetime) -> None:
    starting = [
        (fact, due) for fact, due in said if isinstance(fact, Breached) and present.rulebook.started_by_breach(fact.deadline.rule)
    ]
    if not starting:
        return
    ids = {fact.deadline.petition_id for fact, _ in starting}
    heard = Heard(present, await store.load(tx.connection, ids, rulebook=present.rulebook, tree=present.tree))
    for fact, due in starting:
        clocks = heard.clocks[fact.deadline.petition_id]
        clocks.breached(fact)
        heard.take(clocks, due.origin)
    await heard.save(tx, now)


def _by_time(item: tuple[TimeSaid, Due]) -> tuple[datetime, str]:
    return item[0].effective_at, item[0].deadline.basis.rule


def _lodged(correlation_id: UUID, petition_id: UUID, *, is_sealed: bool) -> Origin:
    cause = Cause(event_id=derived(petition_id, "lodged"), source="intake", version=1)
    return Origin(cause=cause, correlation_id=correlation_id, is_sealed=is_sealed, traceparent=None)


def _traced(fact: TimeSaid, origin: Origin) -> Origin:
    """Put what time says into the trace of what started the clock, so that a trace runs from the request to the notice."""
    if not is_tracing():
        return origin
    span = start_span(origin.traceparent, f"time says {type(fact).__name__.lower()}", service="escalation")
    span.end()
    return replace(origin, traceparent=traceparent_of(span) or origin.traceparent)
