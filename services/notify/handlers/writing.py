"""Mails are written: addresses and answers are fetched by right for this moment, and kept nowhere."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.utils import format_datetime
from typing import TypeVar
from uuid import UUID

from jinja2 import TemplateError

from services.notify.domain.delivery import Mail
from services.notify.domain.telling import About, Audience, Gathered, Line, is_gathered
from services.notify.gateways.mail import MailServer
from services.notify.gateways.neighbours import Contact, Neighbours
from services.notify.store import gatherings, knowledge
from services.notify.store.knowledge import Office
from services.notify.store.notices import Waiting
from services.notify.wire.mails import gathered_facts, mail, message_id, spoken, template_name
from services.notify.wire.words import BODIES, local
from shared.kernel.refusals import Trouble
from shared.persistence import Database

NO_MAILBOX = "no_mailbox"
NO_CHANNEL = "no_channel"
NO_CONTACT = "no_contact"
CANNOT_BE_WRITTEN = "cannot_be_written"
_OFFICES = ("from_office", "to_office", "to_body")

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What sending needs: the mail server, our neighbours, and how mails are signed."""

    database: Database
    server: MailServer
    neighbours: Neighbours
    sender: Address
    public_url: str
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice with its mail, ready to be handed over."""

    waiting: Waiting
    template: str
    mail: Mail


@dataclass(slots=True)
class Written:
    """Letters; notices that there is no way to send; notices that cannot be written; notices that wait for a neighbour."""

    letters: list[Letter] = field(default_factory=list)
    skipped: list[tuple[Waiting, str]] = field(default_factory=list)
    failed: list[tuple[Waiting, str]] = field(default_factory=list)
    put_off: list[Waiting] = field(default_factory=list)
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out for a batch. None: the neighbour does not answer."""

    contacts: Mapping[UUID, Contact] | None
    answers: Mapping[UUID, str] | None
    offices: Mapping[str, Office]
    gathered: Mapping[UUID, Gathered]


async def write(post: Post, claimed: Sequence[Waiting], *, now: datetime) -> Written:
    """Write the mails. A neighbour that does not answer holds up only the notices that need it; `trouble` tells of it."""
    written = Written()
    known = await _find_out(post, claimed, written, now)
    for item in claimed:
        if _lacks(item, known):
            written.put_off.append(item)
            continue
        to, reason = _address(item, known)
        if to is None:
            written.skipped.append((item, reason))
            continue
        try:
            written.letters.append(_letter(post, item, to, known, now))
        except (TemplateError, ValueError) as error:
            # Without the error's words: they may hold an address.
            _log.error("a notice cannot be written: %s", type(error).__name__, extra={"notice": str(item.id)})
            written.failed.append((item, CANNOT_BE_WRITTEN))
    return written


async def _find_out(post: Post, claimed: Sequence[Waiting], written: Written, now: datetime) -> _Known:
    people = {_whose(item) for item in claimed if item.notice.audience is Audience.PETITIONER}
    answered = {item.petition_id for item in claimed if _tells_answer(item)}
    gathered = await _gathered(post, claimed, now)
    told = [item.notice.facts for item in claimed] + [line.facts for each in gathered.values() for line in each.lines]
    codes = {item.notice.office for item in claimed} | {facts.get(role) for facts in told for role in _OFFICES}
    async with post.database.reading() as connection:
        offices = await knowledge.offices(connection, [code for code in codes if code])
    contacts = await _asked(post.neighbours.contacts, people, written)
    answers = await _asked(post.neighbours.answers, answered, written)
    return _Known(contacts, answers, offices, gathered)


async def _gathered(post: Post, claimed: Sequence[Waiting], now: datetime) -> Mapping[UUID, Gathered]:
    """Close what tells several things together, and return what each tells."""
    ids = [item.id for item in claimed if is_gathered(item.notice)]
    if not ids:
        return {}
    async with post.database.transaction() as tx:
        return await gatherings.close(tx.connection, ids, now=now)


async def _asked(
    ask: Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, T]]], ids: set[UUID], written: Written
) -> Mapping[UUID, T] | None:
    if not ids:
        return {}
    try:
        return await ask(sorted(ids))
    except Trouble as trouble:
        written.trouble = trouble
        return None


def _tells_answer(item: Waiting) -> bool:
    return item.notice.about is About.ANSWERED and not item.is_sealed


def _lacks(item: Waiting, known: _Known) -> bool:
    needs_contact = item.notice.audience is Audience.PETITIONER and known.contacts is None
    return needs_contact or (_tells_answer(item) and known.answers is None)


def _contact(item: Waiting, known: _Known) -> Contact:
    return (known.contacts or {}).get(_whose(item), Contact())


def _whose(item: Waiting) -> UUID:
    """Return by which id intake knows whom to tell: a further petitioner by his own, the first by the petition's."""
    return item.notice.petitioner_id or item.petition_id


def _address(item: Waiting, known: _Known) -> tuple[str | None, str]:
    if item.notice.audience is Audience.OFFICE:
        office = known.offices.get(item.notice.office or "")
        return (office.mailbox if office else None), NO_MAILBOX
    contact = _contact(item, known)
    return contact.email, NO_CHANNEL if contact.phone else NO_CONTACT


def _letter(post: Post, item: Waiting, to: str, known: _Known, now: datetime) -> Letter:
    notice = item.notice
    name = template_name(notice.about, notice.audience, notice.language, is_sealed=item.is_sealed)
    identity = message_id(item.id, domain=post.sender.domain)
    facts = _facts(post, item, known, now)
    return Letter(item, name, mail(name, facts, sender=post.sender, to=to, message_id=identity, date=format_datetime(now)))


def _facts(post: Post, item: Waiting, known: _Known, now: datetime) -> dict[str, object]:
    notice = item.notice
    base = post.public_url.rstrip("/")
    language = spoken(notice.language)
    return {
        "due_at": local(item.due_at) if item.due_at else None,
        **notice.facts,
        "name": _contact(item, known).name,
        "office_name": _name(known.offices, notice.office, language),
        "from_office_name": _name(known.offices, notice.facts.get("from_office"), language),
        "to_body": _body(known.offices, notice.facts.get("to_body"), language),
        "answer": (known.answers or {}).get(item.petition_id),
        "link": f"{base}/intake/api/petitions/{notice.facts['code']}",
        "home": base,
        **(_together(item, known, language, now) if is_gathered(notice) else {}),
    }


def _together(item: Waiting, known: _Known, language: str, now: datetime) -> dict[str, object]:
    """Return what a mail tells together. A notice from before notices were gathered tells its own facts, as its only line."""
    notice, gathered = item.notice, known.gathered.get(item.id)
    if gathered is None:
        only = Line(notice.about, notice.facts["code"], {"to_office": notice.office or "", **notice.facts}, None, now)
        gathered = Gathered(now, [only], {notice.about: 1})
    names = {code: _name(known.offices, code, language) for code in known.offices}
    return {**gathered_facts(gathered, language), "names": names}


def _body(offices: Mapping[str, Office], body: str | None, language: str) -> str:
    """Return the name of where a petitioner is guided: a body of the list, an office, or what was written before."""
    return BODIES[language].get(body or "") or _name(offices, body, language)


def _name(offices: Mapping[str, Office], code: str | None, language: str) -> str:
    office = offices.get(code or "")
    if office is None:
        return code or ""
    return office.name_en if language == "en" else office.name_vi
