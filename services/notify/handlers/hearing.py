"""What is heard becomes notices, in the transaction that remembers that it was heard."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.telling import (
    BY_TIME,
    About,
    Audience,
    News,
    Notice,
    Person,
    Petition,
    is_held_for_due,
    notices,
    to_person,
)
from services.notify.domain.timing import GATHERED_MAX, Heard, digest_at, flooded, person_at
from services.notify.handlers.gathering import digest_part, petitioner_part, windows
from services.notify.store import gatherings, knowledge, sight, wanting
from services.notify.store import notices as store
from services.notify.store.gatherings import Part
from services.notify.store.notices import Waiting
from services.notify.wire.events import news_of
from services.notify.wire.words import ZONE
from shared.contracts.escalation import CalendarMissingV1, DeadlineSetV1
from shared.contracts.intake import ContentErasedV1, PetitionerWithdrawnV1, PetitionJoinedV1, PetitionLodgedV1
from shared.contracts.procedure import DenouncedNamedV1, PersonExcludedV1
from shared.contracts.routing import OfficeRegisteredV1
from shared.kernel.ids import derived
from shared.messaging import Incoming
from shared.persistence import Transaction

HELD_FOR_DUE = timedelta(seconds=2)
"""Escalation answers a route within milliseconds with the due date; where it does not, the notice goes without one."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """What a batch of events tells, while it is gathered: notices by themselves, and parts of what is told together."""

    now: datetime
    known: dict[UUID, Petition]
    due: Mapping[tuple[UUID, UUID], datetime]
    flooded: frozenset[str]
    joined: list[tuple[UUID, Person]] = field(default_factory=list)
    left: list[UUID] = field(default_factory=list)
    waiting: dict[UUID, tuple[Waiting, datetime]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)


async def hear(tx: Transaction, batch: Sequence[Incoming], now: datetime) -> int:
    """Note petitions and offices, and write a notice for everybody who is to be told; return how many notices have news."""
    await knowledge.put_offices(tx.connection, [item.body for item in batch if isinstance(item.body, OfficeRegisteredV1)])
    said = [item for item in batch if not isinstance(item.body, OfficeRegisteredV1) and not _is_imported(item)]
    if not said:
        return 0
    before = await knowledge.petitions(tx.connection, {item.envelope.aggregate_id for item in said})
    news = [(item, None if item.body is None else news_of(item.body)) for item in said]
    told = Batch(now, dict(before), _due(said), flooded((its, _heard(item, now)) for item, its in news if its is not None))
    for item, its in news:
        _tell(item, its, told)
    for item in said:
        if isinstance(item.body, CalendarMissingV1):
            await _tell_roots(tx, item, item.body, told)
    known, waiting = told.known, told.waiting
    await knowledge.put_petitions(tx.connection, {key: value for key, value in known.items() if before.get(key) != value})
    await _note_sight(tx, said)
    await knowledge.add_people(tx.connection, told.joined)
    await knowledge.drop_people(tx.connection, told.left)
    await _forget(tx, said, told.left)
    together = await gatherings.add(tx.connection, told.parts, longest=GATHERED_MAX)
    await gatherings.add_where_open(tx.connection, windows(said, known))
    await store.add(tx.connection, [*waiting.values(), *together], now=now)
    new = {item.cause.event_id for item, _ in waiting.values() if item.cause}
    late = {
        key: at
        for (petition, event), at in told.due.items()
        if petition in known and event not in new
        for key in _ids(event, known[petition])
    }
    await store.tell_due(tx.connection, late, held=HELD_FOR_DUE, now=now)
    return len(waiting) + len(told.parts) + len(late)


async def _forget(tx: Transaction, said: Sequence[Incoming], left: Sequence[UUID]) -> None:
    """Forget what those wanted who left, and all of a petition whose content was erased: browsers, preferences, bad addresses."""
    erased = [item.envelope.aggregate_id for item in said if isinstance(item.body, ContentErasedV1)]
    await wanting.forget(tx.connection, petitions=erased, petitioners=left)


async def _note_sight(tx: Transaction, said: Sequence[Incoming]) -> None:
    """Write who must not see which petition, and whom denunciations denounce; what was said last counts."""
    excluded = [(item.envelope.aggregate_id, item.body.person) for item in said if isinstance(item.body, PersonExcludedV1)]
    against = {
        item.envelope.aggregate_id: item.body.against
        for item in said
        if item.envelope.is_sealed and isinstance(item.body, PetitionLodgedV1 | DenouncedNamedV1) and item.body.against
    }
    await sight.exclude(tx.connection, excluded)
    await sight.name(tx.connection, against)


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


def _heard(item: Incoming, now: datetime) -> Heard:
    return Heard(item.envelope.effective_at, now)


def _tell(item: Incoming, news: News | None, told: Batch) -> None:
    """Gather what is told of an event; what it says of the petition is `known` afterwards."""
    key, known = item.envelope.aggregate_id, told.known
    if isinstance(item.body, PetitionLodgedV1):
        body = item.body
        known[key] = Petition(body.code, body.language, body.is_reachable, item.envelope.is_sealed)
    if key in known:
        _people(item, told)
    if news is None or key not in known:
        return
    if news.about is About.ROUTED:
        known[key] = replace(known[key], office=news.office)
    for notice in notices(news, known[key]):
        waiting = replace(_waiting(item, notice, told.due.get((key, item.envelope.id))), is_urgent=news.is_urgent)
        part = _part(item, news, waiting, told) if news.about in BY_TIME else None
        if part is not None:
            told.parts.append(part)
        else:
            told.waiting[waiting.id] = (waiting, _from_at(waiting, told.now))


def _people(item: Incoming, told: Batch) -> None:
    """Note who joins or leaves a petition; who joins is told its code, as the first one was."""
    key, body = item.envelope.aggregate_id, item.body
    petition = told.known[key]
    if isinstance(body, PetitionJoinedV1) and body.is_reachable:
        person = Person(body.petitioner_id, body.language)
        told.joined.append((key, person))
        told.known[key] = replace(petition, others=(*petition.others, person))
        notice = to_person(About.LODGED, None, {"code": petition.code}, person)
        waiting = _waiting(item, notice, None)
        told.waiting[waiting.id] = (waiting, told.now)
    elif isinstance(body, PetitionerWithdrawnV1):
        told.left.append(body.petitioner_id)
        others = tuple(person for person in petition.others if person.id != body.petitioner_id)
        told.known[key] = replace(petition, others=others, is_reachable=petition.is_reachable and body.petitioner_id != key)


def _part(item: Incoming, news: News, waiting: Waiting, told: Batch) -> Part | None:
    """Return what time caused as part of what is told together, None where an office is told of it by itself, at once."""
    heard = _heard(item, told.now)
    if waiting.notice.audience is Audience.PETITIONER:
        return petitioner_part(item, news, waiting, at=person_at(news, heard, zone=ZONE))
    at = digest_at(news, heard, is_flood=waiting.notice.office in told.flooded)
    return None if at is None else digest_part(item, news, waiting, at=at, now=told.now)


async def _tell_roots(tx: Transaction, item: Incoming, body: CalendarMissingV1, told: Batch) -> None:
    """Tell those at the root of the directory that a calendar lacks its next year."""
    facts = {"calendar": body.calendar, "year": str(body.year), "code": ""}
    roots = await knowledge.roots(tx.connection, body.jurisdictions)
    if not roots:
        _log.error(
            "calendar %s lacks %d, and no office is there to be told: caunoi calendar amend FILE", body.calendar, body.year
        )
    for office in roots:
        notice = Notice(About.CALENDAR, Audience.OFFICE, office, "vi", facts)
        waiting = replace(_waiting(item, notice, None), id=derived(item.envelope.id, "notice", office))
        told.waiting[waiting.id] = (waiting, told.now)


def _waiting(item: Incoming, notice: Notice, due_at: datetime | None) -> Waiting:
    envelope = item.envelope
    return Waiting(
        id=notice_id(envelope.id, notice.audience, notice.petitioner_id),
        petition_id=envelope.aggregate_id,
        notice=notice,
        is_sealed=envelope.is_sealed,
        cause=item.as_cause(),
        correlation_id=envelope.correlation_id,
        traceparent=envelope.traceparent,
        due_at=due_at,
    )


def notice_id(event_id: UUID, audience: str, petitioner_id: UUID | None = None) -> UUID:
    """Return the id of the notice that an event causes for an audience: the same however often the event is heard."""
    return derived(event_id, "notice", audience, *([petitioner_id] if petitioner_id else []))


def _ids(event_id: UUID, petition: Petition) -> list[UUID]:
    further = [notice_id(event_id, Audience.PETITIONER, person.id) for person in petition.others]
    return [*(notice_id(event_id, audience) for audience in Audience), *further]


def _from_at(item: Waiting, now: datetime) -> datetime:
    return now + HELD_FOR_DUE if is_held_for_due(item.notice.about) and item.due_at is None else now
