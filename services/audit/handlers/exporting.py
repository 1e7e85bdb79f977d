"""Use cases: ask for an export, look how far it has come, end it, fetch the file. Each auditor has his own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.audit.domain.exporting import Export, Format, Query, State
from services.audit.handlers import tracing
from services.audit.handlers.closing import TheLog
from services.audit.handlers.tracing import Tracer
from services.audit.store import exports as store
from services.audit.store import tree
from services.audit.wire.exporting import streamed
from shared.identity import Principal
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Database

LISTED_MAX = 50


@dataclass(frozen=True, slots=True)
class Exporter:
    """What exporting needs."""

    database: Database
    log: TheLog
    tracer: Tracer
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class AskExport:
    """The command: `petition` is the code or id of a case, else there is a query."""

    id: UUID
    format: Format
    petition: str | None
    query: Query
    purpose: str
    language: str
    now: datetime


async def ask(exporter: Exporter, reader: Principal, wanted: AskExport) -> Export:
    """Write the job down. Raises Unknown (no such petition, or not for the reader), Refused: one is not finished yet."""
    petition_id, code = None, None
    if wanted.petition is not None:
        told = await tracing.life_of(exporter.tracer, reader, wanted.petition, is_compared=False)
        petition_id, code = told.petition_id, told.code
    facts = {"petition": str(petition_id)} if petition_id else wanted.query.as_facts()
    async with exporter.database.transaction() as tx:
        latest = next(iter(await tree.latest(tx.connection, exporter.log.origin)), None)
        note = latest.note + "".join(await tree.lines_of(tx.connection, exporter.log.origin, latest.size)) if latest else None
        upto = latest.size if latest else await tree.head(tx.connection)
        values = {
            "id": wanted.id,
            "actor": reader.actor,
            "authority": reader.authority,
            "format": str(wanted.format),
            "petition_id": petition_id,
            "code": code,
            "language": wanted.language,
            "upto": upto,
            "checkpoint": note,
            "now": wanted.now,
        }
        if not await store.ask(tx.connection, values, facts | {"purpose": wanted.purpose}):
            raise Refused("one export at a time", code="export_running")
    return await one(exporter.database, reader, wanted.id)


async def one(database: Database, reader: Principal, export_id: UUID) -> Export:
    """Return a job of the reader. Raises Unknown."""
    async with database.reading() as connection:
        found = await store.one(connection, export_id, actor=reader.actor)
    if found is None:
        raise Unknown("no such export", code="export_not_found")
    return found


async def all_of(database: Database, reader: Principal) -> list[Export]:
    """Return the reader's latest jobs."""
    async with database.reading() as connection:
        return await store.of(connection, reader.actor, limit=LISTED_MAX)


async def cancel(database: Database, reader: Principal, export_id: UUID, *, now: datetime) -> Export:
    """End a job; one that is over stays as it is. Raises Unknown."""
    await one(database, reader, export_id)
    async with database.transaction() as tx:
        await store.cancel(tx.connection, export_id, actor=reader.actor, now=now)
    return await one(database, reader, export_id)


async def fetch(exporter: Exporter, reader: Principal, export_id: UUID) -> tuple[Export, AsyncIterator[bytes]]:
    """Return a job that is done, and its file in pieces. Raises Unknown, also of a petition that is hidden by now; Refused."""
    found = await one(exporter.database, reader, export_id)
    if found.petition_id is not None:
        await tracing.id_of_petition(exporter.database, reader, str(found.petition_id))
    if found.state is State.EXPIRED:
        raise Refused("its time is over", code="export_expired")
    if found.state is not State.DONE:
        raise Refused("it is not ready", code="export_not_ready", facts={"state": str(found.state)})
    return found, _pieces(exporter.database, export_id)


async def begin_stream(
    database: Database, reader: Principal, *, after: int, limit: int, now: datetime, traceparent: str | None
) -> None:
    """Say that somebody takes events as a stream of lines: before the first line, since he may break off anywhere."""
    async with database.transaction() as tx:
        authority, actor = reader.authority, reader.actor
        event = streamed(uuid4(), after=after, limit=limit, actor=actor, authority=authority, now=now, traceparent=traceparent)
        tx.emit([event])


async def _pieces(database: Database, export_id: UUID) -> AsyncIterator[bytes]:
    """Yield the file, a piece at a time: no connection is held while somebody reads slowly."""
    number = 0
    while True:
        async with database.reading() as connection:
            data = await store.part(connection, export_id, number)
        if data is None:
            return
        yield data
        number += 1
