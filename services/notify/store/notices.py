"""Notices on their way: added with what was heard, claimed by one replica at a time, each attempt begun and ended.

Invariant: an attempt is begun only by who knows how many there were, so two replicas never hand over the same notice because a
lease ran out; and it is begun before the mail server is asked, so one without an end may have arrived.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import About, Audience, Notice
from services.notify.store.tables import NOTICES
from shared.contracts import Cause
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is to be sent, with what it answers and how often it was tried.

    `is_uncertain`: an earlier attempt has no known end, so that the mail may have arrived already.
    """

    id: UUID
    petition_id: UUID
    notice: Notice
    is_sealed: bool
    cause: Cause
    correlation_id: UUID
    traceparent: str | None
    due_at: datetime | None = None
    attempts: int = 0
    is_uncertain: bool = False


async def add(connection: AsyncConnection, waiting: Sequence[tuple[Waiting, datetime]], *, now: datetime) -> None:
    """Write notices, each to be sent from its instant on; one that is there already is left alone."""
    rows = [
        {
            "id": item.id,
            "petition_id": item.petition_id,
            "petitioner_id": item.notice.petitioner_id,
            "about": item.notice.about,
            "audience": item.notice.audience,
            "office": item.notice.office,
            "language": item.notice.language,
            "facts": json.dumps(dict(item.notice.facts), ensure_ascii=False),
            "due_at": item.due_at,
            "is_sealed": item.is_sealed,
            "cause_id": item.cause.event_id,
            "cause_source": item.cause.source,
            "cause_version": item.cause.version,
            "correlation_id": item.correlation_id,
            "traceparent": item.traceparent,
            "created_at": now,
            "state": "waiting",
            "attempts": item.attempts,
            "next_try_at": from_at,
        }
        for item, from_at in waiting
    ]
    await bulk.insert(connection, NOTICES, rows, on_conflict="ON CONFLICT (id) DO NOTHING")


_TELL_DUE = text(
    """
    UPDATE notices n SET due_at = d.due_at, next_try_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:due AS timestamptz[])) AS d (id, due_at)
    WHERE n.id = d.id AND n.state = 'waiting' AND n.attempts = 0 AND n.due_at IS NULL
        AND n.next_try_at = n.created_at + CAST(:held AS interval)
    """
)


async def tell_due(connection: AsyncConnection, due: Mapping[UUID, datetime], *, held: timedelta, now: datetime) -> None:
    """Write the due moment into notices that are `held` for it, and let them go."""
    if due:
        values = {"ids": list(due), "due": list(due.values()), "held": held, "now": now}
        await connection.execute(_TELL_DUE, values)


_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM notices WHERE state = 'waiting' AND next_try_at <= :now
        ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE notices n SET next_try_at = :lease_ends FROM due WHERE n.id = due.id
    RETURNING n.id, n.petition_id, n.petitioner_id, n.about, n.audience, n.office, n.language, n.facts, n.due_at, n.is_sealed,
        n.cause_id,
        n.cause_source, n.cause_version, n.correlation_id, n.traceparent, n.attempts,
        n.attempts > 0 AND EXISTS (
            SELECT 1 FROM attempts a WHERE a.notice_id = n.id AND (a.ended_at IS NULL OR a.is_unknown)
        ) AS is_uncertain
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
        notice=Notice(
            About(row.about), Audience(row.audience), row.office, row.language, json.loads(row.facts), row.petitioner_id
        ),
        is_sealed=row.is_sealed,
        cause=Cause(event_id=row.cause_id, source=row.cause_source, version=row.cause_version),
        correlation_id=row.correlation_id,
        traceparent=row.traceparent,
        due_at=row.due_at,
        attempts=row.attempts,
        is_uncertain=row.is_uncertain,
    )


async def put_back(connection: AsyncConnection, ids: Sequence[UUID], *, until: datetime) -> None:
    """Give up a claim: these notices are to be looked at again at `until`."""
    query = text("UPDATE notices SET next_try_at = :until WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting'")
    await connection.execute(query, {"ids": list(ids), "until": until})


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that begins: its number, from which template, to whom (masked)."""

    id: UUID
    number: int
    template: str
    sent_to: str


_BEGIN = text(
    """
    WITH b AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:templates AS text[]), CAST(:to AS text[]))
            AS b (id, number, template, sent_to)
    ), mine AS (
        UPDATE notices n SET attempts = b.number, next_try_at = :lease_ends FROM b
        WHERE n.id = b.id AND n.attempts = b.number - 1 AND n.state = 'waiting' RETURNING n.id
    )
    INSERT INTO attempts (notice_id, number, template, sent_to, started_at)
    SELECT b.id, b.number, b.template, b.sent_to, :now FROM b JOIN mine USING (id) RETURNING notice_id
    """
)


async def begin(connection: AsyncConnection, begun: Sequence[Begun], *, now: datetime, lease_ends: datetime) -> set[UUID]:
    """Write down that these attempts begin; return those that are ours to make: somebody else may have been quicker."""
    values = {
        "ids": [item.id for item in begun],
        "numbers": [item.number for item in begun],
        "templates": [item.template for item in begun],
        "to": [item.sent_to for item in begun],
        "now": now,
        "lease_ends": lease_ends,
    }
    return set((await connection.execute(_BEGIN, values)).scalars())


@dataclass(frozen=True, slots=True)
class Ended:
    """How the last attempt ended, and what it makes of the notice; or what becomes of a notice that was not tried (again)."""

    id: UUID
    number: int
    state: str
    outcome: str
    ended_at: datetime
    smtp_code: int | None = None
    reason: str | None = None
    next_try_at: datetime | None = None
    is_unknown: bool = False
    is_tried: bool = True


_END = text(
    """
    WITH e AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:states AS text[]), CAST(:outcomes AS text[]),
            CAST(:ended AS timestamptz[]), CAST(:codes AS int[]), CAST(:reasons AS text[]), CAST(:tries AS timestamptz[]),
            CAST(:unknown AS bool[]), CAST(:tried AS bool[]))
            AS e (id, number, state, outcome, ended_at, smtp_code, reason, next_try_at, is_unknown, is_tried)
    ), a AS (
        UPDATE attempts a SET ended_at = e.ended_at, outcome = e.outcome, smtp_code = e.smtp_code, is_unknown = e.is_unknown
        FROM e WHERE a.notice_id = e.id AND a.number = e.number AND e.is_tried
    )
    UPDATE notices n SET state = e.state, reason = e.reason, next_try_at = e.next_try_at,
        settled_at = CASE WHEN e.state = 'waiting' THEN NULL ELSE e.ended_at END
    FROM e WHERE n.id = e.id AND n.attempts = e.number AND n.state = 'waiting' RETURNING n.id
    """
)


async def end(connection: AsyncConnection, ended: Sequence[Ended]) -> set[UUID]:
    """Write down how attempts ended: one statement; return the notices that this settles or puts off."""
    values = {
        "ids": [item.id for item in ended],
        "numbers": [item.number for item in ended],
        "states": [item.state for item in ended],
        "outcomes": [item.outcome for item in ended],
        "ended": [item.ended_at for item in ended],
        "codes": [item.smtp_code for item in ended],
        "reasons": [item.reason for item in ended],
        "tries": [item.next_try_at for item in ended],
        "unknown": [item.is_unknown for item in ended],
        "tried": [item.is_tried for item in ended],
    }
    return set((await connection.execute(_END, values)).scalars())
