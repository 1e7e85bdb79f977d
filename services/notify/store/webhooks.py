"""Subscriptions: where an office wants events of its petitions, how its endpoint does, and the secrets that sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.webhook_rules import Health
from services.notify.store.webhook_columns import statement
from shared.identity import Sealed

_COLUMNS = """id, office, url, description, event_types, state, paused_why, paused_at, created_at, created_by, failures,
    failing_since, held_until, is_slow, warned_at, last_success_at, last_failure_at, last_failure"""
_HEALTH = (
    ("failures", "int"),
    ("failing_since", "timestamptz"),
    ("held_until", "timestamptz"),
    ("is_slow", "bool"),
    ("warned_at", "timestamptz"),
    ("last_success_at", "timestamptz"),
    ("last_failure_at", "timestamptz"),
    ("last_failure", "text"),
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription. `event_types` None: all."""

    id: UUID
    office: str
    url: str
    description: str
    event_types: tuple[str, ...] | None
    state: str
    created_at: datetime
    created_by: str
    health: Health
    paused_why: str | None = None
    paused_at: datetime | None = None


async def add(connection: AsyncConnection, webhook: Webhook) -> None:
    """Write a new subscription."""
    query = statement(
        """
        INSERT INTO webhooks (id, office, url, description, event_types, state, created_at, created_by)
        VALUES (:id, :office, :url, :description, CAST(:event_types AS text[]), 'active', :created_at, :created_by)
        """
    )
    values = {
        "id": webhook.id,
        "office": webhook.office,
        "url": webhook.url,
        "description": webhook.description,
        "event_types": _listed(webhook.event_types),
        "created_at": webhook.created_at,
        "created_by": webhook.created_by,
    }
    await connection.execute(query, values)


async def change(connection: AsyncConnection, webhook: Webhook) -> None:
    """Write what a person may change."""
    query = statement(
        "UPDATE webhooks SET url = :url, description = :description, event_types = CAST(:event_types AS text[]) WHERE id = :id"
    )
    values = {"id": webhook.id, "url": webhook.url, "description": webhook.description}
    await connection.execute(query, values | {"event_types": _listed(webhook.event_types)})


async def set_state(connection: AsyncConnection, webhook_id: UUID, state: str, *, why: str | None, now: datetime) -> None:
    """Pause, resume or end a subscription; who is resumed begins with good health."""
    query = statement(
        """
        UPDATE webhooks SET state = :state, paused_why = :why, paused_at = CASE WHEN :is_paused THEN :now END,
            failures = CASE WHEN :is_active THEN 0 ELSE failures END,
            failing_since = CASE WHEN :is_active THEN NULL ELSE failing_since END,
            warned_at = CASE WHEN :is_active THEN NULL ELSE warned_at END,
            held_until = NULL WHERE id = :id
        """
    )
    flags = {"is_paused": state == "paused", "is_active": state == "active"}
    await connection.execute(query, {"id": webhook_id, "state": state, "why": why, "now": now, **flags})


async def get(connection: AsyncConnection, webhook_id: UUID, *, is_locked: bool = False) -> Webhook | None:
    """Return a subscription that was not ended; locked, so that what is said of it is said in order."""
    lock = "FOR UPDATE" if is_locked else ""
    query = statement(f"SELECT {_COLUMNS} FROM webhooks WHERE id = :id AND state <> 'removed' {lock}")
    row = (await connection.execute(query, {"id": webhook_id})).one_or_none()
    return _webhook(row) if row else None


async def by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Webhook]:
    """Return subscriptions by their ids, ended ones too."""
    query = statement(f"SELECT {_COLUMNS} FROM webhooks WHERE id = ANY(CAST(:ids AS uuid[]))")
    return {row.id: _webhook(row) for row in await connection.execute(query, {"ids": list(ids)})}


async def lock(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Webhook]:
    """Return subscriptions, ended ones too, locked in the order of their ids."""
    query = statement(f"SELECT {_COLUMNS} FROM webhooks WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
    return {row.id: _webhook(row) for row in await connection.execute(query, {"ids": list(ids)})}


async def of_offices(connection: AsyncConnection, offices: Sequence[str]) -> dict[str, list[Webhook]]:
    """Return the subscriptions of offices, paused ones too."""
    query = statement(
        f"""
        SELECT {_COLUMNS} FROM webhooks WHERE office = ANY(CAST(:offices AS text[])) AND state <> 'removed'
        ORDER BY created_at, id
        """
    )
    found: dict[str, list[Webhook]] = {}
    for row in await connection.execute(query, {"offices": list(offices)}):
        found.setdefault(row.office, []).append(_webhook(row))
    return found


async def urls(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return where subscriptions want their events."""
    query = statement("SELECT id, url FROM webhooks WHERE id = ANY(CAST(:ids AS uuid[]))")
    return {row.id: row.url for row in await connection.execute(query, {"ids": list(ids)})}


async def put_health(connection: AsyncConnection, health: Mapping[UUID, Health]) -> None:
    """Write how endpoints do: one statement."""
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _HEALTH)
    names = ", ".join(name for name, _ in _HEALTH)
    sets = ", ".join(f"{name} = h.{name}" for name, _ in _HEALTH)
    query = statement(
        f"UPDATE webhooks w SET {sets} FROM unnest(CAST(:ids AS uuid[]), {arrays}) AS h (id, {names}) WHERE w.id = h.id"
    )
    columns = {name: [getattr(item, name) for item in health.values()] for name, _ in _HEALTH}
    await connection.execute(query, {"ids": list(health), **columns})


async def put_secret(
    connection: AsyncConnection, webhook_id: UUID, sealed: Sealed, *, now: datetime, former_ends_at: datetime
) -> None:
    """Write a secret; the one in force before ends, those that have ended are destroyed."""
    ended = statement(
        """
        WITH gone AS (DELETE FROM webhook_secrets WHERE webhook_id = :id AND ends_at <= :now)
        UPDATE webhook_secrets SET ends_at = :ends_at WHERE webhook_id = :id AND (ends_at IS NULL OR ends_at > :ends_at)
        """
    )
    new = statement(
        """
        INSERT INTO webhook_secrets (webhook_id, number, wrapped_key, nonce, ciphertext, created_at)
        SELECT :id, coalesce(max(number), 0) + 1, :wrapped_key, :nonce, :ciphertext, :now
        FROM webhook_secrets WHERE webhook_id = :id
        """
    )
    await connection.execute(ended, {"id": webhook_id, "now": now, "ends_at": former_ends_at})
    parts = {"wrapped_key": sealed.wrapped_key, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
    await connection.execute(new, {"id": webhook_id, "now": now, **parts})


async def secrets(
    connection: AsyncConnection, ids: Sequence[UUID], *, now: datetime
) -> dict[UUID, list[tuple[Sealed, datetime | None]]]:
    """Return the secrets in force, newest first, each with its end."""
    query = statement(
        """
        SELECT webhook_id, wrapped_key, nonce, ciphertext, ends_at FROM webhook_secrets
        WHERE webhook_id = ANY(CAST(:ids AS uuid[])) AND (ends_at IS NULL OR ends_at > :now) ORDER BY webhook_id, number DESC
        """
    )
    found: dict[UUID, list[tuple[Sealed, datetime | None]]] = {}
    for row in await connection.execute(query, {"ids": list(ids), "now": now}):
        sealed = Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext))
        found.setdefault(row.webhook_id, []).append((sealed, row.ends_at))
    return found


async def drop_secrets(connection: AsyncConnection, webhook_id: UUID) -> None:
    """Destroy the secrets of a subscription that was ended."""
    await connection.execute(statement("DELETE FROM webhook_secrets WHERE webhook_id = :id"), {"id": webhook_id})


async def last_version(connection: AsyncConnection, webhook_id: UUID) -> int:
    """Return the version of what was said last of a subscription; nobody says more of it before this transaction ends."""
    query = statement("SELECT version FROM event_heads WHERE aggregate_id = :id FOR UPDATE")
    return int((await connection.execute(query, {"id": webhook_id})).scalar_one_or_none() or 0)


async def offices_above(connection: AsyncConnection, office: str) -> tuple[str, ...]:
    """Return an office and those above it, nearest first; none where the directory does not know it."""
    query = statement(
        """
        WITH RECURSIVE above AS (
            SELECT code, parent, 0 AS rung FROM offices WHERE code = :office
            UNION SELECT o.code, o.parent, a.rung + 1 FROM offices o JOIN above a ON o.code = a.parent
        )
        SELECT code FROM above ORDER BY rung
        """
    )
    return tuple((await connection.execute(query, {"office": office})).scalars())


def _listed(event_types: tuple[str, ...] | None) -> list[str] | None:
    return None if event_types is None else list(event_types)


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=UUID(int=row.id.int),
        office=row.office,
        url=row.url,
        description=row.description,
        event_types=None if row.event_types is None else tuple(row.event_types),
        state=row.state,
        created_at=row.created_at,
        created_by=row.created_by,
        health=Health(**{name: getattr(row, name) for name, _ in _HEALTH}),
        paused_why=row.paused_why,
        paused_at=row.paused_at,
    )
