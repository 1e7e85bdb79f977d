"""Officers, heads and leaders say whether they want the digest of the morning, in which language and where.

Invariant: an address is encrypted from the first moment, and used once who owns it has typed in the code that was sent there.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.notify.domain.delivery import masked
from services.notify.domain.mornings import SEEN_FOR
from services.notify.domain.telling import About, Audience, Notice
from services.notify.handlers.post import Post
from services.notify.store import notices, people
from services.notify.store.notices import Waiting
from services.notify.store.people import Registered
from services.notify.wire.words import VIETNAMESE
from shared.identity import EnvelopeCipher, Principal
from shared.kernel.ids import derived, uuid7
from shared.kernel.refusals import Malformed, Refused, Unknown

CODE_FOR = timedelta(minutes=30)
CODE_PAUSE = timedelta(minutes=1)
GUESSES_MAX = 5
_DIGITS = 10**6
_PURPOSE = b"caunoi/confirm/v1/"


async def shown(post: Post, person: Principal, *, now: datetime) -> dict[str, Any]:
    """Return how somebody is told; looking renews it."""
    _offered(post)
    async with post.database.transaction() as tx:
        found = await people.of(tx.connection, person.actor, is_for_update=True)
        if found is not None:
            found = replace(found, roles=sorted(person.roles), office=person.office, seen_at=now)
            await people.put(tx.connection, found)
    return _shown(post, found or _new(person, now))


async def want(
    post: Post, person: Principal, *, address: str | None, language: str, wants_digest: bool, now: datetime
) -> dict[str, Any]:
    """Keep what somebody wants; a new address is sent a code. Raises Refused (a code was sent a moment ago), Malformed."""
    cipher = _offered(post)
    async with post.database.transaction() as tx:
        found = await people.of(tx.connection, person.actor, is_for_update=True) or _new(person, now)
        wanted = replace(
            found, roles=sorted(person.roles), office=person.office, language=language, wants_digest=wants_digest, seen_at=now
        )
        if address is not None and (not found.is_confirmed or address != _address(post, found)):
            wanted, code = _with_address(wanted, _checked(address), cipher, now)
            await people.put(tx.connection, wanted)
            await notices.add(tx.connection, [(_letter(wanted, code, now), now)], now=now)
        else:
            await people.put(tx.connection, wanted)
    return _shown(post, wanted)


def _with_address(person: Registered, address: str, cipher: EnvelopeCipher, now: datetime) -> tuple[Registered, str]:
    if person.code_ends_at is not None and now < person.code_ends_at - CODE_FOR + CODE_PAUSE:
        raise Refused("a code was sent a moment ago", code="code_sent_before")
    code = f"{secrets.randbelow(_DIGITS):06}"
    sealed = cipher.seal(address.encode(), context=person.id.bytes)
    digest = _digest(cipher, person, code)
    made = replace(person, address=sealed, is_confirmed=False, code_digest=digest, code_ends_at=now + CODE_FOR, guesses=0)
    return made, code


async def confirm(post: Post, person: Principal, code: str, *, now: datetime) -> dict[str, Any]:
    """Use an address from now on. Raises Malformed: another code, or one that is too old or was guessed at too often."""
    cipher = _offered(post)
    async with post.database.transaction() as tx:
        found = await people.of(tx.connection, person.actor, is_for_update=True)
        is_open = (
            found is not None and found.code_ends_at is not None and now < found.code_ends_at and found.guesses < GUESSES_MAX
        )
        is_right = (
            is_open and found is not None and secrets.compare_digest(_digest(cipher, found, code), found.code_digest or b"")
        )
        if found is not None:
            made = replace(found, guesses=found.guesses + 1)
            if is_right:
                made = replace(made, is_confirmed=True, code_digest=None, code_ends_at=None)
            await people.put(tx.connection, made)
            found = made
    if not is_right or found is None:
        remedy = "xem thư vừa nhận, hoặc đăng ký lại địa chỉ · look at the mail, or register the address again"
        errors = [{"field": "code", "reason": "wrong", "remedy": remedy}]
        raise Malformed("not the code that was sent, or too late", code="wrong_code", errors=errors)
    return _shown(post, found)


async def forget(post: Post, actor: str) -> None:
    """Forget somebody and his address. Raises Unknown."""
    async with post.database.transaction() as tx:
        if not await people.drop(tx.connection, actor):
            raise Unknown("nobody of this account has registered", code="not_registered")


async def listed(post: Post) -> list[dict[str, Any]]:
    """Return everybody who registered, addresses masked."""
    async with post.database.reading() as connection:
        found = await people.everybody(connection)
    return [{"account": one.actor, **_shown(post, one)} for one in found]


def _offered(post: Post) -> EnvelopeCipher:
    if post.cipher is None:
        raise Unknown("this city keeps no addresses of its people", code="addresses_not_offered")
    return post.cipher


def _new(person: Principal, now: datetime) -> Registered:
    return Registered(
        actor=person.actor,
        id=uuid7(now),
        roles=sorted(person.roles),
        office=person.office,
        language=VIETNAMESE,
        wants_digest=True,
        address=None,
        is_confirmed=False,
        code_digest=None,
        code_ends_at=None,
        guesses=0,
        seen_at=now,
    )


def _address(post: Post, person: Registered) -> str | None:
    if person.address is None or post.cipher is None:
        return None
    return post.cipher.open(person.address, context=person.id.bytes).decode()


def _shown(post: Post, person: Registered) -> dict[str, Any]:
    address = _address(post, person)
    return {
        "address": masked(address) if address else None,
        "is_confirmed": person.is_confirmed,
        "language": person.language,
        "wants_digest": person.wants_digest,
        "office": person.office,
        "roles": list(person.roles),
        "told_until": person.seen_at + SEEN_FOR,
    }


def _checked(address: str) -> str:
    name, _, domain = address.strip().rpartition("@")
    is_one = name and "." in domain and address.isascii() and address.isprintable() and not set(address) & set(' ,;<>()[]\\"')
    if not is_one:
        remedy = "ghi ten@co-quan.gov.vn · write name@office.gov.vn"
        raise Malformed(
            "no e-mail address", code="bad_address", errors=[{"field": "address", "reason": "wrong", "remedy": remedy}]
        )
    return address.strip()


def _digest(cipher: EnvelopeCipher, person: Registered, code: str) -> bytes:
    return cipher.stamp(_PURPOSE + person.id.bytes + code.strip().encode())


def _letter(person: Registered, code: str, now: datetime) -> Waiting:
    key = derived("address", person.id, now.isoformat())
    notice = Notice(About.ADDRESS, Audience.PERSON, person.office, person.language, {"code": "", "confirmation": code})
    whose = derived("person", person.actor)
    return Waiting(key, whose, notice, is_sealed=False, cause=None, correlation_id=key, traceparent=None, person=person.actor)
