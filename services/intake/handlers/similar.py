"""What may be about the same thing, shown while somebody lodges: to join it instead. Nothing that was written is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.likeness import EVERYDAY, WITHIN, Likeness, Place, Said, alike
from services.intake.domain.lodging import Lodging
from services.intake.domain.people import JOINABLE
from services.intake.handlers.lodging import words_of
from services.intake.store import reading
from services.intake.store import similar as store
from services.intake.store.similar import Near
from shared.identity import Ciphers
from shared.persistence import Database

SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class Similar:
    """Petitions that are alike, the most alike first, and the names of their offices."""

    found: Sequence[tuple[Near, Likeness]]
    office_names: Mapping[str, tuple[str, str]]


async def similar_to(lodging: Lodging, database: Database, cipher: Ciphers, *, now: datetime) -> Similar:
    """Return what is like a petition that is about to be lodged; nothing where its kind is not joined."""
    if lodging.kind not in JOINABLE:
        return Similar([], {})
    one = Said(
        words=words_of(cipher, lodging.text, lodging.place),
        commune=lodging.commune,
        place=Place.of(lodging.latitude, lodging.longitude),
        at=now,
    )
    async with database.reading() as connection:
        near = await store.near(connection, one, kinds=sorted(JOINABLE), jurisdiction=lodging.jurisdiction, since=now - WITHIN)
        everyday = words_of(cipher, EVERYDAY)
        likenesses = alike(one, [item.said for item in near], everyday=everyday)[:SHOWN_MAX]
        found = [(near[item.number], item) for item in likenesses]
        offices = {item.office for item, _ in found if item.office}
        names = await reading.office_names(connection, offices) if offices else {}
    return Similar(found, names)
