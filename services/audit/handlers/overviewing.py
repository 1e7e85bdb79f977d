"""Use case: how things stand, for the pages that an auditor begins with; and the proof of one event as somebody looks at it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.audit.handlers import reading
from services.audit.handlers.closing import TheLog
from services.audit.store import reconciliations, records
from services.audit.store import tree as store
from services.audit.store.reconciliations import Run
from services.audit.store.records import ComparisonRun
from services.audit.store.tree import Fault, Signed
from shared.identity import Principal
from shared.persistence import Database
from shared.tlog.verify import Checkpoint, Note, Proof, ProofError, Signature, Vkey, verify_proof

CHECKPOINTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class LogStanding:
    """How the log stands: `events` in it, its checkpoints (the newest first), who else signed the newest, what is wrong."""

    origin: str
    keys: tuple[str, ...]
    events: int
    checkpoints: Sequence[Signed]
    witnesses: tuple[str, ...]
    faults: Sequence[Fault]

    @property
    def latest(self) -> Signed | None:
        return self.checkpoints[0] if self.checkpoints else None

    @property
    def size(self) -> int:
        """How many events are under the latest checkpoint."""
        return self.checkpoints[0].size if self.checkpoints else 0


@dataclass(frozen=True, slots=True)
class CheckedProof:
    """An event's proof as a file that verifies alone, and what checking it here came to (`mistake`: why it does not hold)."""

    event_id: UUID
    index: int
    record: str
    size: int
    root: bytes
    hashes: Sequence[bytes]
    witnesses: tuple[str, ...]
    file: str
    mistake: str | None


async def latest_run(database: Database) -> Run | None:
    """Return the latest reconciliation of all petitions, None where there was none yet. Raises Trouble."""
    async with database.reading() as connection:
        return await reconciliations.run(connection)


async def latest_comparison(database: Database) -> ComparisonRun | None:
    """Return the latest comparison of the log with the services' own records, None where there was none yet. Raises Trouble."""
    async with database.reading() as connection:
        return await records.run(connection)


async def log_standing(database: Database, log: TheLog) -> LogStanding:
    """Return how the log stands. Raises Trouble."""
    async with database.reading() as connection:
        events = await store.head(connection)
        checkpoints = await store.latest(connection, log.origin, limit=CHECKPOINTS_SHOWN)
        lines = await store.lines_of(connection, log.origin, checkpoints[0].size) if checkpoints else ()
        faults = await store.faults(connection, log.origin)
    keys = tuple(str(signer.vkey) for signer in log.signers)
    return LogStanding(log.origin, keys, events, checkpoints, tuple(_signer(line) for line in lines), faults)


async def checked_proof(database: Database, log: TheLog, reader: Principal, event_id: UUID) -> CheckedProof:
    """Return the proof of one event, checked as whoever has the file would. Raises Unknown before it is under a checkpoint."""
    proven = await reading.prove(database, log, reader, event_id)
    extra = json.dumps({"record": proven.record.decode(), "salt": proven.salt.hex()}, ensure_ascii=False, separators=(",", ":"))
    proof = Proof(index=proven.index, hashes=proven.hashes, checkpoint=proven.checkpoint, extra=extra.encode())
    file, note = str(proof), Note.parse(proven.checkpoint)
    checkpoint = Checkpoint.parse(note.text)
    return CheckedProof(
        event_id=event_id,
        index=proven.index,
        record=proven.record.decode(),
        size=checkpoint.size,
        root=checkpoint.root,
        hashes=proven.hashes,
        witnesses=tuple(line.name for line in note.signatures if line.name != checkpoint.origin),
        file=file,
        mistake=_mistake(file, log.signers[0].vkey) if log.signers else None,
    )


def _mistake(file: str, key: Vkey) -> str | None:
    """Return why a proof does not hold, None where it does."""
    try:
        verify_proof(file, key)
    except ProofError as error:
        return error.detail
    return None


def _signer(line: str) -> str:
    return Signature.parse(line).name
