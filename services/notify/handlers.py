"""Use cases: what is heard becomes notices; notices that are due are written, handed over, and their end recorded.

Invariant: an attempt is written down before the mail server is asked, its end afterwards. Nothing is lost by a kill at any time;
only a kill between the server's reply and our record can repeat a mail, under the same Message-ID, and the record then says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from services.notify import store
from services.notify.domain.delivery import Failed, Reply, Sent, TryAgain, verdict
from services.notify.domain.telling import About, Audience, Notice, Petition, notices
from services.notify.gateways import Contact, MailServer, Neighbours
from services.notify.store import Ended, Office, Waiting
from services.notify.wire import mail, message_id, news_of, template_name
from shared.contracts import NewEvent
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.notify import NoticeFailedV1, NoticeSentV1
from shared.contracts.routing import OfficeRegisteredV1
from shared.kernel.ids import derived
from shared.messaging import Incoming
from shared.persistence import Database, Transaction
from shared.telemetry import start_span

CLAIM_MAX = 100
ROUND_MAX = 8
"""Mails that are handed over at the same time: at most so many can be repeated by a kill."""
CHANNEL = "email"
SENDER = "service:notify"


async def hear(tx: Transaction, batch: Sequence[Incoming], now: datetime) -> None:
    """Note petitions and offices, and write a notice for everybody who is to be told."""
    await store.put_offices(tx.connection, [item.body for item in batch if isinstance(item.body, OfficeRegisteredV1)])
    said = [item for item in batch if not isinstance(item.body, OfficeRegisteredV1) and not _is_imported(item)]
    if not said:
        return
    known = await store.petitions(tx.connection, {item.envelope.aggregate_id for item in said})
    before = dict(known)
    waiting: list[Waiting] = []
    for item in said:
        key = item.envelope.aggregate_id
        if isinstance(item.body, PetitionLodgedV1):
            body = item.body
            known[key] = Petition(body.code, body.language, body.is_reachable, item.envelope.is_sealed)
        news = news_of(item.body)
        if news is None or key not in known:
            continue
        if news.about is About.ROUTED:
            known[key] = replace(known[key], office=news.office)
        waiting += [_waiting(item, notice) for notice in notices(news, known[key])]
    await store.put_petitions(tx.connection, {key: value for key, value in known.items() if before.get(key) != value})
    await store.add(tx.connection, waiting, now=now)


def _is_imported(item: Incoming) -> bool:
    return isinstance(item.body, PetitionLodgedV1) and item.body.source is not None


def _waiting(item: Incoming, notice: Notice) -> Waiting:
    envelope = item.envelope
    return Waiting(
        id=derived(envelope.id, "notice", notice.audience),
        petition_id=envelope.aggregate_id,
        notice=notice,
        is_sealed=envelope.is_sealed,
        cause=item.as_cause(),
        correlation_id=envelope.correlation_id,
        traceparent=envelope.traceparent,
        attempts=0,
    )


@dataclass(frozen=True, slots=True)
class Post:
    """What sending needs: the mail server, our neighbours, and how mails are signed."""

    database: Database
    server: MailServer
    neighbours: Neighbours
    sender: Address
    public_url: str
    lease: timedelta


@dataclass(slots=True)
class Written:
    """Notices with their mails, and those that there is no way to send."""

    mails: list[tuple[Waiting, str, EmailMessage]] = field(default_factory=list)
    skipped: list[tuple[Waiting, str]] = field(default_factory=list)


async def send_due(post: Post, *, now: datetime) -> int:
    """Send notices that are due; return how many were taken up. Raises Trouble: then they are taken up again later."""
    async with post.database.transaction() as tx:
        claimed = await store.claim(tx.connection, now=now, lease_ends=now + post.lease, limit=CLAIM_MAX)
    if not claimed:
        return 0
    written = await _write(post, claimed, now)
    await _record_skipped(post, written.skipped, now=now)
    for start in range(0, len(written.mails), ROUND_MAX):
        await _hand_over(post, written.mails[start : start + ROUND_MAX], now=now)
    return len(claimed)


async def _write(post: Post, claimed: Sequence[Waiting], now: datetime) -> Written:
    """Write the mails. Addresses are fetched for this moment and kept nowhere."""
    people = [item.petition_id for item in claimed if item.notice.audience == Audience.PETITIONER]
    answered = [item.petition_id for item in claimed if item.notice.about == About.ANSWERED]
    contacts = await post.neighbours.contacts(people) if people else {}
    answers = await post.neighbours.answers(answered) if answered else {}
    codes = {item.notice.office for item in claimed} | {item.notice.facts.get("from_office") for item in claimed}
    async with post.database.reading() as connection:
        offices = await store.offices(connection, [code for code in codes if code])
    written = Written()
    for item in claimed:
        contact = contacts.get(item.petition_id, Contact())
        to, reason = _address(item, contact, offices)
        if to is None:
            written.skipped.append((item, reason))
            continue
        name = template_name(item.notice.about, item.notice.audience, item.notice.language, is_sealed=item.is_sealed)
        facts = _facts(post, item, contact, offices, answers)
        identity = message_id(item.id, domain=post.sender.domain)
        date = format_datetime(now)
        written.mails.append((item, name, mail(name, facts, sender=post.sender, to=to, message_id=identity, date=date)))
    return written


def _address(item: Waiting, contact: Contact, offices: Mapping[str, Office]) -> tuple[str | None, str]:
    if item.notice.audience == Audience.OFFICE:
        office = offices.get(item.notice.office or "")
        return (office.mailbox if office else None), "no_mailbox"
    return contact.email, "no_channel" if contact.phone else "no_contact"


def _facts(
    post: Post, item: Waiting, contact: Contact, offices: Mapping[str, Office], answers: Mapping[UUID, str]
) -> dict[str, str | None]:
    notice = item.notice
    base = post.public_url.rstrip("/")
    return {
        **notice.facts,
        "name": contact.name,
        "office_name": _name(offices, notice.office, notice.language),
        "from_office_name": _name(offices, notice.facts.get("from_office"), notice.language),
        "answer": answers.get(item.petition_id),
        "link": f"{base}/intake/api/petitions/{notice.facts['code']}",
        "home": base,
    }


def _name(offices: Mapping[str, Office], code: str | None, language: str) -> str:
    office = offices.get(code or "")
    if office is None:
        return code or ""
    return office.name_en if language == "en" else office.name_vi


async def _record_skipped(post: Post, skipped: Sequence[tuple[Waiting, str]], *, now: datetime) -> None:
    if skipped:
        async with post.database.transaction() as tx:
            ended = [Ended(item.id, "skipped", reason, reason=reason) for item, reason in skipped]
            await store.end(tx.connection, ended, now=now)


async def _hand_over(post: Post, mails: Sequence[tuple[Waiting, str, EmailMessage]], *, now: datetime) -> None:
    """One round: write down that it begins, ask the server, write down how it ended and say it."""
    async with post.database.transaction() as tx:
        await store.start_attempts(tx.connection, {item.id: name for item, name, _ in mails}, now=now)
    spans = [start_span(item.traceparent, f"mail {name}", service="notify") for item, name, _ in mails]
    replies = await post.server.send([message for _, _, message in mails])
    for span in spans:
        span.end()
    tried = [
        (replace(item, attempts=item.attempts + 1), name, reply) for (item, name, _), reply in zip(mails, replies, strict=True)
    ]
    async with post.database.transaction() as tx:
        ended = [_ended(item, reply, now) for item, _, reply in tried]
        await store.end(tx.connection, ended, now=now)
        said = zip(tried, ended, strict=True)
        tx.emit(_said(post, item, name, end, now) for (item, name, _), end in said if end.state in {"sent", "failed"})


def _ended(item: Waiting, reply: Reply, now: datetime) -> Ended:
    match verdict(reply, notice_id=item.id, attempts=item.attempts, now=now):
        case Sent():
            return Ended(item.id, "sent", "taken", reply.code)
        case Failed(reason=reason):
            return Ended(item.id, "failed", reply.why, reply.code, reason)
        case TryAgain(at=at):
            return Ended(item.id, "waiting", reply.why, reply.code, next_try_at=at)


def _said(post: Post, item: Waiting, template: str, end: Ended, now: datetime) -> NewEvent:
    notice = item.notice
    common = {
        "notice_id": item.id,
        "about": notice.about,
        "audience": notice.audience,
        "channel": CHANNEL,
        "attempts": item.attempts,
    }
    body: NoticeSentV1 | NoticeFailedV1
    if end.state == "sent":
        identity = message_id(item.id, domain=post.sender.domain)
        body = NoticeSentV1(**common, template=template, message_id=identity, is_possible_repeat=item.broken_off)
    else:
        body = NoticeFailedV1(**common, reason=end.reason or end.outcome)
    return NewEvent(
        id=derived(item.id, end.state),
        aggregate_id=item.petition_id,
        body=body,
        effective_at=now,
        recorded_at=now,
        actor=SENDER,
        correlation_id=item.correlation_id,
        cause=item.cause,
        office=notice.office or "_",
        is_sealed=item.is_sealed,
        traceparent=item.traceparent,
    )
