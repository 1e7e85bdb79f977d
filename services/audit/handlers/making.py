"""Use case: make the file of an export that was asked for.

Invariants: a job is done by one worker at a time, and begun anew by another where that one is gone: the log only grows and `upto`
was fixed when it was asked for, so the rows are the same. The file, that it is done, and the event are one transaction.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID, uuid4

import orjson

from services.audit.domain.exporting import KEPT, ROWS_MAX, Export, Format, Query
from services.audit.gateways.files import EXTENSIONS, row_file
from services.audit.gateways.files.case_pdf import case_pdf
from services.audit.handlers import reading, tracing
from services.audit.handlers.exporting import Exporter
from services.audit.handlers.reading import ProvenEvent
from services.audit.store import exports as store
from services.audit.wire.case import PAPER, case_json
from services.audit.wire.exporting import FileRow, about, file_row, kind_pattern, made
from services.audit.wire.prov import document_of, prov_json, prov_n
from services.audit.wire.tracing import trace_answer
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Trouble, Unknown

WINDOW = 50_000
"""Positions of the log that one query looks at: no query is long, however few events fit."""
BATCH_ROWS = 2_000
LOST = timedelta(seconds=30)
"""A worker that was not seen for so long is taken to be gone."""
BEAT_SECONDS = 10.0
ATTEMPTS_MAX = 5
PART_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class Lost(Exception):  # noqa: N818 - what happened to the job
    """The job was cancelled, or somebody else has it."""


class TooMany(Exception):  # noqa: N818 - what is wrong with the query
    """More events fit than a file may hold."""


async def work(exporter: Exporter) -> bool:
    """Take a job, if there is one, and do it; False where there is none."""
    clock, worker = exporter.tracer.clock, uuid4()
    now = clock.now()
    async with exporter.database.transaction() as tx:
        await store.expire(tx.connection, now=now)
        job = await store.claim(tx.connection, worker, now=now, lost_before=now - LOST)
    if job is None:
        return False
    held = Held(exporter, job, worker)
    beating = asyncio.create_task(held.beat())
    try:
        await _make(held)
    except Lost:
        _log.info("an export was cancelled, or is done elsewhere", extra={"export": str(job.id)})
    except (TooMany, Unknown, Trouble, OSError) as problem:
        if isinstance(problem, Trouble) and problem.code == "database_unreachable":
            raise
        _log.warning("an export failed: %s", type(problem).__name__, extra={"export": str(job.id)})
        async with exporter.database.transaction() as tx:
            code = getattr(problem, "code", "") or ("export_too_many" if isinstance(problem, TooMany) else "export_failed")
            await store.failed(tx.connection, job.id, worker, problem=str(code), now=clock.now())
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    return True


@dataclass(slots=True)
class Held:
    """A job that this worker has, and how far it has come."""

    exporter: Exporter
    job: Export
    worker: UUID
    position: int = 0
    rows: int = 0

    async def told(self) -> None:
        """Note how far it has come. Raises Lost where it was cancelled, or somebody else has it now."""
        now, at = self.exporter.tracer.clock.now(), self.position
        async with self.exporter.database.transaction() as tx:
            if not await store.seen(tx.connection, self.job.id, self.worker, position=at, rows=self.rows, now=now):
                raise Lost

    async def beat(self) -> None:
        """Be seen at it while a long step (the end of a large file) says nothing."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.told()
            except (Lost, Trouble):
                continue


async def _make(held: Held) -> None:
    if held.job.attempts > ATTEMPTS_MAX:
        raise Trouble("every attempt ended early", code="export_gave_up")
    with TemporaryFile() as file:
        is_sealed = await (_case(held, file) if held.job.format.is_of_case else _rows(held, file))
        await _finish(held, file, is_sealed=is_sealed)


async def _rows(held: Held, file: IO[bytes]) -> bool:
    """Write the events of a query, window by window; return that the event about it is not sealed."""
    job, database = held.job, held.exporter.database
    text = orjson.dumps(about(job), option=orjson.OPT_INDENT_2).decode()
    out = row_file(job.format, file, columns=FileRow._fields, about=text, checkpoint=job.checkpoint or "")
    query = Query.of(job.query)
    pattern = kind_pattern(query)
    while held.position < job.upto:
        end = min(held.position + WINDOW, job.upto)
        async with database.reading() as connection:
            found = await store.rows_within(
                connection, query, after=held.position, upto=end, limit=BATCH_ROWS, reader=job.actor, kind_pattern=pattern
            )
        if held.rows + len(found) > ROWS_MAX:
            raise TooMany
        if found:
            await asyncio.to_thread(out.write, [file_row(row, language=job.language) for row in found])
        held.position = found[-1].position if len(found) == BATCH_ROWS else end
        held.rows += len(found)
        await held.told()
    await asyncio.to_thread(out.close)
    return False


async def _case(held: Held, file: IO[bytes]) -> bool:
    """Write a petition's life; return whether it is sealed."""
    exporter, job = held.exporter, held.job
    reader = _reader_of(job)
    told = await tracing.life_of(exporter.tracer, reader, str(job.petition_id), is_compared=True)
    trace: Mapping[str, Any] = orjson.loads(trace_answer(told, language=job.language).model_dump_json())
    events = [step.entry for step in told.life.steps]
    match job.format:
        case Format.PROV:
            content = prov_json(document_of(trace)).encode()
        case Format.PROVN:
            content = prov_n(document_of(trace)).encode()
        case _:
            proofs: dict[UUID, ProvenEvent] = {}
            for entry in events:
                if job.checkpoint is not None and entry.position <= job.upto:
                    proofs[entry.id] = await reading.prove(exporter.database, exporter.log, reader, entry.id)
            note = next((found.checkpoint for found in reversed(proofs.values())), job.checkpoint)
            content = case_json(about(job), trace, note, proofs)
    if job.format is Format.PDF:
        words, at = PAPER[job.language], job.asked_at
        case = orjson.loads(content)
        content = await asyncio.to_thread(case_pdf, case, content, words=words, made_at=at, zone=exporter.zone)
    file.write(content)
    held.rows = len(events)
    return told.life.is_sealed


def _reader_of(job: Export) -> Principal:
    """Return who asked: what he must not see by now is not in the file."""
    return Principal(subject=job.actor.partition(":")[2], roles=frozenset({Role.AUDITOR}))


async def _finish(held: Held, file: IO[bytes], *, is_sealed: bool) -> None:
    exporter, job, rows = held.exporter, held.job, held.rows
    now = exporter.tracer.clock.now()
    digest, size = await asyncio.to_thread(_digest, file)
    extension, _ = EXTENSIONS[job.format]
    stem = job.code if job.code and not is_sealed else "case" if job.petition_id else "events"
    facts = {
        "rows": rows,
        "file_name": f"caunoi-{stem}-{job.asked_at:%Y%m%dT%H%M%SZ}.{extension}",
        "file_bytes": size,
        "file_sha256": digest,
        "now": now,
        "expires_at": now + KEPT,
    }
    async with exporter.database.transaction() as tx:
        if not await store.done(tx.connection, job.id, held.worker, facts, _parts(file)):
            raise Lost
        tx.emit([made(job, rows=rows, file=facts, now=now, is_sealed=is_sealed)])


def _digest(file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for data in _parts(file):
        digest.update(data)
        size += len(data)
    return digest.hexdigest(), size


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while data := file.read(PART_BYTES):
        yield data
