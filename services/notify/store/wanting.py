"""What people want and where they are told beside what intake keeps: preferences, browsers, addresses of officers, bad ones."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.channels import Channel, Preferences, Quiet, Subscription
from services.notify.domain.telling import About
from shared.identity import EnvelopeCipher, Sealed

BROWSERS_MAX = 5
"""Of one petitioner; a further one takes the place of the oldest."""


async def preferences(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Preferences]:
    """Return what petitioners want who have said it."""
    if not ids:
        return {}
    query = text("SELECT petitioner_id, wanted FROM preferences WHERE petitioner_id = ANY(CAST(:ids AS uuid[]))")
    rows = await connection.execute(query, {"ids": list(ids)})
    return {UUID(int=row.petitioner_id.int): wanted_from(json.loads(row.wanted)) for row in rows}


def wanted_from(written: Mapping[str, Any]) -> Preferences:
    """Return preferences as they were written down."""
    quiet = written["quiet"]
    return Preferences(
        tuple(Channel(name) for name in written["channels"]),
        written["language"],
        frozenset(About(name) for name in written["muted"]),
        Quiet(time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1]), frozenset(Channel(name) for name in quiet[2]))
        if quiet
        else None,
    )


def written_down(wanted: Preferences) -> dict[str, Any]:
    """Return preferences as they are written down."""
    quiet = wanted.quiet
    return {
        "channels": list(wanted.channels),
        "language": wanted.language,
        "muted": sorted(wanted.muted),
        "quiet": [quiet.begins.isoformat("minutes"), quiet.ends.isoformat("minutes"), sorted(quiet.channels)] if quiet else None,
    }


async def put_preferences(
    connection: AsyncConnection, petitioner_id: UUID, petition_id: UUID, wanted: Preferences, *, now: datetime
) -> None:
    """Write what a petitioner wants."""
    query = text(
        """
        INSERT INTO preferences (petitioner_id, petition_id, wanted, updated_at) VALUES (:id, :petition, :wanted, :now)
        ON CONFLICT (petitioner_id) DO UPDATE SET wanted = excluded.wanted, updated_at = excluded.updated_at
        """
    )
    values = {"id": petitioner_id, "petition": petition_id, "wanted": json.dumps(written_down(wanted)), "now": now}
    await connection.execute(query, values)


async def bad(connection: AsyncConnection, owners: Collection[UUID]) -> frozenset[tuple[UUID, bytes]]:
    """Return the addresses that bounced, each with whose it is."""
    if not owners:
        return frozenset()
    query = text("SELECT owner_id, mark FROM bad_addresses WHERE owner_id = ANY(CAST(:ids AS uuid[]))")
    rows = await connection.execute(query, {"ids": list(owners)})
    return frozenset((UUID(int=row.owner_id.int), bytes(row.mark)) for row in rows)


async def browsers(
    connection: AsyncConnection, ids: Collection[UUID], cipher: EnvelopeCipher | None
) -> dict[UUID, list[Subscription]]:
    """Return the browsers of petitioners."""
    if not ids or cipher is None:
        return {}
    query = text("SELECT * FROM subscriptions WHERE petitioner_id = ANY(CAST(:ids AS uuid[])) ORDER BY created_at, id")
    found: dict[UUID, list[Subscription]] = {}
    for row in await connection.execute(query, {"ids": list(ids)}):
        sealed = Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext))
        opened = json.loads(cipher.open(sealed, context=row.id.bytes))
        mine = Subscription(UUID(int=row.id.int), opened["endpoint"], opened["p256dh"], opened["auth"])
        found.setdefault(UUID(int=row.petitioner_id.int), []).append(mine)
    return found


async def subscribe(
    connection: AsyncConnection,
    browser: Subscription,
    petitioner_id: UUID,
    petition_id: UUID,
    *,
    cipher: EnvelopeCipher,
    now: datetime,
) -> None:
    """Write a browser; the same one again changes nothing but its keys, and the oldest beyond BROWSERS_MAX is forgotten."""
    plain = json.dumps({"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}).encode()
    sealed = cipher.seal(plain, context=browser.id.bytes)
    query = text(
        """
        INSERT INTO subscriptions (id, petitioner_id, petition_id, wrapped_key, nonce, ciphertext, created_at)
        VALUES (:id, :petitioner, :petition, :wrapped_key, :nonce, :ciphertext, :now)
        ON CONFLICT (id) DO UPDATE SET wrapped_key = excluded.wrapped_key, nonce = excluded.nonce,
            ciphertext = excluded.ciphertext
        """
    )
    values = {
        "id": browser.id,
        "petitioner": petitioner_id,
        "petition": petition_id,
        "wrapped_key": sealed.wrapped_key,
        "nonce": sealed.nonce,
        "ciphertext": sealed.ciphertext,
        "now": now,
    }
    await connection.execute(query, values)
    oldest = text(
        """
        DELETE FROM subscriptions WHERE id IN (
            SELECT id FROM subscriptions WHERE petitioner_id = :petitioner ORDER BY created_at DESC, id OFFSET :most
        )
        """
    )
    await connection.execute(oldest, {"petitioner": petitioner_id, "most": BROWSERS_MAX})


async def unsubscribe(connection: AsyncConnection, ids: Collection[UUID]) -> int:
    """Forget browsers; return how many were there."""
    if not ids:
        return 0
    gone = text("DELETE FROM subscriptions WHERE id = ANY(CAST(:ids AS uuid[]))")
    return int((await connection.execute(gone, {"ids": list(ids)})).rowcount)


async def addresses(connection: AsyncConnection, actors: Sequence[str], cipher: EnvelopeCipher | None) -> dict[str, str]:
    """Return the addresses that people registered, by account."""
    if not actors or cipher is None:
        return {}
    query = text(
        "SELECT actor, id, wrapped_key, nonce, ciphertext FROM people WHERE actor = ANY(CAST(:actors AS text[])) "
        "AND ciphertext IS NOT NULL"
    )
    rows = await connection.execute(query, {"actors": list(actors)})
    return {
        row.actor: cipher.open(
            Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)), context=row.id.bytes
        ).decode()
        for row in rows
    }


_OWNERS = text(
    """
    SELECT unnest(CAST(:petitioners AS uuid[])) UNION SELECT unnest(CAST(:petitions AS uuid[]))
    UNION SELECT id FROM petitioners WHERE petition_id = ANY(CAST(:petitions AS uuid[]))
    UNION SELECT petitioner_id FROM preferences WHERE petition_id = ANY(CAST(:petitions AS uuid[]))
    UNION SELECT petitioner_id FROM subscriptions WHERE petition_id = ANY(CAST(:petitions AS uuid[]))
    """
)
_FORGET = (
    "DELETE FROM preferences WHERE petitioner_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM subscriptions WHERE petitioner_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM bad_addresses WHERE owner_id = ANY(CAST(:ids AS uuid[]))",
)


async def forget(connection: AsyncConnection, *, petitions: Sequence[UUID], petitioners: Sequence[UUID]) -> None:
    """Forget what all petitioners of some petitions wanted, and what some petitioners wanted."""
    if not petitions and not petitioners:
        return
    rows = await connection.execute(_OWNERS, {"petitions": list(petitions), "petitioners": list(petitioners)})
    ids = [UUID(int=row[0].int) for row in rows]
    for statement in _FORGET:
        await connection.execute(text(statement), {"ids": ids})
