"""The only SQL of this service: what is known, what is to be sent, what was tried."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, Row, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import Notice, Petition
from shared.contracts import Cause
from shared.contracts.routing import OfficeRegisteredV1
from shared.persistence import bulk

_INSTANT = DateTime(timezone=True)
_metadata = MetaData()
_PETITIONS = Table(
    "petitions",
    _metadata,
    Column("id", Uuid),
    Column("code", Text),
    Column("language", Text),
    Column("is_reachable", Boolean),
    Column("is_sealed", Boolean),
    Column("office", Text),
)
_OFFICES = Table(
    "offices", _metadata, Column("code", Text), Column("name_vi", Text), Column("name_en", Text), Column("mailbox", Text)
)
_NOTICES = Table(
    "notices",
    _metadata,
    Column("id", Uuid),
    Column("petition_id", Uuid),
    Column("about", Text),
    Column("audience", Text),
    Column("office", Text),
    Column("language", Text),
    Column("facts", Text),
    Column("is_sealed", Boolean),
    Column("cause_id", Uuid),
    Column("cause_source", Text),
    Column("cause_version", Integer),
    Column("correlation_id", Uuid),
    Column("traceparent", Text),
    Column("created_at", _INSTANT),
    Column("state", Text),
    Column("attempts", Integer),
    Column("next_try_at", _INSTANT),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is to be sent, with what it answers and how often it was tried."""

    id: UUID
    petition_id: UUID
    notice: Notice
    is_sealed: bool
    cause: Cause
    correlation_id: UUID
    traceparent: str | None
    attempts: int
    broken_off: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """Where an office is told."""

    name_vi: str
    name_en: str
    mailbox: str | None


async def put_offices(connection: AsyncConnection, offices: Sequence[OfficeRegisteredV1]) -> None:
    """Write entries of the directory; the last one of an office counts."""
    latest = {office.code: office for office in offices}
    rows = [{"code": o.code, "name_vi": o.name_vi, "name_en": o.name_en, "mailbox": o.mailbox} for _, o in sorted(latest.items())]
    changed = (
        "ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en, mailbox = excluded.mailbox"
    )
    await bulk.insert(connection, _OFFICES, rows, on_conflict=changed)


async def offices(connection: AsyncConnection, codes: Iterable[str]) -> Mapping[str, Office]:
    """Return offices by code."""
    query = text("SELECT code, name_vi, name_en, mailbox FROM offices WHERE code = ANY(CAST(:codes AS text[]))")
    return {
        row.code: Office(row.name_vi, row.name_en, row.mailbox) for row in await connection.execute(query, {"codes": list(codes)})
    }


async def put_petitions(connection: AsyncConnection, petitions: Mapping[UUID, Petition]) -> None:
    """Write petitions that are new, and the office of those that moved."""
    rows = [
        {
            "id": key,
            "code": petition.code,
            "language": petition.language,
            "is_reachable": petition.is_reachable,
            "is_sealed": petition.is_sealed,
            "office": petition.office,
        }
        for key, petition in sorted(petitions.items(), key=lambda item: item[0].bytes)
    ]
    await bulk.insert(connection, _PETITIONS, rows, on_conflict="ON CONFLICT (id) DO UPDATE SET office = excluded.office")


async def petitions(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Petition]:
    """Return petitions by id. One that is not here is imported: nobody is told about it."""
    query = text("SELECT id, code, language, is_reachable, is_sealed, office FROM petitions WHERE id = ANY(CAST(:ids AS uuid[]))")
    rows = await connection.execute(query, {"ids": list(ids)})
    return {row.id: Petition(row.code, row.language, row.is_reachable, row.is_sealed, row.office) for row in rows}


async def petition_by_code(connection: AsyncConnection, code: str) -> tuple[UUID, str | None] | None:
    """Return id and office of the petition with the code."""
    row = (await connection.execute(text("SELECT id, office FROM petitions WHERE code = :c"), {"c": code})).one_or_none()
    return (row.id, row.office) if row else None


async def add(connection: AsyncConnection, waiting: Sequence[Waiting], *, now: datetime) -> None:
    """Write notices to be sent; one that is there already is left alone."""
    rows = [
        {
            "id": item.id,
            "petition_id": item.petition_id,
            "about": item.notice.about,
            "audience": item.notice.audience,
            "office": item.notice.office,
            "language": item.notice.language,
            "facts": json.dumps(dict(item.notice.facts), ensure_ascii=False),
            "is_sealed": item.is_sealed,
            "cause_id": item.cause.event_id,
            "cause_source": item.cause.source,
            "cause_version": item.cause.version,
            "correlation_id": item.correlation_id,
            "traceparent": item.traceparent,
            "created_at": now,
            "state": "waiting",
            "attempts": 0,
            "next_try_at": now,
        }
        for item in waiting
    ]
    await bulk.insert(connection, _NOTICES, rows, on_conflict="ON CONFLICT (id) DO NOTHING")


_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM notices WHERE state = 'waiting' AND next_try_at <= :now
        ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE notices n SET next_try_at = :lease_ends FROM due WHERE n.id = due.id
    RETURNING n.id, n.petition_id, n.about, n.audience, n.office, n.language, n.facts, n.is_sealed, n.cause_id, n.cause_source,
        n.cause_version, n.correlation_id, n.traceparent, n.attempts,
        EXISTS (SELECT 1 FROM attempts a WHERE a.notice_id = n.id AND a.ended_at IS NULL) AS broken_off
    """
)


async def claim(connection: AsyncConnection, *, now: datetime, lease_ends: datetime, limit: int) -> list[Waiting]:
    """Take notices that are due; nobody else takes them before `lease_ends`."""
    rows = await connection.execute(_CLAIM, {"now": now, "lease_ends": lease_ends, "limit": limit})
    return [_waiting(row) for row in rows]


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(
        id=row.id,
        petition_id=row.petition_id,
        notice=Notice(row.about, row.audience, row.office, row.language, json.loads(row.facts)),
        is_sealed=row.is_sealed,
        cause=Cause(event_id=row.cause_id, source=row.cause_source, version=row.cause_version),
        correlation_id=row.correlation_id,
        traceparent=row.traceparent,
        attempts=row.attempts,
        broken_off=row.broken_off,
    )


_START = text(
    """
    WITH n AS (
        UPDATE notices SET attempts = attempts + 1 WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING id, attempts
    ), t AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:templates AS text[])) AS t (id, template))
    INSERT INTO attempts (notice_id, number, template, started_at)
    SELECT n.id, n.attempts, t.template, :now FROM n JOIN t USING (id)
    """
)


async def start_attempts(connection: AsyncConnection, templates: Mapping[UUID, str], *, now: datetime) -> None:
    """Write down that these notices are about to be handed to the mail server."""
    await connection.execute(_START, {"ids": list(templates), "templates": list(templates.values()), "now": now})


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt, or the notice itself, ended."""

    id: UUID
    state: str
    outcome: str
    smtp_code: int | None = None
    reason: str | None = None
    next_try_at: datetime | None = None


_END = text(
    """
    WITH e AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:outcomes AS text[]), CAST(:codes AS int[]),
            CAST(:reasons AS text[]), CAST(:tries AS timestamptz[])) AS e (id, state, outcome, smtp_code, reason, next_try_at)
    ), a AS (
        UPDATE attempts a SET ended_at = :now, outcome = e.outcome, smtp_code = e.smtp_code
        FROM e JOIN notices n ON n.id = e.id WHERE a.notice_id = e.id AND a.number = n.attempts
    )
    UPDATE notices n SET state = e.state, reason = e.reason, next_try_at = e.next_try_at,
        settled_at = CASE WHEN e.state = 'waiting' THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM e WHERE n.id = e.id
    """
)


async def end(connection: AsyncConnection, ended: Sequence[Ended], *, now: datetime) -> None:
    """Write down how attempts ended: one statement."""
    values = {
        "ids": [item.id for item in ended],
        "states": [item.state for item in ended],
        "outcomes": [item.outcome for item in ended],
        "codes": [item.smtp_code for item in ended],
        "reasons": [item.reason for item in ended],
        "tries": [item.next_try_at for item in ended],
        "now": now,
    }
    await connection.execute(_END, values)


_LOG = """
    SELECT n.id, p.code, n.about, n.audience, n.office, n.language, n.state, n.reason, n.attempts, n.created_at, n.settled_at,
        n.next_try_at,
        (SELECT json_agg(json_build_object('number', a.number, 'template', a.template, 'started_at', a.started_at,
            'ended_at', a.ended_at, 'outcome', coalesce(a.outcome, 'broken_off'), 'smtp_code', a.smtp_code) ORDER BY a.number)
         FROM attempts a WHERE a.notice_id = n.id) AS log
    FROM notices n JOIN petitions p ON p.id = n.petition_id
"""


async def log_of(connection: AsyncConnection, petition_id: UUID) -> list[Mapping[str, Any]]:
    """Return the notices about a petition with every attempt, oldest first."""
    rows = await connection.execute(text(f"{_LOG} WHERE n.petition_id = :id ORDER BY n.created_at, n.id"), {"id": petition_id})
    return [dict(row) for row in rows.mappings()]


async def log_in_state(connection: AsyncConnection, state: str, *, limit: int) -> list[Mapping[str, Any]]:
    """Return the latest notices in a state."""
    query = f"{_LOG} WHERE n.state = :state ORDER BY n.created_at DESC, n.id LIMIT :limit"
    rows = await connection.execute(text(query), {"state": state, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def count_waiting(connection: AsyncConnection) -> int:
    """Return how many notices wait to be sent."""
    return int((await connection.execute(text("SELECT count(*) FROM notices WHERE state = 'waiting'"))).scalar_one())
