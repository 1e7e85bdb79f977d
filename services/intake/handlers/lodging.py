"""Lodging: what is written and said of petitions that came in together, in one transaction. The same key, the same receipt."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import orjson

from services.intake.domain import phrase as phrases
from services.intake.domain.likeness import Place
from services.intake.domain.lodging import Lodging
from services.intake.domain.people import Contact, Person
from services.intake.domain.words import digests
from services.intake.handlers.people import petitioner_of
from services.intake.store import lodging as store
from services.intake.store.lodging import NewPetition, StoredReceipt
from services.intake.store.people import Petitioner
from services.intake.wire.commitment import ENTROPY_BYTES, Commitment, commitment_to
from services.intake.wire.lodging import joined_event, lodged_event, vault_content
from shared.contracts import EventBody, NewEvent
from shared.identity import Ciphers, Sealed
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused
from shared.persistence import Transaction

_LATER = (
    "procedure",
    "follows",
    "part_of",
    "against",
    "against_rank",
    "other_communes",
    "people",
    "appointed_on",
    "commune_origin",
)
"""Fields that lodgings did not always have: where they are empty the digest is what it was."""
_WORDS_PURPOSE = b"caunoi/words/v1"
LODGED = "lodged"
"""What the id of the event is derived from that says it."""
COMMITMENT = "commitment"
"""Where the vault keeps the salts of what the event commits to: beside the content, so that they go with it."""


@dataclass(frozen=True, slots=True)
class LodgePetition:
    """The command, with everything that the door minted for it."""

    lodging: Lodging
    petition_id: UUID
    code: str
    key: str | None
    actor: str
    now: datetime
    traceparent: str | None
    received_at: datetime | None = None
    authority: str | None = None

    @property
    def lodged_at(self) -> datetime:
        """When it counts as lodged: now, or when what it was part of was received."""
        return self.received_at or self.now

    @property
    def digest(self) -> bytes:
        said = {field.name: getattr(self.lodging, field.name) for field in fields(self.lodging)}
        said["contact"] = _said_by(self.lodging.contact)
        if self.lodging.people is not None:
            said["people"] = [_said_of_one(person) for person in self.lodging.people]
        del said["former_text"]  # what is taken apart under the same key again no longer says what it said
        present = {name: value for name, value in said.items() if name not in _LATER or value is not None}
        return hashlib.sha256(orjson.dumps(present)).digest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What whoever lodged is told. `is_repeat`: the same key was answered before."""

    code: str
    petition_id: UUID
    lodged_at: datetime
    is_sealed: bool
    is_repeat: bool = False
    petitioners: int = 1


def _said_by(contact: Contact) -> dict[str, str | None]:
    """Return what counts of a contact: without an address it is what it was before there were any."""
    said = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    return said | ({"address": contact.address} if contact.address else {})


def _said_of_one(person: Person) -> dict[str, object]:
    flags = {"is_representative": person.is_representative, "has_signed": person.has_signed}
    return {"contact": _said_by(person.contact), **flags}


Answer = Receipt | Refused


async def lodge(tx: Transaction, commands: Sequence[LodgePetition], cipher: Ciphers) -> list[Answer]:
    """Lodge `commands` in one transaction and return their answers in order. Of those with the same key the first counts."""
    first = {command.key: command for command in reversed(commands) if command.key is not None}
    leading = [command for command in commands if command.key is None or first[command.key] is command]
    rows = [(_row(command, cipher), _receipt(command)) for command in leading]
    written = await store.lodge(tx.connection, rows)
    lodged = [_lodged(command, row) for command, (row, _) in zip(leading, rows, strict=True) if command.petition_id in written]
    tx.emit(event for each in lodged for event in said_of(each))
    repeated = {command.key for command in commands if command.key is not None and command.petition_id not in written}
    known = await store.receipts_of(tx.connection, list(repeated)) if repeated else {}
    return [_answer(command, written, known) for command in commands]


def _answer(command: LodgePetition, written: set[UUID], known: Mapping[str, StoredReceipt]) -> Answer:
    if command.petition_id in written or command.key is None:
        number = command.lodging.petitioners
        return Receipt(command.code, command.petition_id, command.lodged_at, command.lodging.is_sealed, petitioners=number)
    return _repeated(command, known[command.key])


def _receipt(command: LodgePetition) -> StoredReceipt | None:
    if command.key is None:
        return None
    return StoredReceipt(command.key, command.digest, command.petition_id, command.code, command.lodged_at)


def _repeated(command: LodgePetition, receipt: StoredReceipt) -> Answer:
    if receipt.body_sha256 != command.digest:
        return Refused("this Idempotency-Key was used for another petition", code="idempotency_key_reused")
    is_sealed, number = command.lodging.is_sealed, command.lodging.petitioners
    return Receipt(receipt.code, receipt.petition_id, receipt.lodged_at, is_sealed, is_repeat=True, petitioners=number)


def seal(cipher: Ciphers, petition_id: UUID, lodging: Lodging, commitment: Commitment | None) -> Sealed | None:
    """Return what goes to the vault, None where there is nothing personal and nothing committed to."""
    content = vault_content(lodging) | ({COMMITMENT: commitment.kept()} if commitment else {})
    if not content:
        return None
    return cipher.seal(orjson.dumps(content), context=petition_id.bytes, is_sealed=lodging.is_sealed)


def words_of(cipher: Ciphers, text: str | None, place: str | None = None) -> list[int]:
    """Return the digests of the words that a petition is found by: those of its text and place, never of a name."""
    return digests((text, place), key=cipher.stamp(_WORDS_PURPOSE))


def phrase_for(cipher: Ciphers, petition_id: UUID) -> str:
    """Return the secret phrase of a denunciation: derived each time, so that the same lodging gets the same one."""
    return phrases.phrase_of(cipher.stamp(phrases.context_of(petition_id.bytes), is_sealed=True))


def digest_of(cipher: Ciphers, phrase: str) -> bytes:
    """Return what a phrase is found by."""
    return cipher.stamp(phrases.digest_context(phrase), is_sealed=True)


def new_petition(
    lodging: Lodging,
    petition_id: UUID,
    code: str,
    *,
    lodged_at: datetime,
    now: datetime,
    cipher: Ciphers,
    is_committed: bool = True,
) -> NewPetition:
    """Return what is written of a petition: its row, its sealed content, what it is found by.

    What another system took in is not committed to (`is_committed` False): that system has what was lodged.
    """
    is_open = not lodging.is_sealed
    commitment = commitment_to(lodging, os.urandom(ENTROPY_BYTES)) if is_committed else None
    return NewPetition(
        id=petition_id,
        code=code,
        kind=lodging.kind,
        jurisdiction=lodging.jurisdiction,
        language=lodging.language,
        is_sealed=lodging.is_sealed,
        lodged_at=lodged_at,
        recorded_at=now,
        sealed=seal(cipher, petition_id, lodging, commitment),
        commitment=commitment.digest if commitment else None,
        commune=lodging.commune if is_open else None,
        words=words_of(cipher, lodging.text, lodging.place) if is_open else (),
        place=Place.of(lodging.latitude, lodging.longitude) if is_open else None,
        phrase=None if is_open else digest_of(cipher, phrase_for(cipher, petition_id)),
        against=lodging.against,
        others=_others(lodging, petition_id, lodged_at=lodged_at, cipher=cipher),
        other_phrases=[]
        if is_open
        else [digest_of(cipher, phrase_for(cipher, key)) for key in petitioner_ids(petition_id, lodging.petitioners)[1:]],
    )


def petitioner_ids(petition_id: UUID, number: int) -> list[UUID]:
    """Return the ids of `number` who lodge a petition; the first one's is that of the petition."""
    return [petition_id, *(derived(petition_id, "petitioner", place) for place in range(2, number + 1))]


def _others(lodging: Lodging, petition_id: UUID, *, lodged_at: datetime, cipher: Ciphers) -> list[Petitioner]:
    keyed = zip(petitioner_ids(petition_id, lodging.petitioners), lodging.people or (), strict=False)
    return [
        petitioner_of(
            person,
            number,
            petition_id=petition_id,
            key=key,
            is_sealed=lodging.is_sealed,
            language=lodging.language,
            at=lodged_at,
            cipher=cipher,
            is_joint=True,
        )
        for number, (key, person) in enumerate(keyed, start=1)
        if number > 1
    ]


def _row(command: LodgePetition, cipher: Ciphers) -> NewPetition:
    return new_petition(
        command.lodging, command.petition_id, command.code, lodged_at=command.lodged_at, now=command.now, cipher=cipher
    )


@dataclass(frozen=True, slots=True)
class Lodged:
    """A petition that was taken in, as it is said. `received_by` is the office at whose counter, `commitment` to its content."""

    lodging: Lodging
    petition_id: UUID
    code: str
    lodged_at: datetime
    now: datetime
    actor: str
    traceparent: str | None
    commitment: str | None
    received_by: str | None = None
    authority: str | None = None


def _lodged(command: LodgePetition, row: NewPetition) -> Lodged:
    return Lodged(
        lodging=command.lodging,
        petition_id=command.petition_id,
        code=command.code,
        lodged_at=command.lodged_at,
        now=command.now,
        actor=command.actor,
        authority=command.authority,
        traceparent=command.traceparent,
        commitment=row.commitment,
    )


def said_of(lodged: Lodged) -> list[NewEvent]:
    """Return what is said of it: that it was lodged, and of each further petitioner that he stands behind it."""
    lodging = lodged.lodging
    body = lodged_event(lodging, code=lodged.code, received_by=lodged.received_by, commitment=lodged.commitment)
    said = [_event(lodged, LODGED, body)]
    keyed = zip(petitioner_ids(lodged.petition_id, lodging.petitioners), lodging.people or (), strict=False)
    for number, (key, person) in enumerate(keyed, start=1):
        if number > 1:
            speaks = person.is_representative
            joined = joined_event(key, person.contact, lodging.language, is_representative=speaks, number=number)
            said.append(_event(lodged, f"joined {number}", joined))
    return said


def _event(lodged: Lodged, name: str, body: EventBody) -> NewEvent:
    return NewEvent(
        id=derived(lodged.petition_id, name),
        aggregate_id=lodged.petition_id,
        body=body,
        effective_at=lodged.lodged_at,
        recorded_at=lodged.now,
        actor=lodged.actor,
        authority=lodged.authority,
        correlation_id=lodged.petition_id,
        is_sealed=lodged.lodging.is_sealed,
        traceparent=lodged.traceparent,
    )
