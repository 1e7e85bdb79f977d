"""What is heard becomes notices, in the transaction that remembers that it was heard."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.telling import About, Audience, News, Notice, Petition, is_held_for_due, notices
from services.notify.domain.timing import BY_TIME, Heard, digest_at, person_at
from services.notify.store import digests, knowledge
from services.notify.store import notices as store
from services.notify.store.digests import Item
from services.notify.store.notices import Waiting
from services.notify.wire import ZONE, local, news_of
from shared.contracts.escalation import CalendarMissingV1, DeadlineSetV1
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.routing import OfficeRegisteredV1
from shared.kernel.ids import derived
from shared.messaging import Incoming
from shared.persistence import Transaction

HELD_FOR_DUE = timedelta(seconds=2)
"""Escalation answers a route within milliseconds with the due date; where it does not, the notice goes without one."""
WINDOWS = {"KN1.RESOLVE": "KN2.FILE", "KN1.RESOLVE.REMOTE": "KN2.FILE.REMOTE"}
"""Whose first limit has passed may complain a second time or go to court (Law on Complaints, art. 33): until when."""


@dataclass(slots=True)
class Batch:
    """What a batch of events tells, while it is gathered."""

    now: datetime
    known: dict[UUID, Petition]
    due: Mapping[tuple[UUID, UUID], datetime]
    windows: Mapping[UUID, datetime]
    of_office: Mapping[str, int]
    waiting: dict[UUID, tuple[Waiting, datetime]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)


async def hear(tx: Transaction, batch: Sequence[Incoming], now: datetime) -> int:
    """Note petitions and offices, and write a notice for everybody who is to be told; return how many notices have news."""
    await knowledge.put_offices(tx.connection, [item.body for item in batch if isinstance(item.body, OfficeRegisteredV1)])
    said = [item for item in batch if not isinstance(item.body, OfficeRegisteredV1) and not _is_imported(item)]
    if not said:
        return 0
    before = await knowledge.petitions(tx.connection, {item.envelope.aggregate_id for item in said})
    told = Batch(now, dict(before), _due(said), _windows(said), _of_office(said))
    for heard in said:
        _tell(heard, told)
    for heard in said:
        if isinstance(heard.body, CalendarMissingV1):
            await _tell_roots(tx, heard, heard.body, told)
    known, waiting = told.known, told.waiting
    await knowledge.put_petitions(tx.connection, {key: value for key, value in known.items() if before.get(key) != value})
    await digests.add(tx.connection, told.items)
    await store.add(tx.connection, list(waiting.values()), now=now)
    new = {item.cause.event_id for item, _ in waiting.values()}
    late = {
        key: at for (petition, event), at in told.due.items() if petition in known and event not in new for key in _ids(event)
    }
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


def _windows(said: Sequence[Incoming]) -> dict[UUID, datetime]:
    """Return until when petitioners whose first limit has passed may go further."""
    bodies = ((item.envelope.aggregate_id, item.body) for item in said)
    return {key: body.due_at for key, body in bodies if isinstance(body, DeadlineSetV1) and body.rule in WINDOWS.values()}


def _of_office(said: Sequence[Incoming]) -> Counter[str]:
    """Count what time told each office in this batch."""
    news = (news_of(item.body) for item in said if item.body is not None)
    return Counter(item.office for item in news if item is not None and item.about in BY_TIME and item.office)


def _tell(item: Incoming, told: Batch) -> None:
    """Gather the notices of an event, and what goes into a digest; what it says of the petition is `known` afterwards."""
    key, known = item.envelope.aggregate_id, told.known
    if isinstance(item.body, PetitionLodgedV1):
        body = item.body
        known[key] = Petition(body.code, body.language, body.is_reachable, item.envelope.is_sealed)
    news = None if item.body is None else news_of(item.body)
    if news is None or key not in known:
        return
    if news.about is About.ROUTED:
        known[key] = replace(known[key], office=news.office)
    if news.about is About.BREACH and news.facts["rule"] in WINDOWS:
        until = told.windows.get(key)
        news = replace(news, facts={**news.facts, "window_due": local(until) if until else ""})
    for notice in notices(news, known[key]):
        _place(item, news, notice, told)


def _place(item: Incoming, news: News, notice: Notice, told: Batch) -> None:
    """Put a notice where it belongs: on its way, beside one that tells the same, or into the office's digest."""
    envelope = item.envelope
    heard = Heard(envelope.effective_at, envelope.recorded_at, told.now)
    if notice.audience is Audience.OFFICE:
        at = digest_at(news, heard, of_office=told.of_office)
        if at is not None and notice.office is not None:
            _into_digest(item, notice, at, told)
            return
        waiting = _waiting(item, notice, told.due.get((envelope.aggregate_id, envelope.id)))
        told.waiting[waiting.id] = (waiting, _from_at(waiting, told.now))
        return
    waiting = _waiting(item, notice, told.due.get((envelope.aggregate_id, envelope.id)))
    if news.about not in BY_TIME:
        told.waiting[waiting.id] = (waiting, _from_at(waiting, told.now))
        return
    at = person_at(news, heard, zone=ZONE)
    waiting = replace(waiting, id=_same(item, news, at))
    present = told.waiting.get(waiting.id)
    told.waiting[waiting.id] = (_joined(present[0], waiting) if present else waiting, at)


def _same(item: Incoming, news: News, at: datetime) -> UUID:
    """Return the id of the notice that tells a petitioner of one thing once, however many clocks it touches."""
    envelope = item.envelope
    if news.about is About.MOVED:
        cause = news.facts["key"] or (envelope.cause.event_id if envelope.cause else envelope.id)
        return derived(envelope.aggregate_id, "notice", news.about, cause)
    if news.about is About.ESCALATION:
        return derived(envelope.aggregate_id, "notice", news.about, news.office, at.date())
    return derived(envelope.aggregate_id, "notice", news.about, at.date(), news.facts.get("paused_on", ""))


def _joined(present: Waiting, another: Waiting) -> Waiting:
    """Return one notice that tells both: the steps, or the moves, one beside the other."""
    facts = dict(present.notice.facts)
    for name in ("rule", "moves"):
        if name in facts and another.notice.facts[name] not in facts[name]:
            facts[name] = f"{facts[name]}, {another.notice.facts[name]}"
    return replace(present, notice=replace(present.notice, facts=facts))


def _into_digest(item: Incoming, notice: Notice, at: datetime, told: Batch) -> None:
    envelope, office = item.envelope, notice.office or ""
    code = None if envelope.is_sealed else notice.facts["code"]
    item_id = notice_id(envelope.id, notice.audience)
    told.items.append(Item(item_id, office, at, notice.about, envelope.aggregate_id, code, notice.facts, envelope.effective_at))
    digest = replace(
        _waiting(item, Notice(About.DIGEST, Audience.OFFICE, office, notice.language, {"code": ""}), None),
        id=derived("digest", office, at.isoformat(), told.items[0].id),
        petition_id=derived("digest", office),
        is_sealed=False,
        correlation_id=derived("digest", office),
    )
    told.waiting.setdefault(digest.id, (digest, at))


async def _tell_roots(tx: Transaction, item: Incoming, body: CalendarMissingV1, told: Batch) -> None:
    """Tell those at the root of the directory that a calendar lacks its next year."""
    facts = {"calendar": body.calendar, "year": str(body.year), "code": ""}
    for office in await knowledge.roots(tx.connection, body.jurisdictions):
        notice = Notice(About.CALENDAR, Audience.OFFICE, office, "vi", facts)
        waiting = replace(_waiting(item, notice, None), id=derived(item.envelope.id, "notice", office))
        told.waiting[waiting.id] = (waiting, told.now)


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
