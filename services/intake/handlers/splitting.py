"""Mixed content is taken apart: each part becomes a petition of its own with its own procedure, and counts from the same day.

The petition that it came from goes on with what is left. A part that is a denunciation leaves no trace on it: the words that it
came from move with it, under the key of denunciations, and are no longer what the petition is found by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson

from services.intake.domain import secret as secrets
from services.intake.domain.lodging import AGAINST_KINDS, Lodging
from services.intake.domain.people import Contact
from services.intake.handlers import petitioning
from services.intake.handlers.desk import Desk
from services.intake.handlers.lodging import LodgePetition, Receipt, phrase_for, words_of
from services.intake.handlers.petitioning import Around, Said
from services.intake.handlers.viewing import content_of
from services.intake.store import people, reading, rewriting, statements
from services.intake.store.reading import Petition
from services.intake.store.statements import Statement
from shared.contracts import NewEvent
from shared.contracts.intake import PetitionSplitV1
from shared.identity import Ciphers, Principal
from shared.kernel.ids import derived
from shared.persistence import Database, Transaction

PARTS_MAX = 10
PURPOSE = "split"
_CODE_PURPOSE = b"caunoi/part/"


@dataclass(frozen=True, slots=True)
class Split:
    """The command: which petition, into which further parts (without their petitioner), by whom, under which key.

    `remaining` is what the petition says from then on; None: what it said.
    """

    petition: Petition
    parts: Sequence[Lodging]
    remaining: str | None
    officer: Principal
    key: str
    now: datetime
    traceparent: str | None


async def split(command: Split, *, database: Database, cipher: Ciphers, desk: Desk) -> list[Receipt]:
    """Lodge every part for the same petitioner; return their receipts. The same key gets the same ones.

    Reading the petitioner's contact for it is recorded.
    """
    petition = command.petition
    async with database.transaction() as tx:
        found = await reading.contents(tx.connection, [petition.id], with_sealed=True)
        fields = (*petitioning.CONTACT, "place", "text")
        actor = command.officer.actor
        await reading.record_readings(tx.connection, [petition.id], reader=actor, purpose=PURPOSE, fields=fields, now=command.now)
    content = content_of(cipher, found[0]) if found else {}
    receipts = [
        await desk.lodge(_part(command, part, number, content, cipher)) for number, part in enumerate(command.parts, start=1)
    ]
    async with database.transaction() as tx:
        if await statements.put(tx.connection, petition.id, Statement(f"{PURPOSE} {command.key}", 0, command.now)):
            await _rewrite(tx, command, cipher)
            tx.emit(_said(command, receipts))
    return receipts


async def phrases_of(said: Said, around: Around) -> list[str]:
    """Return the phrases of the denunciations that were taken out of the petition of who proves himself.

    They were lodged for its first petitioner: nobody else hears that there are any. Raises what `proved` does.
    """
    view = await petitioning.proved(said, around)
    petition_id = view.petition.id
    if view.petitioner_id != petition_id:
        return []
    keys = [item.what.removeprefix(f"{PURPOSE} ") for item in view.statements if item.what.startswith(f"{PURPOSE} ")]
    possible = [_part_id(petition_id, key, number) for key in keys for number in range(1, PARTS_MAX + 1)]
    async with around.database.reading() as connection:
        there = {part.id for part in await reading.by_ids(connection, possible) if part.is_sealed}
    return [phrase_for(around.cipher, part_id) for part_id in possible if part_id in there]


def _part_id(petition_id: UUID, key: str, number: int) -> UUID:
    return derived(petition_id, "part", key, number)


async def _rewrite(tx: Transaction, command: Split, cipher: Ciphers) -> None:
    """Let the petition say what is left of it, under a new key, and be found by that alone."""
    petition = command.petition
    await people.lock(tx.connection, petition.id)
    found = await reading.contents(tx.connection, [petition.id], with_sealed=True)
    if command.remaining is None or not found:
        return
    content = content_of(cipher, found[0]) | {"text": command.remaining}
    sealed = cipher.seal(orjson.dumps(content), context=petition.id.bytes, is_sealed=petition.is_sealed)
    await rewriting.reseal(tx.connection, petition.id, sealed)
    if not petition.is_sealed:
        await rewriting.find_by(tx.connection, petition.id, words_of(cipher, command.remaining, content.get("place")))


def _part(command: Split, part: Lodging, number: int, content: dict[str, str | float], cipher: Ciphers) -> LodgePetition:
    petition = command.petition
    petition_id = _part_id(petition.id, command.key, number)
    first_sealed = next((place for place, each in enumerate(command.parts, start=1) if each.is_sealed), None)
    takes_text = number == first_sealed and command.remaining is not None
    contact = petitioning.CONTACT if part.kind in AGAINST_KINDS else petitioning.CONTACT[:3]
    lodging = replace(
        part,
        place=_word(content, "place"),
        contact=Contact(*(_word(content, field) for field in contact)),
        part_of=UUID(bytes=petition.id.bytes),
        former_text=_word(content, "text") if takes_text else None,
    )
    return LodgePetition(
        lodging=lodging,
        petition_id=petition_id,
        code=secrets.secret_of(cipher.stamp(_CODE_PURPOSE + petition_id.bytes)),
        key=f"part {petition_id}",
        actor=command.officer.actor,
        authority=command.officer.authority,
        now=command.now,
        traceparent=command.traceparent,
        received_at=petition.lodged_at,
    )


def _word(content: dict[str, str | float], field: str) -> str | None:
    found = content.get(field)
    return str(found) if found is not None else None


def _said(command: Split, receipts: Sequence[Receipt]) -> list[NewEvent]:
    """Return that it was split; nothing where all that was taken out is sealed: nobody is to learn that there was any."""
    petition = command.petition
    open_parts = [UUID(bytes=receipt.petition_id.bytes) for receipt in receipts if not receipt.is_sealed]
    if not open_parts:
        return []
    split_up = NewEvent(
        id=derived(petition.id, "split", command.key),
        aggregate_id=petition.id,
        body=PetitionSplitV1(parts=open_parts),
        effective_at=command.now,
        recorded_at=command.now,
        actor=command.officer.actor,
        authority=command.officer.authority,
        correlation_id=petition.id,
        is_sealed=petition.is_sealed,
        traceparent=command.traceparent,
    )
    return [split_up]
