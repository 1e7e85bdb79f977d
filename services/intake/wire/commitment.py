"""What `petition.lodged` commits to: all that was lodged, in three parts, so that each can be shown without the others.

Invariant: nobody who reads events can guess a part, for each has its own random salt; without the salts, which are kept with the
content and destroyed with it, the commitment says nothing. The form is described in docs/receipts.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import rfc8785

from services.intake.domain.lodging import Lodging
from services.intake.domain.people import Contact, Person
from services.intake.domain.receipts import DETAILS, PARTS, PETITIONER, TEXT

FORM = "caunoi.content.v1"
SALT_BYTES = 16
ENTROPY_BYTES = SALT_BYTES * len(PARTS)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its salt, and the digest of salt and content."""

    salt: bytes
    digest: bytes

    def line(self, name: str) -> str:
        """Return what the commitment is made of: the salt counts by its digest, so that a part can stay closed."""
        return f"{name} {hashlib.sha256(self.salt).hexdigest()} {self.digest.hex()}\n"


@dataclass(frozen=True, slots=True)
class Commitment:
    """The parts of what was lodged, by name."""

    parts: Mapping[str, Part]

    @property
    def digest(self) -> str:
        """What the event says."""
        lines = [f"{FORM}\n", *(self.parts[name].line(name) for name in PARTS)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def kept(self) -> dict[str, list[str]]:
        """Return it as it is kept in the vault, beside the content."""
        return {name: [part.salt.hex(), part.digest.hex()] for name, part in self.parts.items()}

    @classmethod
    def of_kept(cls, kept: Mapping[str, list[str]]) -> Self:
        """Read what the vault keeps."""
        parts = {name: Part(bytes.fromhex(salt), bytes.fromhex(digest)) for name, (salt, digest) in kept.items()}
        return cls(MappingProxyType(parts))

    def shown(self, *, opened: frozenset[str]) -> dict[str, dict[str, str]]:
        """Return the parts as a receipt shows them: with their salts, by which a guess can be tried, only those in `opened`."""
        return {name: _shown(part, is_open=name in opened) for name, part in self.parts.items()}


def _shown(part: Part, *, is_open: bool) -> dict[str, str]:
    salt = {"salt": part.salt.hex()} if is_open else {"salt_sha256": hashlib.sha256(part.salt).hexdigest()}
    return {"digest": part.digest.hex(), **salt}


def commitment_to(lodging: Lodging, entropy: bytes) -> Commitment:
    """Return the commitment to what was lodged; `entropy` is ENTROPY_BYTES of true randomness."""
    contents = {TEXT: lodging.text.encode(), DETAILS: rfc8785.dumps(details(lodging)), PETITIONER: rfc8785.dumps(who(lodging))}
    parts = {}
    for place, name in enumerate(PARTS):
        salt = entropy[place * SALT_BYTES :][:SALT_BYTES]
        parts[name] = Part(salt, hashlib.sha256(salt + contents[name]).digest())
    return Commitment(MappingProxyType(parts))


def details(lodging: Lodging) -> dict[str, Any]:
    """Return what was said beside the words and the petitioner; what was not said is left out.

    The words out of which an officer took this part are no part of it: the petition that they stood in commits to them.
    """
    said = {
        "against": lodging.against,
        "against_rank": _word(lodging.against_rank),
        "appointed_on": lodging.appointed_on.isoformat() if lodging.appointed_on else None,
        "channel": _word(lodging.channel),
        "commune": lodging.commune,
        "follows": str(lodging.follows) if lodging.follows else None,
        "jurisdiction": lodging.jurisdiction,
        "kind": _word(lodging.kind),
        "language": _word(lodging.language),
        "latitude": lodging.latitude,
        "longitude": lodging.longitude,
        "other_communes": list(lodging.other_communes) if lodging.other_communes else None,
        "part_of": str(lodging.part_of) if lodging.part_of else None,
        "place": lodging.place,
        "procedure": _word(lodging.procedure),
        "topic": lodging.topic,
        "urgency": _word(lodging.urgency),
    }
    return {name: value for name, value in said.items() if value is not None}


def who(lodging: Lodging) -> list[dict[str, Any]]:
    """Return who lodged it, the first one first; of one who said nothing of himself an empty entry."""
    people = lodging.people or (Person(lodging.contact),)
    flags = bool(lodging.people)
    return [
        _contact(person.contact)
        | ({"has_signed": person.has_signed, "is_representative": person.is_representative} if flags else {})
        for person in people
    ]


def _contact(contact: Contact) -> dict[str, Any]:
    said = {"address": contact.address, "email": contact.email, "name": contact.name, "phone": contact.phone}
    return {name: value for name, value in said.items() if value}


def _word(value: str | None) -> str | None:
    """Return a word of a list as plain text."""
    return None if value is None else str(value)
