"""The inbox: a version vector per aggregate, kept in the transaction of the effect (docs/adr/0003-version-vectors.md).

Invariant: an event takes effect exactly once and after everything it depends on: the earlier versions of its source, and its
cause where the consumer hears the cause's source.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kernel.refusals import Trouble
from shared.messaging.incoming import Incoming

Vector = dict[tuple[UUID, str], int]

_KNOWN = text("SELECT aggregate_id, source, version FROM inbox_heads WHERE aggregate_id = ANY(CAST(:ids AS uuid[]))")

_ADVANCE = text(
    """
    WITH n AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:sources AS text[]), CAST(:versions AS int[]), CAST(:before AS int[]))
            AS n (aggregate_id, source, version, before)
    ), first AS (
        INSERT INTO inbox_heads (aggregate_id, source, version)
        SELECT aggregate_id, source, version FROM n WHERE before = 0 ORDER BY aggregate_id, source
        ON CONFLICT (aggregate_id, source) DO NOTHING RETURNING 1
    ), later AS (
        UPDATE inbox_heads h SET version = n.version FROM n
        WHERE n.before > 0 AND h.aggregate_id = n.aggregate_id AND h.source = n.source AND h.version = n.before
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM first) + (SELECT count(*) FROM later)
    """
)


@dataclass(slots=True)
class Sorted:
    """A batch told apart: what is new and in order, what is a repeat, what came too early."""

    ready: list[Incoming] = field(default_factory=list)
    repeats: list[Incoming] = field(default_factory=list)
    early: list[Incoming] = field(default_factory=list)
    before: Vector = field(default_factory=dict)
    after: Vector = field(default_factory=dict)


async def known(connection: AsyncConnection, aggregates: Iterable[UUID]) -> Vector:
    """Return the versions known of `aggregates`."""
    rows = await connection.execute(_KNOWN, {"ids": list(aggregates)})
    return {(row.aggregate_id, row.source): row.version for row in rows}


def sort(batch: Sequence[Incoming], vector: Vector, *, hears: frozenset[str]) -> Sorted:
    """Tell a batch apart against what is known. Pure; repeats until no event becomes ready through another one."""
    result = Sorted(before=dict(vector), after=dict(vector))
    waiting = sorted(batch, key=lambda item: (item.stream, item.stream_seq))
    while waiting:
        early: list[Incoming] = []
        for item in waiting:
            _place(item, result, early, hears)
        if len(early) == len(waiting):
            result.early = early
            break
        waiting = early
    return result


def _place(item: Incoming, result: Sorted, early: list[Incoming], hears: frozenset[str]) -> None:
    envelope = item.envelope
    key = (envelope.aggregate_id, envelope.source)
    last = result.after.get(key, 0)
    if envelope.version <= last:
        result.repeats.append(item)
    elif envelope.version > last + 1 or _misses_cause(item, result.after, hears):
        early.append(item)
    else:
        result.after[key] = envelope.version
        result.ready.append(item)


def _misses_cause(item: Incoming, vector: Vector, hears: frozenset[str]) -> bool:
    cause = item.envelope.cause
    if cause is None or cause.source not in hears:
        return False
    return vector.get((item.envelope.aggregate_id, cause.source), 0) < cause.version


async def advance(connection: AsyncConnection, batch: Sorted) -> None:
    """Record what was handled. Raises Trouble where another replica was quicker: the batch is rolled back and comes again."""
    changed = [(key, version) for key, version in batch.after.items() if batch.before.get(key, 0) != version]
    changed.sort(key=lambda item: (item[0][0], item[0][1]))
    if not changed:
        return
    written = await connection.execute(
        _ADVANCE,
        {
            "ids": [key[0] for key, _ in changed],
            "sources": [key[1] for key, _ in changed],
            "versions": [version for _, version in changed],
            "before": [batch.before.get(key, 0) for key, _ in changed],
        },
    )
    if written.scalar_one() != len(changed):
        raise Trouble("another replica handled these events first", code="handled_elsewhere")
