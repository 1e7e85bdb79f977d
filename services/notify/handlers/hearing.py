"""What is heard becomes notices, in the transaction that remembers that it was heard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.telling import About, Audience, Notice, Petition, is_held_for_due, notices
from services.notify.store import knowledge
from services.notify.store import notices as store
from services.notify.store.notices import Waiting
from services.notify.wire import news_of
from shared.contracts.escalation import DeadlineSetV1
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.routing import OfficeRegisteredV1
from shared.kernel.ids import derived
from shared.messaging import Incoming
from shared.persistence import Transaction

HELD_FOR_DUE = timedelta(seconds=2)
"""Escalation answers a route within milliseconds with the due date; where it does not, the notice goes without one."""


async def hear(tx: Transaction, batch: Sequence[Incoming], now: datetime) -> int:
    """Note petitions and offices, and write a notice for everybody who is to be told; return how many notices have news."""
    await knowledge.put_offices(tx.connection, [item.body for item in batch if isinstance(item.body, OfficeRegisteredV1)])
    said = [item for item in batch if not isinstance(item.body, OfficeRegisteredV1) and not _is_imported(item)]
    if not said:
        return 0
    before = await knowledge.petitions(tx.connection, {item.envelope.aggregate_id for item in said})
    known = dict(before)
    due = _due(said)
    waiting = [item for heard in said for item in _told(heard, known, due)]
    await knowledge.put_petitions(tx.connection, {key: value for key, value in known.items() if before.get(key) != value})
    await store.add(tx.connection, [(item, _from_at(item, now)) for item in waiting], now=now)
    new = {item.cause.event_id for item in waiting}
    late = {key: at for (petition, event), at in due.items() if petition in known and event not in new for key in _ids(event)}
    await store.tell_due(tx.connection, late, held=HELD_FOR_DUE, now=now)
    return len(waiting) + len(late)


def _is_imported(item: Incoming) -> bool:
    return isinstance(item.body, PetitionLodgedV1) and item.body.source is not None


def _due(said: Sequence[Incoming]) -> dict[tuple[UUID, UUID], datetime]:
    """Return the first due moment of each petition by the event that started the clock."""
    found: dict[tuple[UUID, UUID], datetime] = {}
    for item in said:
        cause = item.envelope.cause
        if isinstance(item.body, DeadlineSetV1) and cause is not None:
            key = item.envelope.aggregate_id, cause.event_id
            found[key] = min(found.get(key, item.body.due_at), item.body.due_at)
    return found


def _told(item: Incoming, known: dict[UUID, Petition], due: Mapping[tuple[UUID, UUID], datetime]) -> Iterator[Waiting]:
    """Yield the notices of an event; what it says of the petition is `known` afterwards."""
    key = item.envelope.aggregate_id
    if isinstance(item.body, PetitionLodgedV1):
        body = item.body
        known[key] = Petition(body.code, body.language, body.is_reachable, item.envelope.is_sealed)
    news = None if item.body is None else news_of(item.body)
    if news is None or key not in known:
        return
    if news.about is About.ROUTED:
        known[key] = replace(known[key], office=news.office)
    for notice in notices(news, known[key]):
        yield _waiting(item, notice, due.get((key, item.envelope.id)))


def _waiting(item: Incoming, notice: Notice, due_at: datetime | None) -> Waiting:
    envelope = item.envelope
    return Waiting(
        id=notice_id(envelope.id, notice.audience),
        petition_id=envelope.aggregate_id,
        notice=notice,
        is_sealed=envelope.is_sealed,
        cause=item.as_cause(),
        correlation_id=envelope.correlation_id,
        traceparent=envelope.traceparent,
        due_at=due_at,
    )


def notice_id(event_id: UUID, audience: str) -> UUID:
    """Return the id of the notice that an event causes for an audience: the same however often the event is heard."""
    return derived(event_id, "notice", audience)


def _ids(event_id: UUID) -> list[UUID]:
    return [notice_id(event_id, audience) for audience in Audience]


def _from_at(item: Waiting, now: datetime) -> datetime:
    return now + HELD_FOR_DUE if is_held_for_due(item.notice.about) and item.due_at is None else now
