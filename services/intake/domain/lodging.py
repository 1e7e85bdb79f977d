"""What a petition must say before it is taken in. Everything that is wrong is found at once, not one mistake at a time."""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.domain.mistakes import Mistake
from services.intake.domain.people import Contact, Person, mistakes_in_people
from services.intake.domain.places import Communes

TEXT_CHARACTERS_MAX = 20_000
PLACE_CHARACTERS_MAX = 500
NAME_CHARACTERS_MAX = 200
LATITUDES = (-90.0, 90.0)
LONGITUDES = (-180.0, 180.0)
JURISDICTIONS = ("hanoi", "boston")
WITH_COMMUNES = "hanoi"
LEGAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Where legal days are counted."""
IMPORT_CHANNEL = "import"
SEALED_KIND = "denunciation"
PUBLIC_KINDS = ("field_report", "recommendation", "complaint", SEALED_KIND)
"""What anybody may lodge; the others are passed on by elected deputies, or come from dialogues between leaders and people."""
PUBLIC_CHANNELS = ("web", "app")
"""How anybody lodges by himself; the others are of those who take in what was said or written elsewhere."""
AGAINST_KINDS = ("complaint", SEALED_KIND)
STAFF = "staff"
OTHER_COMMUNES_MAX = 20

_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_TOPIC = re.compile(r"[a-z0-9-]{1,40}")
_SOURCE_TOPIC = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_SOURCE_TOPIC_CHARACTERS_MAX = 64
_EMAIL_CHARACTERS_MAX = 254


@dataclass(frozen=True, slots=True)
class Lodging:
    """A petition as it was said. `procedure` None: the first one of its kind; `follows` is the petition that it contests,
    `part_of` the one of mixed content that it was taken out of. `people` are all who lodge it jointly, the one of `contact`
    first; `appointed_on` is the day of the paper by which they appointed who speaks for them. `former_text` is all that was said
    where this part of it, a denunciation, was taken out.
    """

    kind: str
    jurisdiction: str
    text: str
    topic: str | None
    commune: str | None
    latitude: float | None
    longitude: float | None
    place: str | None
    contact: Contact
    channel: str
    language: str
    urgency: str | None
    procedure: str | None = None
    follows: UUID | None = None
    part_of: UUID | None = None
    against: str | None = None
    against_rank: str | None = None
    other_communes: tuple[str, ...] | None = None
    people: tuple[Person, ...] | None = None
    appointed_on: date | None = None
    commune_origin: str | None = None
    former_text: str | None = None

    @property
    def petitioners(self) -> int:
        """How many lodge it."""
        return len(self.people) if self.people else 1

    @property
    def is_sealed(self) -> bool:
        return self.is_sealed_kind(self.kind)

    @staticmethod
    def is_sealed_kind(kind: str) -> bool:
        """Whether petitions of a kind are kept under seal."""
        return kind == SEALED_KIND

    @property
    def is_physical(self) -> bool:
        """Whether it is about a place that can be looked at."""
        return self.latitude is not None or bool(self.place)


def mistakes_in(lodging: Lodging, *, communes: Communes, today: date) -> list[Mistake]:
    """Return everything that is wrong with a petition on the legal day `today`."""
    found = [*_in_words(lodging), *_in_place(lodging, communes, today), *mistakes_in_contact(lodging.contact)]
    return [*found, *_in_jurisdiction(lodging), *_in_against(lodging, communes), *_in_people(lodging, today)]


def mistakes_in_import(lodging: Lodging, *, communes: Communes, today: date) -> list[Mistake]:
    """Return what is wrong with a petition of another system: it may have no words, all else is as at the door."""
    found = [
        *_too_long(lodging),
        *_in_source_topic(lodging),
        *_in_place(lodging, communes, today),
        *mistakes_in_contact(lodging.contact),
    ]
    return [*found, *_in_jurisdiction(lodging)]


def mistakes_in_urgency(lodging: Lodging, *, is_clerk: bool) -> list[Mistake]:
    """Return what is wrong with saying how urgent it is: urgency shortens legal limits, so only clerks may."""
    return [] if lodging.urgency is None or is_clerk else [Mistake("urgency", "clerk_only")]


def mistakes_in_topic(lodging: Lodging, known: Container[str] | None) -> list[Mistake]:
    """Return what is wrong with a topic of the right form that is none of the `known`; None: nobody knows yet which there are."""
    if lodging.topic is None or known is None or _in_topic(lodging) or lodging.topic in known:
        return []
    return [Mistake("topic", "unknown_topic")]


def mistakes_in_right(lodging: Lodging, *, is_clerk: bool) -> list[Mistake]:
    """Return what is wrong with what only clerks and officers lodge."""
    if is_clerk:
        return []
    found = []
    if lodging.kind not in PUBLIC_KINDS:
        found.append(Mistake("kind", "office_only", {"allowed": ", ".join(PUBLIC_KINDS)}))
    if lodging.channel not in (*PUBLIC_CHANNELS, IMPORT_CHANNEL):
        found.append(Mistake("channel", "office_only", {"allowed": ", ".join(PUBLIC_CHANNELS)}))
    return found


def mistakes_in_key(key: str | None) -> list[Mistake]:
    """Return what is wrong with an idempotency key; none is needed."""
    return [] if key is None or _KEY.fullmatch(key) else [Mistake("Idempotency-Key", "bad_key")]


def _in_words(lodging: Lodging) -> list[Mistake]:
    found = []
    if not lodging.text.strip():
        found.append(Mistake("text", "blank"))
    found += [*_too_long(lodging), *_in_topic(lodging), *_in_address(lodging)]
    if _CONTROL.search(lodging.place or ""):
        found.append(Mistake("place", "bad_signs"))
    if lodging.channel == IMPORT_CHANNEL:
        found.append(Mistake("channel", "import_only"))
    return found


def _too_long(lodging: Lodging) -> list[Mistake]:
    said = (("text", lodging.text, TEXT_CHARACTERS_MAX), ("place", lodging.place or "", PLACE_CHARACTERS_MAX))
    return [
        Mistake(field, "too_long", {"length": len(value), "limit": limit}) for field, value, limit in said if len(value) > limit
    ]


def _in_topic(lodging: Lodging) -> list[Mistake]:
    """A topic travels in events: anything but a short code could carry what somebody wrote."""
    is_code = lodging.topic is None or _TOPIC.fullmatch(lodging.topic)
    return [] if is_code else [Mistake("topic", "bad_topic")]


def _in_source_topic(lodging: Lodging) -> list[Mistake]:
    """Return what is wrong with the word that another system has for a topic: operators import, and their systems have others."""
    topic = lodging.topic
    is_code = topic is None or (len(topic) <= _SOURCE_TOPIC_CHARACTERS_MAX and _SOURCE_TOPIC.fullmatch(topic))
    return [] if is_code else [Mistake("topic", "bad_topic")]


def _in_address(lodging: Lodging) -> list[Mistake]:
    """Only denunciations and complaints say where their petitioner lives (Law on Denunciations art. 23, 25)."""
    if lodging.kind in AGAINST_KINDS:
        return []
    found = [Mistake("petitioner.address", "needless_address")] if lodging.contact.address else []
    others = enumerate((lodging.people or ())[1:], start=2)
    return found + [Mistake(f"petitioners.{place}.address", "needless_address") for place, one in others if one.contact.address]


def _in_jurisdiction(lodging: Lodging) -> list[Mistake]:
    if lodging.jurisdiction in JURISDICTIONS:
        return []
    return [Mistake("jurisdiction", "unknown_jurisdiction", {"allowed": ", ".join(JURISDICTIONS)})]


def _in_place(lodging: Lodging, communes: Communes, today: date) -> list[Mistake]:
    found = []
    if (lodging.latitude is None) != (lodging.longitude is None):
        found.append(Mistake("latitude" if lodging.latitude is None else "longitude", "half_coordinates"))
    for field, value, (low, high) in (("latitude", lodging.latitude, LATITUDES), ("longitude", lodging.longitude, LONGITUDES)):
        if value is not None and not low <= value <= high:
            found.append(Mistake(field, "out_of_range", {"low": low, "high": high}))
    if lodging.commune is not None:
        wrong = communes.mistake(lodging.commune, today=today)
        if lodging.jurisdiction != WITH_COMMUNES:
            wrong = Mistake("commune", "no_communes_there")
        found += [wrong] if wrong else []
    return [*found, *_in_other_communes(lodging, communes, today)]


def _in_other_communes(lodging: Lodging, communes: Communes, today: date) -> list[Mistake]:
    others = lodging.other_communes or ()
    if others and lodging.commune is None:
        return [Mistake("commune", "missing")]
    if len(set(others)) < len(others) or lodging.commune in others:
        return [Mistake("other_communes", "commune_twice")]
    wrong = [communes.mistake(code, today=today) for code in others]
    return [Mistake("other_communes", mistake.code, mistake.facts) for mistake in wrong if mistake]


def _in_against(lodging: Lodging, communes: Communes) -> list[Mistake]:
    """Return what is wrong with who is complained of. A denunciation of who leads the city is not for offices below him."""
    against, rank = lodging.against, lodging.against_rank
    if against is None:
        return [Mistake("against", "missing")] if rank is not None else []
    if lodging.kind not in AGAINST_KINDS:
        return [Mistake("against", "complaint_only")]
    if rank is not None and not lodging.is_sealed:
        return [Mistake("against_rank", "denunciation_only")]
    if communes.offices and against not in communes.offices:
        return [Mistake("against", "unknown_office")]
    if lodging.is_sealed and rank != STAFF and communes.offices.get(against, against) is None:
        return [Mistake("against", "beyond_the_city")]
    return []


def _in_people(lodging: Lodging, today: date) -> list[Mistake]:
    people = lodging.people or ()
    found = mistakes_in_people(people, has_appointment=lodging.appointed_on is not None) if people else []
    if lodging.appointed_on is not None and lodging.appointed_on > today:
        found.append(Mistake("appointed_on", "future_day"))
    for place, person in enumerate(people[1:], start=2):
        found += mistakes_in_contact(person.contact, field=f"petitioners.{place}")
    return found


def mistakes_in_contact(contact: Contact, *, field: str = "petitioner") -> list[Mistake]:
    """Return what is wrong with how somebody can be reached."""
    found = []
    if contact.name and len(contact.name) > NAME_CHARACTERS_MAX:
        found.append(Mistake(f"{field}.name", "too_long", {"length": len(contact.name), "limit": NAME_CHARACTERS_MAX}))
    if contact.address and len(contact.address) > PLACE_CHARACTERS_MAX:
        facts = {"length": len(contact.address), "limit": PLACE_CHARACTERS_MAX}
        found.append(Mistake(f"{field}.address", "too_long", facts))
    said = (("name", contact.name), ("address", contact.address))
    found += [Mistake(f"{field}.{name}", "bad_signs") for name, value in said if value and _CONTROL.search(value)]
    if contact.email and (len(contact.email) > _EMAIL_CHARACTERS_MAX or not _EMAIL.fullmatch(contact.email)):
        found.append(Mistake(f"{field}.email", "bad_email"))
    return found
