"""Petitioners and their number: persons, not messages. Joining a petition that somebody else lodged.

Invariant: who joins or leaves holds the petition meanwhile, so the last to leave is told as that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson

from services.intake.domain import people as domain
from services.intake.domain import secret as secrets
from services.intake.domain.people import JOINABLE, PEOPLE_MAX, Contact, Person
from services.intake.domain.progress import PETITIONER
from services.intake.store import people as store
from services.intake.store import reading
from services.intake.store.people import Petitioner
from services.intake.store.reading import Petition
from services.intake.wire.lodging import joined_event
from shared.contracts import NewEvent
from shared.identity import Ciphers
from shared.kernel.ids import derived, uuid7
from shared.kernel.refusals import Refused
from shared.persistence import Transaction

FIRST = 1
_PERSON = b"caunoi/person/v1/"


@dataclass(frozen=True, slots=True)
class Group:
    """The petitioners of one petition: `ids` of all in their order, the first one's first; `left` took it back.

    `present` are the persons, by their digests, who have not left.
    """

    ids: Sequence[UUID]
    left: frozenset[UUID]
    present: frozenset[bytes]
    others: Sequence[Petitioner]
    first: bytes = b""

    @property
    def number(self) -> int:
        """How many persons stand behind it."""
        return len(self.present)

    @property
    def remaining(self) -> list[UUID]:
        return [key for key in self.ids if key not in self.left]

    def speaks(self, petitioner_id: UUID, *, first_speaks: bool) -> bool:
        """Whether somebody may speak for all: who represents them, where several lodged it jointly; else everybody.

        Where all who represented them took it back, each of those who remain speaks: else nobody could.
        """
        speaking = {other.id for other in self.others if other.is_representative}
        speaking |= set(self.ids[:FIRST]) if first_speaks else set()
        return not self.is_joint or not speaking - self.left or petitioner_id in speaking

    @property
    def is_joint(self) -> bool:
        """Whether it was lodged by several who appointed representatives."""
        return sum(person.is_joint for person in self.others) + FIRST >= domain.JOINT_FROM


def person_of(cipher: Ciphers, contact: Contact, petition_id: UUID, *, is_sealed: bool, is_joint: bool = False) -> bytes:
    """Return the keyed digest of who somebody is."""
    return cipher.stamp(_PERSON + domain.identity(contact, petition_id, is_joint=is_joint).encode(), is_sealed=is_sealed)


def petitioner_of(
    person: Person,
    number: int,
    *,
    petition_id: UUID,
    key: UUID,
    is_sealed: bool,
    language: str,
    at: datetime,
    cipher: Ciphers,
    is_joint: bool,
) -> Petitioner:
    """Return a petitioner as he is kept."""
    contact = person.contact
    said = {"name": contact.name, "email": contact.email, "phone": contact.phone, "address": contact.address}
    content = orjson.dumps({field: value for field, value in said.items() if value})
    return Petitioner(
        id=key,
        petition_id=petition_id,
        number=number,
        person=person_of(cipher, contact, petition_id, is_sealed=is_sealed, is_joint=is_joint),
        is_representative=person.is_representative,
        is_joint=is_joint,
        language=language,
        joined_at=at,
        sealed=cipher.seal(content, context=key.bytes, is_sealed=is_sealed),
    )


async def group_of(tx: Transaction, cipher: Ciphers, petition: Petition) -> Group:
    """Return who stands behind a petition."""
    others = await store.of_petition(tx.connection, petition.id)
    left = await store.left(tx.connection, petition.id)
    found = await reading.contents(tx.connection, [petition.id], with_sealed=True)
    content = orjson.loads(cipher.open(found[0].sealed, context=petition.id.bytes, is_sealed=petition.is_sealed)) if found else {}
    first = Contact(content.get("name"), content.get("email"), content.get("phone"))
    stamp = person_of(cipher, first, petition.id, is_sealed=petition.is_sealed)
    persons = [(petition.id, stamp)]
    persons += [(other.id, other.person) for other in others]
    present = frozenset(person for key, person in persons if key not in left)
    return Group([key for key, _ in persons], frozenset(left), present, others, stamp)


async def persons_together(tx: Transaction, cipher: Ciphers, petition: Petition) -> tuple[list[str], int]:
    """Return the codes of all petitions that are dealt with together with this one, and how many persons stand behind them."""
    found = await reading.by_ids(tx.connection, await store.together(tx.connection, petition.id))
    persons: set[bytes] = set()
    for each in found:
        persons |= (await group_of(tx, cipher, each)).present
    return sorted(each.code for each in found), len(persons)


@dataclass(frozen=True, slots=True)
class Join:
    """The command: somebody joins a petition."""

    petition: Petition
    contact: Contact
    language: str
    now: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Joined:
    """What who joined is told: his own secret, and how many persons there are now."""

    secret: str
    number: int


async def join(tx: Transaction, command: Join, cipher: Ciphers, *, is_open: bool) -> Joined:
    """Join it. Raises Refused: it has ended, its kind is not joined, too many have."""
    petition = command.petition
    if petition.kind not in JOINABLE:
        raise Refused("each lodges it alone, or all sign one", code="join_other_kind", facts={"kind": petition.kind})
    await store.lock(tx.connection, petition.id)
    group = await group_of(tx, cipher, petition)
    if not is_open:
        raise Refused("it has ended", code="join_ended")
    if len(group.ids) >= PEOPLE_MAX:
        raise Refused("too many", code="join_full", facts={"limit": PEOPLE_MAX})
    key = uuid7(command.now)
    person = petitioner_of(
        Person(command.contact),
        FIRST + len(group.ids),
        petition_id=petition.id,
        key=key,
        is_sealed=False,
        language=command.language,
        at=command.now,
        cipher=cipher,
        is_joint=False,
    )
    await store.insert(tx.connection, [replace(person, is_first=person.person == group.first)])
    number = len(group.present | {person.person})
    tx.emit([_said(command, person, number)])
    return Joined(secret_of(cipher, key), number)


def secret_of(cipher: Ciphers, petitioner_id: UUID) -> str:
    """Return the secret of a petitioner."""
    return secrets.secret_of(cipher.stamp(secrets.context_of(petitioner_id.bytes)))


def _said(command: Join, person: Petitioner, number: int) -> NewEvent:
    return NewEvent(
        id=derived(person.id, "joined"),
        aggregate_id=command.petition.id,
        body=joined_event(person.id, command.contact, command.language, is_representative=False, number=number),
        effective_at=command.now,
        recorded_at=command.now,
        actor=PETITIONER,
        correlation_id=command.petition.id,
        traceparent=command.traceparent,
    )
