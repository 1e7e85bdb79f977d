"""Mixed content is taken apart: each part becomes a petition of its own with its own procedure, and counts from the same day.

The petition that it came from goes on with what is left. A part that is a denunciation leaves no trace on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain import secret as secrets
from services.intake.domain.lodging import Lodging
from services.intake.domain.people import Contact
from services.intake.handlers.desk import Desk
from services.intake.handlers.lodging import LodgePetition, Receipt
from services.intake.handlers.viewing import content_of
from services.intake.store import reading, statements
from services.intake.store.reading import Petition
from services.intake.store.statements import Statement
from shared.contracts import NewEvent
from shared.contracts.intake import PetitionSplitV1
from shared.identity import Ciphers, Principal
from shared.kernel.ids import derived
from shared.persistence import Database

PURPOSE = "split"
_CODE_PURPOSE = b"caunoi/part/"


@dataclass(frozen=True, slots=True)
class Part:
    """A part in the officer's words or the petitioner's, and of which kind it is."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Split:
    """The command: which petition, into which further parts, by whom, under which key."""

    petition: Petition
    parts: Sequence[Part]
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
        fields = ("name", "email", "phone", "place")
        actor = command.officer.actor
        await reading.record_readings(tx.connection, [petition.id], reader=actor, purpose=PURPOSE, fields=fields, now=command.now)
    content = content_of(cipher, found[0]) if found else {}
    receipts = [
        await desk.lodge(_part(command, part, number, content, cipher)) for number, part in enumerate(command.parts, start=1)
    ]
    async with database.transaction() as tx:
        if await statements.put(tx.connection, petition.id, Statement(f"{PURPOSE} {command.key}", 0, command.now)):
            tx.emit([_event(command, receipts)])
    return receipts


def _part(command: Split, part: Part, number: int, content: dict[str, str | float], cipher: Ciphers) -> LodgePetition:
    petition = command.petition
    petition_id = derived(petition.id, "part", command.key, number)
    lodging = Lodging(
        kind=part.kind,
        jurisdiction=petition.jurisdiction,
        text=part.text,
        topic=None,
        commune=None,
        latitude=None,
        longitude=None,
        place=_word(content, "place"),
        contact=Contact(_word(content, "name"), _word(content, "email"), _word(content, "phone")),
        channel="counter",
        language=petition.language,
        urgency=None,
        part_of=UUID(bytes=petition.id.bytes),
    )
    return LodgePetition(
        lodging=lodging,
        petition_id=petition_id,
        code=secrets.secret_of(cipher.stamp(_CODE_PURPOSE + petition_id.bytes)),
        key=f"part {petition_id}",
        actor=command.officer.actor,
        now=command.now,
        traceparent=command.traceparent,
        received_at=petition.lodged_at,
    )


def _word(content: dict[str, str | float], field: str) -> str | None:
    found = content.get(field)
    return str(found) if found is not None else None


def _event(command: Split, receipts: Sequence[Receipt]) -> NewEvent:
    petition = command.petition
    open_parts = [
        UUID(bytes=receipt.petition_id.bytes)
        for receipt, part in zip(receipts, command.parts, strict=True)
        if not Lodging.is_sealed_kind(part.kind)
    ]
    return NewEvent(
        id=derived(petition.id, "split", command.key),
        aggregate_id=petition.id,
        body=PetitionSplitV1(parts=open_parts),
        effective_at=command.now,
        recorded_at=command.now,
        actor=command.officer.actor,
        correlation_id=petition.id,
        is_sealed=petition.is_sealed,
        traceparent=command.traceparent,
    )
