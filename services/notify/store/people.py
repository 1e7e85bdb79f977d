"""Officers, heads and leaders with an address of their own, the mornings that were told, working days as escalation said them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.mornings import WorkingDays, working_days_from
from shared.identity import Sealed


@dataclass(frozen=True, slots=True)
class Registered:
    """Somebody who registered; the address is encrypted, and used once it is confirmed."""

    actor: str
    id: UUID
    roles: Sequence[str]
    office: str | None
    language: str
    wants_digest: bool
    address: Sealed | None
    is_confirmed: bool
    code_digest: bytes | None
    code_ends_at: datetime | None
    guesses: int
    seen_at: datetime


_COLUMNS = (
    "actor, id, roles, office, language, wants_digest, wrapped_key, nonce, ciphertext, is_confirmed, code_digest, code_ends_at, "
    "guesses, seen_at"
)
_PUT = text(
    f"""
    INSERT INTO people ({_COLUMNS})
    VALUES (:actor, :id, CAST(:roles AS text[]), :office, :language, :wants_digest, :wrapped_key, :nonce, :ciphertext,
        :is_confirmed, :code_digest, :code_ends_at, :guesses, :seen_at)
    ON CONFLICT (actor) DO UPDATE SET roles = excluded.roles, office = excluded.office, language = excluded.language,
        wants_digest = excluded.wants_digest, wrapped_key = excluded.wrapped_key, nonce = excluded.nonce,
        ciphertext = excluded.ciphertext, is_confirmed = excluded.is_confirmed, code_digest = excluded.code_digest,
        code_ends_at = excluded.code_ends_at, guesses = excluded.guesses, seen_at = excluded.seen_at
    """
)


async def put(connection: AsyncConnection, person: Registered) -> None:
    """Write somebody as he is now."""
    sealed = person.address
    values = {
        "actor": person.actor,
        "id": person.id,
        "roles": list(person.roles),
        "office": person.office,
        "language": person.language,
        "wants_digest": person.wants_digest,
        "wrapped_key": sealed.wrapped_key if sealed else None,
        "nonce": sealed.nonce if sealed else None,
        "ciphertext": sealed.ciphertext if sealed else None,
        "is_confirmed": person.is_confirmed,
        "code_digest": person.code_digest,
        "code_ends_at": person.code_ends_at,
        "guesses": person.guesses,
        "seen_at": person.seen_at,
    }
    await connection.execute(_PUT, values)


async def of(connection: AsyncConnection, actor: str, *, is_for_update: bool = False) -> Registered | None:
    """Return somebody by his account."""
    lock = "FOR UPDATE" if is_for_update else ""
    row = (
        await connection.execute(text(f"SELECT {_COLUMNS} FROM people WHERE actor = :actor {lock}"), {"actor": actor})
    ).one_or_none()
    return _registered(row) if row else None


async def drop(connection: AsyncConnection, actor: str) -> bool:
    """Forget somebody; return whether he was there."""
    done = await connection.execute(text("DELETE FROM people WHERE actor = :actor"), {"actor": actor})
    return bool(done.rowcount)


async def everybody(connection: AsyncConnection) -> list[Registered]:
    """Return all who registered."""
    rows = await connection.execute(text(f"SELECT {_COLUMNS} FROM people ORDER BY office, actor"))
    return [_registered(row) for row in rows]


async def to_tell(connection: AsyncConnection, *, seen_after: datetime) -> list[Registered]:
    """Return who wants the digest of the morning, with a confirmed address."""
    query = text(
        f"SELECT {_COLUMNS} FROM people WHERE is_confirmed AND wants_digest AND seen_at > :after AND office <> '' ORDER BY id"
    )
    return [_registered(row) for row in await connection.execute(query, {"after": seen_after})]


def _registered(row: Any) -> Registered:
    sealed = Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)) if row.ciphertext is not None else None
    return Registered(
        row.actor,
        UUID(int=row.id.int),
        list(row.roles),
        row.office,
        row.language,
        row.wants_digest,
        sealed,
        row.is_confirmed,
        bytes(row.code_digest) if row.code_digest is not None else None,
        row.code_ends_at,
        row.guesses,
        row.seen_at,
    )


async def is_told(connection: AsyncConnection, day: date) -> bool:
    """Return whether the morning of a day was told."""
    found = await connection.execute(text("SELECT day FROM mornings WHERE day = :day"), {"day": day})
    return found.first() is not None


async def tell(connection: AsyncConnection, day: date, *, people: int, now: datetime) -> bool:
    """Write that a morning is told; False where somebody else has."""
    query = text(
        "INSERT INTO mornings (day, planned_at, people) VALUES (:day, :now, :people) ON CONFLICT DO NOTHING RETURNING day"
    )
    return (await connection.execute(query, {"day": day, "now": now, "people": people})).first() is not None


async def put_calendars(connection: AsyncConnection, calendars: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Keep working days as escalation told them."""
    query = text(
        """
        INSERT INTO calendars (name, content, is_stale, fetched_at) VALUES (:name, :content, false, :now)
        ON CONFLICT (name) DO UPDATE SET content = excluded.content, is_stale = false, fetched_at = excluded.fetched_at
        """
    )
    kept = ("name", "hours", "days_off", "days_worked", "offices", "jurisdictions")
    for each in calendars:
        working_days_from(each)  # one that cannot be read is not kept
        content = json.dumps({key: each[key] for key in kept if key in each})
        await connection.execute(query, {"name": each["name"], "content": content, "now": now})


async def working_days(connection: AsyncConnection) -> list[WorkingDays]:
    """Return the working days that were told last."""
    rows = await connection.execute(text("SELECT content FROM calendars ORDER BY name"))
    return [working_days_from(json.loads(row.content)) for row in rows]


_REACH = text(
    """
    WITH RECURSIVE reach AS (
        SELECT CAST(:office AS text) AS code UNION SELECT o.code FROM offices o JOIN reach r ON o.parent = r.code
    )
    SELECT r.code FROM reach r ORDER BY r.code
    """
)
_KNOWN = text(
    """
    SELECT p.id, p.is_sealed, 1 + (SELECT count(*) FROM petitioners o WHERE o.petition_id = p.id) AS people,
        EXISTS (SELECT FROM notices n WHERE n.petition_id = p.id AND n.is_urgent) AS is_urgent,
        ARRAY(SELECT actor FROM exclusions e WHERE e.petition_id = p.id) AS excluded
    FROM petitions p WHERE p.id = ANY(CAST(:ids AS uuid[]))
    """
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a digest needs of a petition: whether it may be told at all, to whom not, and what makes it hot."""

    is_sealed: bool
    people: int
    is_urgent: bool
    excluded: frozenset[str]


async def reach(connection: AsyncConnection, office: str) -> list[str]:
    """Return an office and all below it."""
    return list((await connection.execute(_REACH, {"office": office})).scalars())


async def jurisdictions(connection: AsyncConnection) -> dict[str, str]:
    """Return the jurisdiction of each office."""
    rows = await connection.execute(text("SELECT code, jurisdiction FROM offices"))
    return {row.code: row.jurisdiction for row in rows}


async def seen(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Seen]:
    """Return petitions by id; one that is not here is imported."""
    rows = await connection.execute(_KNOWN, {"ids": list(ids)})
    return {UUID(int=row.id.int): Seen(row.is_sealed, row.people, row.is_urgent, frozenset(row.excluded)) for row in rows}
