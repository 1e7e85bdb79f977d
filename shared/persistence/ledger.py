"""The ledger of a service: its append-only events, what of them is still to be published, and what it has heard.

Invariant: `event_heads` is locked per aggregate before its events get their sequence numbers, so for one aggregate version
order, sequence order and commit order are the same; the numbering has no gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts import Cause, Envelope, NewEvent

_APPEND = text(
    """
    WITH new AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:aggregates AS uuid[]), CAST(:types AS text[]), CAST(:effective AS timestamptz[]),
            CAST(:recorded AS timestamptz[]), CAST(:actors AS text[]), CAST(:correlations AS uuid[]),
            CAST(:cause_ids AS uuid[]), CAST(:cause_sources AS text[]), CAST(:cause_versions AS int[]),
            CAST(:offices AS text[]), CAST(:sealed AS bool[]), CAST(:traces AS text[]), CAST(:bodies AS text[]),
            CAST(:authorities AS text[])
        ) WITH ORDINALITY AS n (id, aggregate_id, type, effective_at, recorded_at, actor, correlation_id,
            cause_id, cause_source, cause_version, office, is_sealed, traceparent, body, authority, place)
    ), heads AS (
        INSERT INTO event_heads AS h (aggregate_id, version)
        SELECT aggregate_id, count(*) FROM new GROUP BY aggregate_id ORDER BY aggregate_id
        ON CONFLICT (aggregate_id) DO UPDATE SET version = h.version + excluded.version
        RETURNING aggregate_id, version
    ), written AS (
        INSERT INTO events (id, aggregate_id, version, type, effective_at, recorded_at, actor, correlation_id,
            cause_id, cause_source, cause_version, office, is_sealed, traceparent, body, authority)
        SELECT n.id, n.aggregate_id,
            h.version - count(*) OVER (PARTITION BY n.aggregate_id)
                + row_number() OVER (PARTITION BY n.aggregate_id ORDER BY n.place),
            n.type, n.effective_at, n.recorded_at, n.actor, n.correlation_id, n.cause_id, n.cause_source, n.cause_version,
            n.office, n.is_sealed, n.traceparent, n.body, n.authority
        FROM new n JOIN heads h USING (aggregate_id) ORDER BY n.place
        RETURNING seq
    )
    INSERT INTO outbox (seq) SELECT seq FROM written
    """
)

_UNSENT = text(
    """
    SELECT e.seq, e.id, e.aggregate_id, e.version, e.type, e.effective_at, e.recorded_at, e.actor, e.correlation_id,
        e.cause_id, e.cause_source, e.cause_version, e.office, e.is_sealed, e.traceparent, e.body, e.authority
    FROM outbox o JOIN events e USING (seq) ORDER BY o.seq LIMIT :limit
    """
)

EVENT_COLUMNS = (
    "seq, id, aggregate_id, version, type, effective_at, recorded_at, actor, correlation_id, "
    "cause_id, cause_source, cause_version, office, is_sealed, traceparent, body, authority"
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of the ledger, ready to be published: its sequence number, envelope and body as written."""

    seq: int
    envelope: Envelope
    body: bytes


async def append(connection: AsyncConnection, events: Sequence[NewEvent]) -> None:
    """Number `events` per aggregate, write them and put them into the outbox: one statement."""
    await connection.execute(
        _APPEND,
        {
            "ids": [e.id for e in events],
            "aggregates": [e.aggregate_id for e in events],
            "types": [e.body.TYPE for e in events],
            "effective": [e.effective_at for e in events],
            "recorded": [e.recorded_at for e in events],
            "actors": [e.actor for e in events],
            "correlations": [e.correlation_id for e in events],
            "cause_ids": [e.cause.event_id if e.cause else None for e in events],
            "cause_sources": [e.cause.source if e.cause else None for e in events],
            "cause_versions": [e.cause.version if e.cause else None for e in events],
            "offices": [e.office for e in events],
            "sealed": [e.is_sealed for e in events],
            "traces": [e.traceparent for e in events],
            "bodies": [e.body.model_dump_json() for e in events],
            "authorities": [e.right for e in events],
        },
    )


async def unsent(connection: AsyncConnection, *, source: str, limit: int) -> list[StoredEvent]:
    """Return the oldest unpublished events in order."""
    rows = await connection.execute(_UNSENT, {"limit": limit})
    return [stored_event(row, source=source) for row in rows]


async def mark_sent(connection: AsyncConnection, seqs: Sequence[int]) -> None:
    """Take published events out of the outbox."""
    await connection.execute(text("DELETE FROM outbox WHERE seq = ANY(CAST(:seqs AS bigint[]))"), {"seqs": list(seqs)})


async def oldest_unsent_at(connection: AsyncConnection) -> datetime | None:
    """Return when the oldest unpublished event was recorded, or None where the outbox is empty."""
    oldest = text("SELECT e.recorded_at FROM outbox o JOIN events e USING (seq) ORDER BY o.seq LIMIT 1")
    found: datetime | None = (await connection.execute(oldest)).scalar_one_or_none()
    return found


def stored_event(row: Row[Any], *, source: str) -> StoredEvent:
    """Read a row of EVENT_COLUMNS; `source` is the schema that it was read from."""
    caused = row.cause_id is not None
    envelope = Envelope(
        id=row.id,
        type=row.type,
        source=source,
        aggregate_id=row.aggregate_id,
        version=row.version,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        actor=row.actor,
        correlation_id=row.correlation_id,
        cause=Cause(event_id=row.cause_id, source=row.cause_source, version=row.cause_version) if caused else None,
        office=row.office,
        is_sealed=row.is_sealed,
        traceparent=row.traceparent,
        authority=row.authority,
    )
    return StoredEvent(seq=row.seq, envelope=envelope, body=row.body.encode())
