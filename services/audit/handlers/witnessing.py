"""Use case: others sign what we signed. A signature counts only under a key that the city has chosen to believe.

A witness that has seen more than we know, or something else, is evidence of a fork: nothing more is signed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.audit.domain.forked import FaultKind, Forked
from services.audit.gateways.witnesses import Asking, Conflict, Witness
from services.audit.handlers import faults, reading
from services.audit.handlers.closing import TheLog
from services.audit.store import tree as store
from services.audit.store.tree import Signed
from shared.kernel.refusals import Malformed, Refused, Trouble
from shared.persistence import Database, Transaction
from shared.tlog import proofs
from shared.tlog.verify import Checkpoint, Note, Unproven, Unreadable, Vkey

ASKED_MAX = 3
AHEAD_MAX = timedelta(minutes=10)
"""How far a witness's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was taken of what somebody brought: signatures of which witnesses, of the checkpoint of which size."""

    size: int
    witnesses: tuple[str, ...]


async def bring(database: Database, log: TheLog, text: str, *, now: datetime) -> Accepted:
    """Take the signatures of witnesses that somebody brings with a checkpoint.

    Raises Malformed where it is no checkpoint; Refused with its reason where it is not ours, or no witness of ours signed it.
    A checkpoint with our own good signature that we never signed is evidence of a fork, and is written down as such.
    """
    note, checkpoint = _read(text, log)
    try:
        async with database.transaction() as transaction:
            return await _take(transaction, log, note, checkpoint, now=now)
    except Forked as fork:
        await faults.found(database, log.origin, fork, now=now)
        raise Refused(fork.detail, code="checkpoint_differs") from fork


async def ask(database: Database, log: TheLog, witness: Witness, asking: Asking, *, now: datetime) -> bool:
    """Ask a witness to sign the latest checkpoint; False where it has. Raises Trouble, Forked."""
    async with database.reading() as connection:
        latest = next(iter(await store.latest(connection, log.origin)), None)
        seen = await store.witnessed(connection, log.origin, str(witness.vkey))
    if latest is None or seen >= latest.size:
        return False
    for _ in range(ASKED_MAX):
        hashes = await reading.hashes(log.tiles, proofs.consistency(seen, latest.size), size=latest.size)
        answer = await asking.add_checkpoint(witness, old=seen, hashes=hashes, note=latest.note)
        if not isinstance(answer, Conflict):
            await _keep(database, log, witness, latest.note + answer.lines, now=now)
            return True
        seen = await _agreed(database, log, witness, latest=latest, seen=seen, answer=answer)
    raise Trouble(f"{witness.vkey.name} says another size each time", code="witness_refuses")


async def _agreed(database: Database, log: TheLog, witness: Witness, *, latest: Signed, seen: int, answer: Conflict) -> int:
    """Return from where on the witness must be shown that the log grew. Raises Forked where it has seen more, or another."""
    name = witness.vkey.name
    if answer.size is None or answer.size == seen:
        raise Forked(FaultKind.WITNESS_AHEAD, f"{name} has seen another log of {seen} entries")
    if answer.size <= latest.size:
        return answer.size
    async with database.reading() as connection:
        newest = (await store.latest(connection, log.origin))[0]
    if answer.size > newest.size:
        raise Forked(FaultKind.WITNESS_AHEAD, f"{name} has seen a log of {answer.size} entries, here are {newest.size}")
    raise Trouble("a newer checkpoint was signed meanwhile", code="witness_refuses")


async def _keep(database: Database, log: TheLog, witness: Witness, text: str, *, now: datetime) -> None:
    try:
        accepted = await bring(database, log, text, now=now)
    except (Malformed, Refused) as error:
        raise Trouble(f"{witness.vkey.name} gives no good signature: {error.detail}", code="witness_refuses") from error
    if witness.vkey.name not in accepted.witnesses:
        raise Trouble(f"{witness.vkey.name} gives a signature of somebody else", code="witness_refuses")
    await faults.mended(database, log.origin, [FaultKind.WITNESS_AHEAD], begun_at=now, now=now)


def _read(text: str, log: TheLog) -> tuple[Note, Checkpoint]:
    try:
        note = Note.parse(text)
        checkpoint = Checkpoint.parse(note.text)
    except Unreadable as error:
        told = {
            "field": "body",
            "reason": error.detail,
            "remedy": "send the checkpoint as it is served, with your signature line",
        }
        raise Malformed(error.detail, code="bad_checkpoint", errors=[told]) from error
    if checkpoint.origin != log.origin:
        raise Refused(f"this log is {log.origin}", code="other_log", facts={"origin": log.origin})
    return note, checkpoint


async def _take(transaction: Transaction, log: TheLog, note: Note, checkpoint: Checkpoint, *, now: datetime) -> Accepted:
    known = await store.of_size(transaction.connection, log.origin, checkpoint.size)
    if known is None or Note.parse(known.note).text != note.text:
        if _is_ours(note, [signer.vkey for signer in log.signers]):
            detail = f"a checkpoint of {checkpoint.size} entries bears our signature and is not the one that this log signed"
            raise Forked(FaultKind.SIGNED_TWICE, detail)
        raise Refused("this log has signed no such checkpoint", code="checkpoint_unknown", facts={"size": checkpoint.size})
    try:
        by = note.verified_by(witness.vkey for witness in log.witnesses)
    except Unproven as error:
        raise Refused(error.detail, code="cosignature_not_good") from error
    if not by:
        names = sorted(line.name for line in note.signatures)
        raise Refused("none of the signatures is of a witness of this log", code="witness_unknown", facts={"names": names})
    if any(at is not None and at > (now + AHEAD_MAX).timestamp() for at in by.values()):
        raise Refused("a signature is from the future", code="cosignature_from_future")
    for line in note.signatures:
        key = next((key for key in by if (key.name, key.key_id) == (line.name, line.key_id)), None)
        if key is not None:
            size = checkpoint.size
            await store.cosign(transaction.connection, log.origin, size, witness=str(key), line=str(line), now=now)
    return Accepted(size=checkpoint.size, witnesses=tuple(sorted(key.name for key in by)))


def _is_ours(note: Note, keys: list[Vkey]) -> bool:
    try:
        return bool(note.verified_by(keys))
    except Unproven:
        return False
