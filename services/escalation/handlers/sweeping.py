"""What is due is said: claim, decide, settle and emit in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.escalation.domain.deadline import TimeSaid, advance
from services.escalation.handlers.saying import event_of
from services.escalation.store import agenda
from services.escalation.store.agenda import Due
from services.escalation.store.clocks import Origin
from shared.persistence import Transaction
from shared.telemetry import is_tracing, start_span, traceparent_of


@dataclass(frozen=True, slots=True)
class Swept:
    """What one transaction of the sweep did: how many deadlines it claimed, and what was said of them."""

    claimed: int
    said: Sequence[TimeSaid] = ()


async def say_due(tx: Transaction, now: datetime, *, limit: int) -> Swept:
    """Say what time brought by `now` for at most `limit` deadlines, in the order in which it became true."""
    claimed = await agenda.claim(tx.connection, now=now, limit=limit)
    if not claimed:
        return Swept(0)
    said: list[tuple[TimeSaid, Due]] = []
    advanced = []
    for due in claimed:
        deadline, facts = advance(due.deadline, due.holder, through=now)
        advanced.append(deadline)
        said.extend((fact, due) for fact in facts)
    said.sort(key=lambda item: (item[0].effective_at, item[0].deadline.rule))
    await agenda.settle(tx.connection, advanced)
    tx.emit(event_of(fact, _traced(fact, due.origin), now=now) for fact, due in said)
    return Swept(len(claimed), [fact for fact, _ in said])


def _traced(fact: TimeSaid, origin: Origin) -> Origin:
    """Put what time says into the trace of what started the clock, so that a trace runs from the request to the notice."""
    if not is_tracing():
        return origin
    span = start_span(origin.traceparent, f"time says {type(fact).__name__.lower()}", service="escalation")
    span.end()
    return replace(origin, traceparent=traceparent_of(span) or origin.traceparent)
