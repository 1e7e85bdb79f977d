"""Lodging at the counter: up to twenty letters in one transaction, each with its own receipt or its own mistakes.

Invariant: a line is lodged whole (petition, vault, register, event) or not at all; the same key gives a lodged line its first
receipt again, and a line that was refused may be mended and sent again under the same key.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain import code as codes
from services.intake.domain.counter import Registration
from services.intake.domain.lodging import Lodging
from services.intake.domain.mistakes import Mistake
from services.intake.handlers import lodging, viewing
from services.intake.handlers.lodging import LodgePetition, new_petition, said_of
from services.intake.store import counter as register
from services.intake.store import lodging as store
from services.intake.store import reading
from services.intake.store.counter import StoredRegistration
from services.intake.store.lodging import NewPetition, StoredReceipt
from services.intake.store.reading import Petition
from shared.identity import Ciphers, NotAllowed, Principal
from shared.kernel.refusals import Unknown
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class CounterLine:
    """A letter of the request that can be read, with everything that the door minted for it."""

    line: int
    lodging: Lodging
    registration: Registration
    lodged_at: datetime
    petition_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class LodgeAtCounter:
    """The command: letters of one request, all lodged by one clerk of one office."""

    lines: Sequence[CounterLine]
    office: str
    key: str | None
    actor: str
    now: datetime
    traceparent: str | None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Lodged:
    """What a line was answered with."""

    code: str
    petition_id: UUID
    lodged_at: datetime
    is_sealed: bool
    is_repeat: bool = False


Outcome = Lodged | Mistake


async def lodge_at_counter(command: LodgeAtCounter, *, database: Database, cipher: Ciphers) -> dict[int, Outcome]:
    """Return the outcome of each line, committed."""
    keys = {line.line: _key(command, line.line) for line in command.lines}
    async with database.transaction() as tx:
        known: Mapping[str, StoredReceipt] = {}
        if command.key is not None:
            await register.queue(tx.connection, f"counter {command.actor} {command.key}")
            known = await store.receipts_of(tx.connection, [key for key in keys.values() if key])
        fresh = [line for line in command.lines if (keys[line.line] or "") not in known]
        claimed = await register.claim(tx.connection, [_registration(command, line) for line in fresh])
        new = [line for line in fresh if line.petition_id in claimed]
        if new:
            rows = [(_petition(command, line, cipher), _receipt(command, line, keys[line.line])) for line in new]
            await store.lodge(tx.connection, rows)
            said = [_said(command, line, row) for line, (row, _) in zip(new, rows, strict=True)]
            tx.emit(event for each in said for event in said_of(each))
        taken = [_number(line) for line in fresh if line.petition_id not in claimed]
        holders = await register.holders(tx.connection, command.office, taken)
    outcomes: dict[int, Outcome] = {line.line: _lodged(line) for line in new}
    for line in command.lines:
        key = keys[line.line] or ""
        if line.line not in outcomes:
            outcomes[line.line] = _repeated(command, line, known[key]) if key in known else _used(line, holders)
    return outcomes


async def registered(database: Database, written: str, *, office: str) -> tuple[Petition, StoredRegistration]:
    """Return a petition lodged at the counter of `office`. Raises BadCode and Unknown: not there and not yours look the same."""
    code = codes.parse(written)
    async with database.reading() as connection:
        petition = await reading.by_code(connection, code)
        said = await register.by_code(connection, code)
    if said is None or said.office != office:
        raise Unknown("no petition has this code", code="petition_not_found")
    return viewing.known(petition), said


def office_of(clerk: Principal) -> str:
    """Return the office whose counter it is. Raises NotAllowed: an account without one has no register."""
    if clerk.office is None:
        raise NotAllowed("a clerk without an office has no register", code="clerk_without_office")
    return clerk.office


async def name_of(database: Database, office: str) -> tuple[str, str]:
    """Return the Vietnamese and English names of an office, its code where the directory was not heard yet."""
    async with database.reading() as connection:
        return (await reading.office_names(connection, [office])).get(office, (office, office))


def _key(command: LodgeAtCounter, line: int) -> str | None:
    """Return the key of a line. It has spaces, which no key of another door may have."""
    return None if command.key is None else f"counter {command.actor} {command.key} {line}"


def _number(line: CounterLine) -> tuple[int, str | None]:
    return line.registration.year, line.registration.register_number


def _lodged(line: CounterLine) -> Lodged:
    return Lodged(line.code, line.petition_id, line.lodged_at, line.lodging.is_sealed)


def _used(line: CounterLine, holders: Mapping[tuple[int, str | None], str]) -> Mistake:
    year, number = _number(line)
    return Mistake("register_number", "register_number_used", {"number": number, "year": year, "code": holders[year, number]})


def _repeated(command: LodgeAtCounter, line: CounterLine, receipt: StoredReceipt) -> Outcome:
    if receipt.body_sha256 != _digest(command, line):
        return Mistake("Idempotency-Key", "key_reused")
    return Lodged(receipt.code, receipt.petition_id, receipt.lodged_at, line.lodging.is_sealed, is_repeat=True)


def _digest(command: LodgeAtCounter, line: CounterLine) -> bytes:
    """Return the digest of what was sent: the petition, and what the register says of it."""
    said = line.registration
    day = said.received_on.isoformat() if said.is_day_named else ""
    parts = (_lodge(command, line).digest.hex(), command.office, day, said.register_number or "")
    return hashlib.sha256("\n".join(parts).encode()).digest()


def _lodge(command: LodgeAtCounter, line: CounterLine) -> LodgePetition:
    return LodgePetition(
        lodging=line.lodging,
        petition_id=line.petition_id,
        code=line.code,
        key=command.key,
        actor=command.actor,
        authority=command.authority,
        now=line.lodged_at,
        traceparent=command.traceparent,
    )


def _registration(command: LodgeAtCounter, line: CounterLine) -> StoredRegistration:
    said = line.registration
    return StoredRegistration(
        line.petition_id, line.code, command.office, said.year, said.register_number, said.received_on, said.channel
    )


def _receipt(command: LodgeAtCounter, line: CounterLine, key: str | None) -> StoredReceipt | None:
    if key is None:
        return None
    return StoredReceipt(key, _digest(command, line), line.petition_id, line.code, line.lodged_at)


def _petition(command: LodgeAtCounter, line: CounterLine, cipher: Ciphers) -> NewPetition:
    return new_petition(line.lodging, line.petition_id, line.code, lodged_at=line.lodged_at, now=command.now, cipher=cipher)


def _said(command: LodgeAtCounter, line: CounterLine, row: NewPetition) -> lodging.Lodged:
    return lodging.Lodged(
        lodging=line.lodging,
        petition_id=line.petition_id,
        code=line.code,
        lodged_at=line.lodged_at,
        now=command.now,
        actor=command.actor,
        authority=command.authority,
        traceparent=command.traceparent,
        commitment=row.commitment,
        received_by=command.office,
    )
