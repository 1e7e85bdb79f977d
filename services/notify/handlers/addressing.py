"""To whom and by which way a notice goes: what he wants and has, what bounced, what is down, and the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.channels import AWAY_MAX, Channel, Preferences, Subscription, is_muted, must_tell, quiet_until, ways
from services.notify.domain.telling import Audience, Gathered
from services.notify.gateways.neighbours import Contact
from services.notify.handlers.post import Away, Post
from services.notify.store.knowledge import Office
from services.notify.store.notices import Waiting
from services.notify.wire.messages import mobile
from services.notify.wire.wordings import Book
from services.notify.wire.words import ZONE
from shared.identity import EnvelopeCipher
from shared.kernel.ids import derived

NO_MAILBOX = "no_mailbox"
NO_CHANNEL = "no_channel"
NO_CONTACT = "no_contact"
NO_ADDRESS = "no_address"
BAD_ADDRESS = "bad_address"
MUTED = "muted"
QUIET = "quiet"
MARK_BYTES = 16
_MARK_PURPOSE = b"caunoi/address/v1/"
_DEFAULT = Preferences()


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out for a batch. `contacts` None: the neighbour does not answer."""

    contacts: Mapping[UUID, Contact] | None
    offices: Mapping[str, Office]
    gathered: Mapping[UUID, Gathered]
    wanted: Mapping[UUID, Preferences]
    browsers: Mapping[UUID, Sequence[Subscription]]
    people: Mapping[str, str]
    bad: frozenset[tuple[UUID, bytes]]
    book: Book


@dataclass(frozen=True, slots=True)
class Way:
    """By this channel, to this address; `has_other`: there is a next one."""

    channel: Channel
    to: str
    mark: bytes | None
    has_other: bool


@dataclass(frozen=True, slots=True)
class NoWay:
    """There is none."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not before this instant."""

    until: datetime
    why: str


def owner_of(item: Waiting) -> UUID:
    """Return by which id intake knows whom to tell: a further petitioner by his own, the first by the petition's.

    An office, or a person of one, has an id of ours.
    """
    match item.notice.audience:
        case Audience.OFFICE:
            return derived("office", item.notice.office)
        case Audience.PERSON:
            return derived("person", item.person)
    return item.notice.petitioner_id or item.petition_id


def mark_of(cipher: EnvelopeCipher | None, channel: Channel, address: str) -> bytes | None:
    """Return a keyed digest of an address, by which the same one is known again."""
    if cipher is None:
        return None
    return cipher.stamp(_MARK_PURPOSE + f"{channel}/{address.strip().lower()}".encode())[:MARK_BYTES]


def way_of(post: Post, item: Waiting, known: Known, *, away: Away, now: datetime) -> Way | NoWay | Later:
    """Decide how a notice goes."""
    owner = owner_of(item)
    wanted = known.wanted.get(owner, _DEFAULT) if item.notice.audience is Audience.PETITIONER else _DEFAULT
    if item.notice.audience is Audience.PETITIONER and is_muted(item.notice.about, wanted, is_sealed=item.is_sealed):
        return NoWay(MUTED)
    addresses, reason = _addresses(post, item, known)
    marks = {channel: mark_of(post.cipher, channel, address) for channel, address in addresses.items()}
    usable = {channel for channel in addresses if (owner, marks[channel]) not in known.bad}
    is_must = must_tell(item.notice.about, is_sealed=item.is_sealed)
    left = ways(wanted, usable, given_up={Channel(name) for name in item.given_up}, is_must=is_must)
    if not left:
        return NoWay(BAD_ADDRESS if addresses and not item.given_up and not usable else reason)
    channel = _there(left, away, now)
    if isinstance(channel, Later):
        return channel
    until = quiet_until(wanted.quiet, channel, now=now, zone=ZONE) if not item.is_urgent else None
    if until is not None and item.notice.audience is Audience.PETITIONER:
        return Later(until, QUIET)
    return Way(channel, addresses[channel], marks[channel], has_other=len(left) > 1)


def _there(left: Sequence[Channel], away: Away, now: datetime) -> Channel | Later:
    """Return the best way that is there; where the best one is down, wait for it a while."""
    best = left[0]
    since = away.get(best)
    if since is None:
        return best
    others = [channel for channel in left if channel not in away]
    patience = since + AWAY_MAX - now
    if others and patience <= timedelta(0):
        return others[0]
    return Later(now + (patience if others else AWAY_MAX), best)


def _addresses(post: Post, item: Waiting, known: Known) -> tuple[dict[Channel, str], str]:
    """Return the addresses of whoever is told, by channel, and what to say where there is none."""
    notice = item.notice
    if notice.audience is Audience.OFFICE:
        office = known.offices.get(notice.office or "")
        return _mail(office.mailbox if office else None), NO_MAILBOX
    if notice.audience is Audience.PERSON:
        return _mail(known.people.get(item.person or "")), NO_ADDRESS
    contact = (known.contacts or {}).get(owner_of(item), Contact())
    number = mobile(contact.phone)
    found = _mail(contact.email) | (dict.fromkeys(post.phones, number) if number else {})
    browsers = known.browsers.get(owner_of(item), ())
    if browsers and post.push is not None:
        found[Channel.PUSH] = ",".join(str(each.id) for each in browsers)
    return found, NO_CHANNEL if contact.phone or contact.email else NO_CONTACT


def _mail(address: str | None) -> dict[Channel, str]:
    return {Channel.EMAIL: address} if address else {}
