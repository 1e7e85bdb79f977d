"""What comes back: mails that could not be delivered, reports of gateways. A notice goes another way, or fails with its reason.

Invariant: a report is believed only about the attempt that it proves to be about (by token or signature), once.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notify.domain.channels import Channel
from services.notify.handlers.addressing import owner_of
from services.notify.handlers.post import Post
from services.notify.handlers.sending import event_of
from services.notify.store import returns
from services.notify.store.returns import BOUNCED, DELAYED, DELIVERED, Attempt
from services.notify.wire.returning import returned
from shared.contracts.notify import NoticeBouncedV1, NoticeDeliveredV1
from shared.kernel.refusals import Refused, Trouble, Unknown
from shared.persistence import Transaction

_FINAL = frozenset({DELIVERED, BOUNCED})
_STATES = {"delivered": DELIVERED, "delayed": DELAYED, "undelivered": BOUNCED, "rejected": BOUNCED}
NOT_A_REPORT, REPEATED, NOTED = "not_a_report", "repeated", "noted"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reported:
    """What is said of an attempt. `is_hard`: the address does not work; `gives_up`: this way is not tried again."""

    report: str
    code: str
    is_hard: bool = False
    gives_up: bool = False
    provider_id: str | None = None


async def take_mail(post: Post, content: bytes, *, now: datetime) -> str:
    """Take in a mail that came back; return what it was. One that is no report, or proves nothing, changes nothing."""
    said = returned(content, post.cipher) if post.cipher is not None else None
    if said is None:
        return NOT_A_REPORT
    report = BOUNCED if said.is_over else DELAYED
    reported = Reported(report, said.status, said.is_hard, gives_up=said.is_hard)
    async with post.database.transaction() as tx:
        found = await returns.attempt(tx.connection, said.notice_id, number=said.number)
        if found is None or found.channel != Channel.EMAIL:
            return NOT_A_REPORT
        return await _take(tx, found, reported, now=now)


async def take_report(
    post: Post, channel: Channel, key: str, state: str, *, reason: str, provider_id: str | None, now: datetime
) -> str:
    """Take in a gateway's report about a message by its key. Raises Unknown where it never had such a message."""
    notice_id = _notice_id(key, channel)
    report = _STATES[state]
    is_hard = report == BOUNCED and state == "rejected"
    reported = Reported(report, reason, is_hard, gives_up=report == BOUNCED, provider_id=provider_id)
    async with post.database.transaction() as tx:
        found = await returns.attempt(tx.connection, notice_id, channel=channel)
        if found is None or f"{found.notice.id.hex}-{channel}-" not in key:
            raise Unknown("no message has this id", code="message_not_found")
        if report != DELIVERED and key != f"{found.notice.id.hex}-{channel}-{found.notice.round}":
            return REPEATED  # of an earlier round: it was taken up again since
        return await _take(tx, found, reported, now=now)


def _notice_id(key: str, channel: Channel) -> UUID:
    head, _, tail = key.partition(f"-{channel}-")
    try:
        if tail.isdecimal():
            return UUID(hex=head)
    except ValueError:
        pass
    raise Unknown("no message has this id", code="message_not_found")


async def _take(tx: Transaction, found: Attempt, reported: Reported, *, now: datetime) -> str:
    if found.report in _FINAL:
        return REPEATED
    if found.is_open and reported.report == BOUNCED:
        raise Trouble("its end is not recorded yet: say it again", code="not_recorded_yet")
    provider_id = reported.provider_id
    await returns.put_report(tx.connection, found, reported.report, reported.code, provider_id=provider_id, now=now)
    if reported.report == DELIVERED:
        _say_delivered(tx, found, now)
    if reported.report == BOUNCED:
        await _bounced(tx, found, reported, now)
    return NOTED


async def _bounced(tx: Transaction, found: Attempt, reported: Reported, now: datetime) -> None:
    """Take the notice up again, unless it went another way or is on its way anyhow."""
    item, status = found.notice, reported.code
    if reported.is_hard and found.mark is not None:
        await returns.put_bad(tx.connection, owner_of(item), found, status, now=now)
    body = NoticeBouncedV1(
        notice_id=item.id,
        about=item.notice.about,
        audience=item.notice.audience,
        channel=found.channel,
        attempts=found.number,
        status=status,
        is_hard=reported.is_hard,
    )
    tx.emit([event_of(item, f"bounced {found.number}", body, traceparent=item.traceparent, effective_at=now, now=now)])
    if found.is_last and found.state == "sent":
        gives_up = found.channel if reported.gives_up else None
        await returns.again(tx.connection, item.id, gives_up=gives_up, reason=f"bounced_{status}", now=now)
    _log.warning("a notice came back", extra={"notice": str(item.id), "channel": found.channel, "status": status})


def _say_delivered(tx: Transaction, found: Attempt, now: datetime) -> None:
    item = found.notice
    body = NoticeDeliveredV1(
        notice_id=item.id,
        about=item.notice.about,
        audience=item.notice.audience,
        channel=found.channel,
        attempts=found.number,
    )
    tx.emit([event_of(item, f"delivered {found.number}", body, traceparent=item.traceparent, effective_at=now, now=now)])


async def retry(post: Post, notice_id: UUID, *, now: datetime) -> None:
    """Take a notice up again by every way, and forget which of its addresses bounced. Raises Refused where it has not failed."""
    async with post.database.transaction() as tx:
        item = await returns.retry(tx.connection, notice_id, now=now)
        if item is None:
            raise Refused("only what failed or was skipped can be tried again", code="not_failed")
        await returns.forgive(tx.connection, owner_of(item))
