"""Messages are written: addresses are fetched by right for this moment, and kept nowhere."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from jinja2 import TemplateError

from services.notify.domain.channels import Channel
from services.notify.domain.delivery import Mail
from services.notify.domain.telling import About, Audience, Gathered, is_gathered
from services.notify.gateways.neighbours import Contact
from services.notify.handlers.addressing import (
    BAD_ADDRESS,
    NO_CHANNEL,
    NO_CONTACT,
    NO_MAILBOX,
    Known,
    Later,
    NoWay,
    Way,
    owner_of,
    way_of,
)
from services.notify.handlers.facts import OFFICES, facts_of
from services.notify.handlers.post import Away, Letter, Post, Written
from services.notify.store import gatherings, knowledge, wanting, wordings
from services.notify.store.attempts import Held
from services.notify.store.notices import Waiting
from services.notify.wire.mails import mail, message_id
from services.notify.wire.messages import Short, plain, to_browsers, to_gateway
from services.notify.wire.returning import return_path
from services.notify.wire.wordings import Book, Wording, name_of, rendered
from shared.kernel.refusals import Trouble

__all__ = ["BAD_ADDRESS", "NO_CHANNEL", "NO_CONTACT", "NO_MAILBOX", "Letter", "Post", "Written", "write"]
CANNOT_BE_WRITTEN = "cannot_be_written"
NO_WAY_LEFT = "no_way_left"
NOBODY_AWAY: Away = {}

_log = logging.getLogger(__name__)


async def write(post: Post, claimed: Sequence[Waiting], *, now: datetime, away: Away = NOBODY_AWAY) -> Written:
    """Write the messages. A neighbour that does not answer holds up only the notices that need it; `trouble` tells of it."""
    written = Written()
    known = await _find_out(post, claimed, written, now)
    for item in claimed:
        if item.notice.audience is Audience.PETITIONER and known.contacts is None:
            written.put_off.append(item)
            continue
        match way_of(post, item, known, away=away, now=now):
            case Later(until=until, why=why):
                written.held.append(Held(item.id, until, why))
            case NoWay(reason=reason):
                _give_up(item, reason, written)
            case way:
                _write(post, item, way, known, now=now, written=written)
    return written


def _give_up(item: Waiting, reason: str, written: Written) -> None:
    """Nobody was told where nothing was tried; what was tried by every way has failed."""
    if item.attempts:
        written.failed.append((item, item.reason or NO_WAY_LEFT))
    else:
        written.skipped.append((item, reason))


def _write(post: Post, item: Waiting, way: Way, known: Known, *, now: datetime, written: Written) -> None:
    try:
        written.letters.append(_letter(post, item, way, known, now))
    except (TemplateError, ValueError) as error:
        # Without the error's words: they may hold an address.
        _log.error("a notice cannot be written: %s", type(error).__name__, extra={"notice": str(item.id)})
        written.failed.append((item, CANNOT_BE_WRITTEN))


async def _find_out(post: Post, claimed: Sequence[Waiting], written: Written, now: datetime) -> Known:
    people = {owner_of(item) for item in claimed if item.notice.audience is Audience.PETITIONER}
    gathered = await _gathered(post, claimed, now)
    told = [item.notice.facts for item in claimed] + [line.facts for each in gathered.values() for line in each.lines]
    codes = {item.notice.office for item in claimed} | {facts.get(role) for facts in told for role in OFFICES}
    mornings = [item.notice.facts["groups"] for item in claimed if item.notice.about is About.MORNING]
    named = {line["office"] for groups in mornings for group in groups for line in group["lines"]}
    async with post.database.reading() as connection:
        offices = await knowledge.offices(connection, [code for code in codes | named if code])
        wanted = await wanting.preferences(connection, people)
        browsers = await wanting.browsers(connection, people, post.cipher) if post.push is not None else {}
        bad = await wanting.bad(connection, {owner_of(item) for item in claimed})
        addresses = await wanting.addresses(connection, [item.person for item in claimed if item.person], post.cipher)
        book = Book(await wordings.own(connection))
    contacts = await _contacts(post, people, written)
    return Known(contacts, offices, gathered, wanted, browsers, addresses, bad, book)


async def _gathered(post: Post, claimed: Sequence[Waiting], now: datetime) -> Mapping[UUID, Gathered]:
    """Close what tells several things together, and return what each tells."""
    ids = [item.id for item in claimed if is_gathered(item.notice)]
    if not ids:
        return {}
    async with post.database.transaction() as tx:
        return await gatherings.close(tx.connection, ids, now=now)


async def _contacts(post: Post, ids: set[UUID], written: Written) -> Mapping[UUID, Contact] | None:
    if not ids:
        return {}
    try:
        return await post.neighbours.contacts(sorted(ids))
    except Trouble as trouble:
        written.trouble = trouble
        return None


def _letter(post: Post, item: Waiting, way: Way, known: Known, now: datetime) -> Letter:
    notice = item.notice
    wanted = known.wanted.get(owner_of(item)) if notice.audience is Audience.PETITIONER else None
    language = (wanted.language if wanted else None) or notice.language
    name = name_of(notice.about, notice.audience, language, is_sealed=item.is_sealed, channel=way.channel)
    wording = known.book.pick(name, pinned=item.pinned)
    facts = facts_of(post, item, known, wording.language, now)
    made = _message(post, item, way, known, wording=wording, facts=facts, now=now)
    return Letter(item, wording.label, made, way.channel, way.has_other, way.mark)


def _message(
    post: Post, item: Waiting, way: Way, known: Known, *, wording: Wording, facts: Mapping[str, object], now: datetime
) -> Mail:
    """Return the notice as its carrier takes it."""
    if way.channel is Channel.EMAIL:
        identity = message_id(item.id, domain=post.sender.domain)
        back_to = return_path(post.back_to, post.cipher, item.id, item.attempts + 1)
        return mail(
            wording, facts, sender=post.sender, to=way.to, message_id=identity, date=format_datetime(now), back_to=back_to
        )
    text, key = rendered(wording, facts)[1], key_of(item, way.channel)
    if way.channel is Channel.PUSH:
        return Mail("", "", to_browsers(text, post.home, key, known.browsers[owner_of(item)]), key)
    phone = post.phones[way.channel]
    callback = f"{post.home}/notify/api/gateways/{way.channel}/reports"
    said = plain(text) if phone.is_plain else text
    short = Short(key, way.channel, phone.sender, wording.label, wording.language, said, callback)
    return Mail(phone.sender, way.to, to_gateway(short, way.to, facts, is_sealed=item.is_sealed), key)


def key_of(item: Waiting, channel: Channel) -> str:
    """Return by what a gateway knows a message again: the same for every attempt of one round."""
    return f"{item.id.hex}-{channel}-{item.round}" if channel is not Channel.PUSH else item.id.hex
