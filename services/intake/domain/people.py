"""Who stands behind a petition: one, several who lodged it jointly, those who joined it later.

Each has an id of his own (the first one that of the petition), and by it a secret, notices and a way back of his own.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.intake.domain.mistakes import Mistake
from shared.kernel.ids import derived

PEOPLE_MAX = 1000
JOINT_FROM = 5
FEW_MAX = 10
REPRESENTATIVES_OF_FEW = 2
REPRESENTATIVES_MAX = 5
SECONDS_MAX = 4
"""Answers of one petition that a second complaint may contest: more than any case has seen."""
JOINABLE = frozenset({"field_report", "recommendation", "voters_petition"})
"""Kinds that others may join; a complaint is lodged by each, or jointly with all signatures (Decree 124/2020 art. 16(1))."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a petitioner can be reached; personal data, kept in the vault only."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None

    @property
    def is_reachable(self) -> bool:
        return bool(self.email or self.phone)

    @property
    def is_empty(self) -> bool:
        return not (self.name or self.email or self.phone)


@dataclass(frozen=True, slots=True)
class Person:
    """One of several who lodge together. `has_signed`: the paper that appoints the representatives is signed by him, too."""

    contact: Contact
    is_representative: bool = False
    has_signed: bool = False


def identity(contact: Contact, petition_id: UUID, *, is_joint: bool = False) -> str:
    """Return what tells one person from another: his phone, else his mail, else his name within this one petition.

    Whoever gave none of them is nobody else's equal: he counts once for this petition. Who signed a joint petition is a person
    by his name there: a family may share a phone.
    """
    if is_joint:
        return f"joint {petition_id} {_same(contact)}"
    if contact.phone:
        return f"phone {contact.phone}"
    if contact.email:
        return f"email {contact.email.casefold()}"
    return f"name {petition_id} {_folded(contact.name or '')}"


def representatives_max(people: int) -> int:
    """Return how many may speak for so many (Law on Citizen Reception art. 29): five to ten have one or two, more up to five."""
    if people < JOINT_FROM:
        return people
    return REPRESENTATIVES_OF_FEW if people <= FEW_MAX else REPRESENTATIVES_MAX


def mistakes_in_people(people: Sequence[Person], *, has_appointment: bool) -> list[Mistake]:
    """Return what is wrong with a joint petition: each has a name, all have signed, and their representatives are as many as
    the law lets them be.
    """
    number = len(people)
    if number > PEOPLE_MAX:
        return [Mistake("petitioners", "too_many_people", {"number": number, "limit": PEOPLE_MAX})]
    found = []
    seen: dict[str, int] = {}
    for place, person in enumerate(people, start=1):
        if not person.contact.name:
            found.append(Mistake(f"petitioners.{place}.name", "missing"))
        if not person.has_signed:
            found.append(Mistake(f"petitioners.{place}.has_signed", "unsigned"))
        first = seen.setdefault(_same(person.contact), place)
        if first != place:
            found.append(Mistake(f"petitioners.{place}", "person_twice", {"first": first}))
    speaking, most = sum(person.is_representative for person in people), representatives_max(number)
    if number >= JOINT_FROM and not 1 <= speaking <= most:
        found.append(Mistake("petitioners", "representatives", {"number": number, "speaking": speaking, "limit": most}))
    if number >= JOINT_FROM and not has_appointment:
        found.append(Mistake("appointed_on", "no_appointment"))
    return found


def _same(contact: Contact) -> str:
    """Return by what two lines name the same person: the whole of what they say, since a family shares a phone."""
    return "\n".join((_folded(contact.name or ""), contact.phone or "", (contact.email or "").casefold()))


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def second_of(petition_id: UUID, number: int) -> UUID:
    """Return the id of the second complaint that contests the answer `number` of a first one (0: that there is none)."""
    return derived(petition_id, "second", number)


def seconds_of(petition_id: UUID) -> list[UUID]:
    """Return the ids that second complaints of a petition may have: an answer is contested once, and few are taken back."""
    return [second_of(petition_id, number) for number in range(SECONDS_MAX)]
