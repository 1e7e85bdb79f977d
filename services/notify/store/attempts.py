"""Notices that are due, claimed by one replica at a time, each attempt begun and ended.

Invariant: an attempt is begun only by who knows how many there were, so two replicas never hand over the same notice because a
lease ran out; and it is begun before the mail server is asked, so one without an end may have arrived.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import About, Audience, Notice
from services.notify.store.notices import Waiting
from shared.contracts import Cause

_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM notices WHERE state = 'waiting' AND next_try_at <= :now
        ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE notices n SET next_try_at = :lease_ends, held_for = NULL FROM due WHERE n.id = due.id
    RETURNING n.id, n.petition_id, n.petitioner_id, n.about, n.audience, n.office, n.language, n.facts, n.due_at, n.is_sealed,
        n.cause_id, n.cause_source, n.cause_version, n.correlation_id, n.traceparent, n.attempts, n.is_urgent, n.channel,
        n.tries, n.given_up, n.round, n.person, n.reason,
        n.attempts > 0 AND EXISTS (
            SELECT 1 FROM attempts a WHERE a.notice_id = n.id AND (a.ended_at IS NULL OR a.is_unknown)
        ) AS is_uncertain,
        CASE WHEN n.attempts > 0
            THEN (SELECT template FROM attempts a WHERE a.notice_id = n.id AND a.number = n.attempts) END AS pinned
    """
)


async def claim(connection: AsyncConnection, *, now: datetime, lease_ends: datetime, limit: int) -> list[Waiting]:
    """Take notices that are due; nobody else takes them before `lease_ends`."""
    rows = await connection.execute(_CLAIM, {"now": now, "lease_ends": lease_ends, "limit": limit})
    return [waiting_from(row) for row in rows]


def waiting_from(row: Row[Any]) -> Waiting:
    """Return the notice of a row."""
    return Waiting(
        id=row.id,
        petition_id=row.petition_id,
        notice=Notice(
            About(row.about), Audience(row.audience), row.office, row.language, json.loads(row.facts), row.petitioner_id
        ),
        is_sealed=row.is_sealed,
        cause=Cause(event_id=row.cause_id, source=row.cause_source, version=row.cause_version) if row.cause_id else None,
        correlation_id=row.correlation_id,
        traceparent=row.traceparent,
        due_at=row.due_at,
        attempts=row.attempts,
        is_uncertain=row.is_uncertain,
        is_urgent=row.is_urgent,
        channel=row.channel,
        tries=row.tries,
        given_up=frozenset(row.given_up),
        pinned=row.pinned,
        round=row.round,
        person=row.person,
        reason=row.reason,
    )


async def put_back(connection: AsyncConnection, ids: Sequence[UUID], *, until: datetime) -> None:
    """Give up a claim: these notices are to be looked at again at `until`."""
    query = text("UPDATE notices SET next_try_at = :until WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting'")
    await connection.execute(query, {"ids": list(ids), "until": until})


@dataclass(frozen=True, slots=True)
class Held:
    """A notice that waits for the end of quiet hours, or for a channel that is down (`why` is its name)."""

    id: UUID
    until: datetime
    why: str


_HOLD = text(
    """
    UPDATE notices n SET next_try_at = h.until, held_for = h.why
    FROM unnest(CAST(:ids AS uuid[]), CAST(:until AS timestamptz[]), CAST(:why AS text[])) AS h (id, until, why)
    WHERE n.id = h.id AND n.state = 'waiting'
    """
)


async def hold(connection: AsyncConnection, held: Sequence[Held]) -> None:
    """Put notices by, each until its instant."""
    values = {"ids": [item.id for item in held], "until": [item.until for item in held], "why": [item.why for item in held]}
    await connection.execute(_HOLD, values)


async def release(connection: AsyncConnection, why: Sequence[str], *, now: datetime) -> None:
    """Let go what waits for one of these reasons."""
    query = text(
        """
        UPDATE notices SET next_try_at = :now, held_for = NULL
        WHERE state = 'waiting' AND held_for = ANY(CAST(:why AS text[])) AND next_try_at > :now
        """
    )
    await connection.execute(query, {"why": list(why), "now": now})


async def release_petitioner(connection: AsyncConnection, petitioner_id: UUID, *, now: datetime) -> None:
    """Let go what a petitioner is to be told, and look anew how."""
    query = text(
        """
        UPDATE notices SET next_try_at = :now, held_for = NULL WHERE state = 'waiting' AND held_for IS NOT NULL
            AND audience = 'petitioner' AND coalesce(petitioner_id, petition_id) = :id
        """
    )
    await connection.execute(query, {"id": petitioner_id, "now": now})


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that begins: its number, from which wording, by which channel, to whom (masked, and as a keyed digest)."""

    id: UUID
    number: int
    template: str
    sent_to: str
    channel: str = "email"
    mark: bytes | None = None


_BEGIN = text(
    """
    WITH b AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:templates AS text[]), CAST(:to AS text[]),
            CAST(:channels AS text[]), CAST(:marks AS bytea[])) AS b (id, number, template, sent_to, channel, mark)
    ), mine AS (
        UPDATE notices n SET attempts = b.number, next_try_at = :lease_ends, channel = b.channel,
            tries = CASE WHEN n.channel = b.channel OR n.channel IS NULL THEN n.tries ELSE 0 END + 1
        FROM b WHERE n.id = b.id AND n.attempts = b.number - 1 AND n.state = 'waiting' RETURNING n.id
    )
    INSERT INTO attempts (notice_id, number, template, sent_to, channel, mark, started_at)
    SELECT b.id, b.number, b.template, b.sent_to, b.channel, b.mark, :now FROM b JOIN mine USING (id) RETURNING notice_id
    """
)


async def begin(connection: AsyncConnection, begun: Sequence[Begun], *, now: datetime, lease_ends: datetime) -> set[UUID]:
    """Write down that these attempts begin; return those that are ours to make: somebody else may have been quicker."""
    values = {
        "ids": [item.id for item in begun],
        "numbers": [item.number for item in begun],
        "templates": [item.template for item in begun],
        "to": [item.sent_to for item in begun],
        "channels": [item.channel for item in begun],
        "marks": [item.mark for item in begun],
        "now": now,
        "lease_ends": lease_ends,
    }
    return set((await connection.execute(_BEGIN, values)).scalars())


@dataclass(frozen=True, slots=True)
class Ended:
    """How the last attempt ended, and what it makes of the notice; or what becomes of a notice that was not tried (again).

    `gives_up` is a channel that will not be tried again for it.
    """

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
    gives_up: str | None = None
    provider_id: str | None = None


_END = text(
    """
    WITH e AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:states AS text[]), CAST(:outcomes AS text[]),
            CAST(:ended AS timestamptz[]), CAST(:codes AS int[]), CAST(:reasons AS text[]), CAST(:tries AS timestamptz[]),
            CAST(:unknown AS bool[]), CAST(:tried AS bool[]), CAST(:gives_up AS text[]), CAST(:provider_ids AS text[]))
            AS e (id, number, state, outcome, ended_at, smtp_code, reason, next_try_at, is_unknown, is_tried, gives_up,
                provider_id)
    ), a AS (
        UPDATE attempts a SET ended_at = e.ended_at, outcome = e.outcome, smtp_code = e.smtp_code, is_unknown = e.is_unknown,
            provider_id = e.provider_id
        FROM e WHERE a.notice_id = e.id AND a.number = e.number AND e.is_tried
    )
    UPDATE notices n SET state = e.state, reason = e.reason, next_try_at = e.next_try_at,
        settled_at = CASE WHEN e.state = 'waiting' THEN NULL ELSE e.ended_at END,
        tries = CASE WHEN e.gives_up IS NULL THEN n.tries ELSE 0 END,
        given_up = CASE WHEN e.gives_up IS NULL THEN n.given_up ELSE array_append(n.given_up, e.gives_up) END
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
        "gives_up": [item.gives_up for item in ended],
        "provider_ids": [item.provider_id for item in ended],
    }
    return set((await connection.execute(_END, values)).scalars())
