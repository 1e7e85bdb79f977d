"""The log as a tree: what its leaves commit to, the checkpoints that were signed, who else signed them, what was found wrong.

Invariant: whoever holds `lock` is the only one who signs, in the transaction in which the checkpoint is kept; per name and size
there is one checkpoint for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.domain.said import Said
from services.audit.store.sight import open_to_reader
from shared.contracts.audit import CheckpointPublishedV1

_SAID = """
    position, salt, id, type, source, aggregate_id, version, recorded_at, effective_at, actor, correlation_id,
    cause_id, cause_source, cause_version, office, is_sealed, authority, body
"""
_AFTER = text(f"SELECT {_SAID} FROM log WHERE position > :after ORDER BY position LIMIT :limit")
_TO = text(
    f"SELECT {_SAID} FROM log WHERE position > :after AND {open_to_reader('log.aggregate_id')} ORDER BY position LIMIT :limit"
)
_ONE = text(f"SELECT {_SAID} FROM log WHERE id = :id AND {open_to_reader('log.aggregate_id')}")
_HEAD = text("SELECT position FROM log_head")
_NEWS = text("SELECT EXISTS (SELECT FROM log WHERE position > :after AND type <> :own)")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('log'), hashtext(:origin))")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('log'), hashtext(:origin))")
_CHECKPOINT = "SELECT size, root, note, signed_at FROM checkpoints WHERE origin = :origin"
_LATEST = text(f"{_CHECKPOINT} ORDER BY size DESC LIMIT :limit")
_OF_SIZE = text(f"{_CHECKPOINT} AND size = :size")
_BETWEEN = text(f"{_CHECKPOINT} AND size > :after AND size <= :upto ORDER BY size")
_KEEP = text("INSERT INTO checkpoints (origin, size, root, note, signed_at) VALUES (:origin, :size, :root, :note, :signed_at)")
_LINES = text("SELECT line FROM cosignatures WHERE origin = :origin AND size = :size ORDER BY witness")
_COSIGN = text(
    """
    INSERT INTO cosignatures (origin, size, witness, line, received_at) VALUES (:origin, :size, :witness, :line, :received_at)
    ON CONFLICT (origin, size, witness) DO UPDATE SET line = excluded.line, received_at = excluded.received_at
    """
)
_WITNESSED = text("SELECT max(size) FROM cosignatures WHERE origin = :origin AND witness = :witness")
_FAULTS = text("SELECT kind, detail, found_at FROM log_faults WHERE origin = :origin AND mended_at IS NULL ORDER BY id")
_FIND = text(
    """
    INSERT INTO log_faults (origin, kind, detail, found_at) VALUES (:origin, :kind, :detail, :now)
    ON CONFLICT (origin, kind) WHERE mended_at IS NULL DO NOTHING RETURNING id
    """
)
_MEND = text(
    """
    UPDATE log_faults SET mended_at = :now
    WHERE origin = :origin AND mended_at IS NULL AND found_at < :before AND kind = ANY(CAST(:kinds AS text[]))
    """
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint as it was signed. `note` carries the log's own signatures."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """What contradicts what was signed."""

    kind: str
    detail: str
    found_at: datetime


async def try_lock(connection: AsyncConnection, origin: str) -> bool:
    """Become the one who signs until the transaction ends; False where another replica is."""
    return bool((await connection.execute(_TRY_LOCK, {"origin": origin})).scalar_one())


async def lock(connection: AsyncConnection, origin: str) -> None:
    """Wait until nobody else signs, then be the one until the transaction ends."""
    await connection.execute(_LOCK, {"origin": origin})


async def head(connection: AsyncConnection) -> int:
    """Return how many events the log has."""
    return int((await connection.execute(_HEAD)).scalar_one())


async def has_news(connection: AsyncConnection, after: int) -> bool:
    """Whether behind `after` there is anything but news of the log's own checkpoints: those make no further one."""
    return bool((await connection.execute(_NEWS, {"after": after, "own": CheckpointPublishedV1.TYPE})).scalar_one())


async def said_after(connection: AsyncConnection, position: int, *, limit: int) -> list[Said]:
    """Return the events behind `position` in order."""
    return [_said(row) for row in await connection.execute(_AFTER, {"after": position, "limit": limit})]


async def said_to(connection: AsyncConnection, position: int, *, limit: int, reader: str) -> list[Said]:
    """Return the events behind `position` in order, but those about petitions from which `reader` is excluded."""
    values = {"after": position, "limit": limit, "reader": reader}
    return [_said(row) for row in await connection.execute(_TO, values)]


async def said(connection: AsyncConnection, event_id: UUID, *, reader: str | None) -> Said | None:
    """Return one event, None where it is not here or about a petition from which `reader` is excluded."""
    row = (await connection.execute(_ONE, {"id": event_id, "reader": reader})).one_or_none()
    return None if row is None else _said(row)


async def latest(connection: AsyncConnection, origin: str, *, limit: int = 1) -> list[Signed]:
    """Return the latest checkpoints, the newest first."""
    return [_signed(row) for row in await connection.execute(_LATEST, {"origin": origin, "limit": limit})]


async def of_size(connection: AsyncConnection, origin: str, size: int) -> Signed | None:
    """Return the checkpoint that was signed for a log of `size` entries."""
    row = (await connection.execute(_OF_SIZE, {"origin": origin, "size": size})).one_or_none()
    return None if row is None else _signed(row)


async def between(connection: AsyncConnection, origin: str, after: int, upto: int) -> list[Signed]:
    """Return the checkpoints of more than `after` and at most `upto` entries, in order."""
    return [_signed(row) for row in await connection.execute(_BETWEEN, {"origin": origin, "after": after, "upto": upto})]


async def keep(connection: AsyncConnection, origin: str, signed: Signed) -> None:
    """Keep a new checkpoint."""
    values = {"origin": origin, "size": signed.size, "root": signed.root, "note": signed.note, "signed_at": signed.signed_at}
    await connection.execute(_KEEP, values)


async def lines_of(connection: AsyncConnection, origin: str, size: int) -> Sequence[str]:
    """Return the signature lines of the witnesses of a checkpoint."""
    return list((await connection.execute(_LINES, {"origin": origin, "size": size})).scalars())


async def cosign(connection: AsyncConnection, origin: str, size: int, *, witness: str, line: str, now: datetime) -> None:
    """Keep a witness's signature of a checkpoint; a later one of the same takes its place."""
    values = {"origin": origin, "size": size, "witness": witness, "line": line, "received_at": now}
    await connection.execute(_COSIGN, values)


async def witnessed(connection: AsyncConnection, origin: str, witness: str) -> int:
    """Return the size of the largest checkpoint that a witness signed, 0 where there is none."""
    return int((await connection.execute(_WITNESSED, {"origin": origin, "witness": witness})).scalar_one() or 0)


async def faults(connection: AsyncConnection, origin: str) -> list[Fault]:
    """Return what was found wrong and is not mended."""
    return [Fault(row.kind, row.detail, row.found_at) for row in await connection.execute(_FAULTS, {"origin": origin})]


async def find(connection: AsyncConnection, origin: str, *, kind: str, detail: str, now: datetime) -> bool:
    """Write down a fault; False where one of this kind is known already."""
    values = {"origin": origin, "kind": kind, "detail": detail, "now": now}
    return (await connection.execute(_FIND, values)).one_or_none() is not None


async def mend(connection: AsyncConnection, origin: str, kinds: Sequence[str], *, before: datetime, now: datetime) -> int:
    """Close the faults of `kinds` that were found before `before`; return how many."""
    values = {"origin": origin, "before": before, "now": now, "kinds": list(kinds)}
    return int((await connection.execute(_MEND, values)).rowcount)


def _said(row: Row[Any]) -> Said:
    return Said(**row._asdict())


def _signed(row: Row[Any]) -> Signed:
    return Signed(size=row.size, root=bytes(row.root), note=row.note, signed_at=row.signed_at)
