"""Notices that are due are claimed, and letters handed over in rounds: begun, given to who carries them, recorded."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from opentelemetry.trace import Span

from services.notify.domain.channels import Channel
from services.notify.domain.delivery import Failed, NextWay, Reply, Sent, TryAgain, masked, verdict
from services.notify.gateways.mail import MailServer
from services.notify.handlers.post import Letter, Post, Written
from services.notify.store import attempts as store
from services.notify.store import wanting
from services.notify.store.attempts import Begun, Ended
from services.notify.store.notices import Waiting
from services.notify.wire.mails import message_id
from shared.contracts import EventBody, NewEvent
from shared.contracts.notify import NoticeFailedV1, NoticeSentV1
from shared.kernel.ids import derived
from shared.telemetry import meter, start_span, traceparent_of

CLAIM_MAX = 100
NEIGHBOUR_PAUSE = timedelta(seconds=10)
"""After this a notice that waits for intake or routing is looked at again."""
SENDER = "service:notify"
_SPANS = {Channel.EMAIL: "mail", Channel.SMS: "SMS", Channel.ZALO: "Zalo", Channel.PUSH: "web push"}

ATTEMPTS = meter().create_counter(
    "caunoi.notice.attempts", unit="1", description="Attempts to deliver a notice, by what came of them"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """A letter whose attempt has begun, with its span."""

    letter: Letter
    span: Span

    @property
    def waiting(self) -> Waiting:
        return self.letter.waiting


async def claim(post: Post, *, now: datetime) -> list[Waiting]:
    """Take up to CLAIM_MAX notices that are due."""
    async with post.database.transaction() as tx:
        return await store.claim(tx.connection, now=now, lease_ends=now + post.lease, limit=CLAIM_MAX)


async def put_back(post: Post, waiting: Sequence[Waiting], *, until: datetime) -> None:
    """Give up the claim to notices that were not handed over."""
    if waiting:
        async with post.database.transaction() as tx:
            await store.put_back(tx.connection, [item.id for item in waiting], until=until)


async def release(post: Post, channel: Channel, *, now: datetime) -> None:
    """Let go what waits for a channel that is there again."""
    async with post.database.transaction() as tx:
        await store.release(tx.connection, [channel], now=now)


async def settle_unsent(post: Post, written: Written, *, now: datetime) -> None:
    """Record what there is no way to send, what cannot be written, and what has to wait for a neighbour."""
    await put_back(post, written.put_off, until=now + NEIGHBOUR_PAUSE)
    if written.held:
        async with post.database.transaction() as tx:
            await store.hold(tx.connection, written.held)
    skipped = [Ended(item.id, item.attempts, "skipped", why, now, reason=why, is_tried=False) for item, why in written.skipped]
    ended = [Ended(item.id, item.attempts, "failed", why, now, reason=why, is_tried=False) for item, why in written.failed]
    if not skipped and not ended:
        return
    async with post.database.transaction() as tx:
        mine = await store.end(tx.connection, [*skipped, *ended])
        tx.emit(failed(item, why, item.traceparent, now, now) for item, why in written.failed if item.id in mine)
    for reason, count in Counter(end.outcome for end in (*skipped, *ended)).items():
        ATTEMPTS.add(count, {"service": "notify", "outcome": reason})


async def begin(post: Post, letters: Sequence[Letter], *, now: datetime) -> list[Tried]:
    """Write down that a round begins; return the letters that are ours to hand over."""
    begun = [
        Begun(one.waiting.id, one.waiting.attempts + 1, one.template, masked(one.mail.to), one.channel, one.mark)
        for one in letters
    ]
    async with post.database.transaction() as tx:
        mine = await store.begin(tx.connection, begun, now=now, lease_ends=now + post.lease)
    return [_tried(letter) for letter in letters if letter.waiting.id in mine]


def _tried(letter: Letter) -> Tried:
    item = letter.waiting
    span = start_span(item.traceparent, f"{_SPANS[letter.channel]} {letter.template}", service="notify")
    tries = item.tries + 1 if item.channel in (None, letter.channel) else 1
    return Tried(replace(letter, waiting=replace(item, attempts=item.attempts + 1, tries=tries)), span)


class Replies:
    """The replies to a round, taken in groups while the round goes on."""

    def __init__(self, tried: Sequence[Tried]) -> None:
        self._tried = tried
        self._left = len(tried)
        self._new: list[tuple[Tried, Reply]] = []
        self._news = asyncio.Event()

    def tell(self, place: int, reply: Reply) -> None:
        """Take the reply to the letter in that place."""
        self._tried[place].span.end()
        self._new.append((self._tried[place], reply))
        self._news.set()

    def end(self) -> None:
        """Say that no more replies will come."""
        self._left = len(self._new)
        self._news.set()

    async def some(self) -> list[tuple[Tried, Reply]]:
        """Wait for replies and return all that came; none: those were all."""
        if self._left:
            await self._news.wait()
        self._news.clear()
        taken, self._new = self._new, []
        self._left -= len(taken)
        return taken


async def hand_over(carrier: MailServer, tried: Sequence[Tried], replies: Replies, *, lease: timedelta) -> None:
    """Give a round to who carries it, who has half of the lease for it, so that no other replica thinks us dead meanwhile."""
    try:
        await carrier.send([one.letter.mail for one in tried], within=lease / 2, tell=replies.tell)
    finally:
        replies.end()


async def record(post: Post, replied: Sequence[tuple[Tried, Reply]], *, begun_at: datetime, now: datetime) -> None:
    """Write down how attempts of a round ended, and say what was sent and what failed."""
    ended = [_ended(one, reply, begun_at) for one, reply in replied]
    gone = [UUID(key) for _, reply in replied for key in reply.gone]
    async with post.database.transaction() as tx:
        await wanting.unsubscribe(tx.connection, gone)
        mine = await store.end(tx.connection, ended)
        pairs = [(one, end) for (one, _), end in zip(replied, ended, strict=True) if end.id in mine]
        tx.emit(_said(post, one, end, now) for one, end in pairs if end.state != "waiting")
    counted = Counter(end.state if end.state != "waiting" else "again" for end in ended)
    for outcome, count in counted.items():
        ATTEMPTS.add(count, {"service": "notify", "outcome": outcome})
    _log.info("notices handed over", extra=dict(counted))
    for one, end in pairs:
        if end.state == "failed":
            _log.warning("a notice failed", extra={"notice": str(end.id), "template": one.letter.template, "reason": end.reason})


def _ended(one: Tried, reply: Reply, begun_at: datetime) -> Ended:
    item, ended_at = one.waiting, begun_at + reply.took
    made = Ended(
        item.id,
        item.attempts,
        "sent",
        reply.why,
        ended_at,
        reply.code,
        is_unknown=reply.is_unknown,
        provider_id=reply.provider_id,
    )
    has_other = one.letter.has_other
    match verdict(reply, notice_id=item.id, attempts=item.tries, now=ended_at, has_other=has_other):
        case Sent():
            return made
        case Failed(reason=reason):
            return replace(made, state="failed", reason=reason)
        case NextWay(reason=reason):
            return replace(made, state="waiting", reason=reason, next_try_at=begun_at, gives_up=one.letter.channel)
        case TryAgain(at=at):
            return replace(made, state="waiting", next_try_at=at)


def _said(post: Post, one: Tried, end: Ended, now: datetime) -> NewEvent:
    item, letter = one.waiting, one.letter
    traceparent = traceparent_of(one.span) or item.traceparent
    effective_at = min(end.ended_at, now)
    if end.state == "failed":
        return failed(item, end.reason or end.outcome, traceparent, effective_at, now, channel=letter.channel)
    is_mail = letter.channel is Channel.EMAIL
    body = NoticeSentV1(
        notice_id=item.id,
        about=item.notice.about,
        audience=item.notice.audience,
        channel=letter.channel,
        attempts=item.attempts,
        template=letter.template,
        message_id=message_id(item.id, domain=post.sender.domain) if is_mail else letter.mail.key,
        is_possible_repeat=item.is_uncertain,
    )
    return event_of(item, "sent", body, traceparent=traceparent, effective_at=effective_at, now=now)


def failed(
    item: Waiting, reason: str, traceparent: str | None, effective_at: datetime, now: datetime, *, channel: str | None = None
) -> NewEvent:
    """Return what is said of a notice that will not be tried again."""
    body = NoticeFailedV1(
        notice_id=item.id,
        about=item.notice.about,
        audience=item.notice.audience,
        channel=channel or item.channel or Channel.EMAIL,
        attempts=item.attempts,
        reason=reason,
    )
    return event_of(item, "failed", body, traceparent=traceparent, effective_at=effective_at, now=now)


def event_of(
    item: Waiting, what: str, body: EventBody, *, traceparent: str | None, effective_at: datetime, now: datetime
) -> NewEvent:
    """Return an event about a notice, with the same id however often it is said; one for each round of the notice."""
    return NewEvent(
        id=derived(item.id, what, *([item.round] if item.round else [])),
        aggregate_id=item.petition_id,
        body=body,
        effective_at=effective_at,
        recorded_at=now,
        actor=SENDER,
        correlation_id=item.correlation_id,
        cause=item.cause,
        office=item.notice.office or "_",
        is_sealed=item.is_sealed,
        traceparent=traceparent,
    )
