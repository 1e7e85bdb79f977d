"""Agencies and their credentials: what nats-server is to be told, and since when it knows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_CREDENTIALS = "id, office, public_key, label, issued_at, issued_by, ends_at, revoked_at, revoked_by, last_seen_at"
_AGENCIES = "a.office, a.account, a.registered_at, a.registered_by, a.generation, a.in_force_at, o.name_vi, o.name_en"
_FROM = f"SELECT {_AGENCIES} FROM agencies a LEFT JOIN offices o ON o.code = a.office"
_SEEN = text(
    """
    UPDATE agency_credentials c SET last_seen_at = greatest(c.last_seen_at, n.at)
    FROM unnest(CAST(:keys AS text[]), CAST(:instants AS timestamptz[])) AS n (public_key, at) WHERE c.public_key = n.public_key
    """
)
_LACKING = text("SELECT office FROM agencies WHERE in_force_at IS NULL ORDER BY office")


@dataclass(frozen=True, slots=True)
class Registered:
    """An agency. `in_force_at` None: nats-server does not know everything yet."""

    office: str
    account: str
    registered_at: datetime
    registered_by: str
    generation: str | None
    in_force_at: datetime | None
    name_vi: str | None = None
    name_en: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client of an agency signs in with. `ends_at`: newer ones take their place then."""

    id: UUID
    office: str
    public_key: str
    label: str | None
    issued_at: datetime
    issued_by: str
    ends_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    last_seen_at: datetime | None = None


async def register(connection: AsyncConnection, agency: Registered) -> bool:
    """Write an agency; False where the office has one."""
    query = text(
        """
        INSERT INTO agencies (office, account, registered_at, registered_by) VALUES (:office, :account, :at, :by)
        ON CONFLICT (office) DO NOTHING RETURNING office
        """
    )
    values = {"office": agency.office, "account": agency.account, "at": agency.registered_at, "by": agency.registered_by}
    return (await connection.execute(query, values)).first() is not None


async def every(connection: AsyncConnection) -> list[Registered]:
    """Return all agencies."""
    return [_agency(row) for row in await connection.execute(text(f"{_FROM} ORDER BY a.office"))]


async def one(connection: AsyncConnection, office: str) -> Registered | None:
    """Return the agency of an office."""
    row = (await connection.execute(text(f"{_FROM} WHERE a.office = :office"), {"office": office})).first()
    return None if row is None else _agency(row)


async def lock(connection: AsyncConnection, office: str) -> Registered | None:
    """Return the agency of an office, and let nobody else change it, or tell nats-server of it, meanwhile."""
    query = text("SELECT office FROM agencies WHERE office = :office FOR UPDATE")
    return await one(connection, office) if (await connection.execute(query, {"office": office})).first() else None


async def lacking(connection: AsyncConnection) -> list[str]:
    """Return the offices of which nats-server does not know everything."""
    return list((await connection.execute(_LACKING)).scalars())


async def put_in_force(connection: AsyncConnection, office: str, *, generation: str | None, at: datetime | None) -> None:
    """Note that nats-server knows everything (None: that it does not)."""
    query = text(
        "UPDATE agencies SET in_force_at = CAST(:at AS timestamptz), generation = coalesce(CAST(:generation AS text), generation)"
        " WHERE office = :office"
    )
    await connection.execute(query, {"office": office, "generation": generation, "at": at})


async def credentials_of(connection: AsyncConnection, offices: Iterable[str]) -> Mapping[str, Sequence[Credentials]]:
    """Return all credentials by office, the newest first."""
    query = text(
        f"SELECT {_CREDENTIALS} FROM agency_credentials WHERE office = ANY(CAST(:offices AS text[])) ORDER BY issued_at DESC, id"
    )
    found: dict[str, list[Credentials]] = {office: [] for office in offices}
    for row in await connection.execute(query, {"offices": list(found)}):
        found[row.office].append(Credentials(*row))
    return found


async def credentials_by_key(connection: AsyncConnection, public_key: str) -> Credentials | None:
    """Return the credentials with a public key."""
    query = text(f"SELECT {_CREDENTIALS} FROM agency_credentials WHERE public_key = :key")
    row = (await connection.execute(query, {"key": public_key})).first()
    return None if row is None else Credentials(*row)


async def issue(connection: AsyncConnection, given: Credentials) -> None:
    """Write new credentials."""
    query = text(
        """
        INSERT INTO agency_credentials (id, office, public_key, label, issued_at, issued_by)
        VALUES (:id, :office, :public_key, :label, :issued_at, :issued_by)
        """
    )
    names = ("id", "office", "public_key", "label", "issued_at", "issued_by")
    await connection.execute(query, {name: getattr(given, name) for name in names})


async def end_others(connection: AsyncConnection, office: str, *, but: UUID, at: datetime) -> None:
    """Have all other credentials of an office end, those sooner that end sooner anyway."""
    query = text(
        """
        UPDATE agency_credentials SET ends_at = least(ends_at, :at)
        WHERE office = :office AND id <> :but AND revoked_at IS NULL
        """
    )
    await connection.execute(query, {"office": office, "but": but, "at": at})


async def ended(connection: AsyncConnection, *, now: datetime) -> list[Credentials]:
    """Return credentials whose end has come and that are not revoked yet."""
    query = text(
        f"SELECT {_CREDENTIALS} FROM agency_credentials WHERE ends_at <= :now AND revoked_at IS NULL ORDER BY office, id"
    )
    return [Credentials(*row) for row in await connection.execute(query, {"now": now})]


async def revoke(connection: AsyncConnection, ids: Iterable[UUID], *, by: str, at: datetime) -> list[Credentials]:
    """Revoke credentials; return those that were not revoked before."""
    query = text(
        f"""
        UPDATE agency_credentials SET revoked_at = :at, revoked_by = :by
        WHERE id = ANY(CAST(:ids AS uuid[])) AND revoked_at IS NULL RETURNING {_CREDENTIALS}
        """
    )
    return [Credentials(*row) for row in await connection.execute(query, {"ids": list(ids), "by": by, "at": at})]


async def note_seen(connection: AsyncConnection, seen: Mapping[str, datetime]) -> None:
    """Write when clients were last connected."""
    if seen:
        await connection.execute(_SEEN, {"keys": list(seen), "instants": list(seen.values())})


def _agency(row: Row[Any]) -> Registered:
    return Registered(
        office=row.office,
        account=row.account,
        registered_at=row.registered_at,
        registered_by=row.registered_by,
        generation=row.generation,
        in_force_at=row.in_force_at,
        name_vi=row.name_vi,
        name_en=row.name_en,
    )
