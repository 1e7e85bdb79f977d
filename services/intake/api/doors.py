"""What the doors of intake share: handed in once, at start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request

from services.intake.domain.locating import Gazetteer, located
from services.intake.domain.lodging import WITH_COMMUNES, Lodging
from services.intake.domain.mistakes import Mistake, refuse
from services.intake.domain.places import Communes
from services.intake.domain.retention import Retention
from services.intake.gateways.client_keys import ClientKeys
from services.intake.gateways.log import Log
from services.intake.gateways.routing import Answers
from services.intake.gateways.topics import RoutingTopics
from services.intake.handlers.attaching import Stores
from services.intake.handlers.desk import Desk
from services.intake.store.hearing import communes, offices_above
from shared.identity import Ciphers
from shared.kernel.clock import Clock
from shared.kernel.refusals import Malformed
from shared.persistence import Database
from shared.web import language_of

COMMUNES_STALE_SECONDS = 10.0


@dataclass(slots=True)
class CommuneRegister:
    """The communes as heard from routing, read again when they are a few seconds old."""

    database: Database
    gazetteer: Gazetteer
    _known: Communes = field(default_factory=Communes)
    _read_at: datetime | None = None

    async def communes(self, now: datetime) -> Communes:
        if self._read_at is None or (now - self._read_at).total_seconds() > COMMUNES_STALE_SECONDS:
            self._read_at = now
            async with self.database.reading() as connection:
                offices = await offices_above(connection, WITH_COMMUNES)
                self._known = Communes(await communes(connection, WITH_COMMUNES), offices=offices)
        return self._known

    async def located(self, lodging: Lodging, now: datetime) -> tuple[Lodging, Communes]:
        """Return a petition with its commune where that can be told, and the communes to check it by."""
        communes = await self.communes(now)
        return located(lodging, communes, self.gazetteer), communes


@dataclass(frozen=True, slots=True)
class Open311:
    """What the doors of Open311 need: what services there are, who may lodge, whom to ask for a key."""

    keys: ClientKeys
    contact: str
    url: str | None
    """The address of the folder of discovery, as clients reach it; None: where they ask."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything a door may use."""

    database: Database
    cipher: Ciphers
    desk: Desk
    files: Stores
    register: CommuneRegister
    answers: Answers
    log: Log
    topics: RoutingTopics
    clock: Clock
    tracking_url: str
    proof_url: str
    receipt_url: str
    shingle_key: bytes
    retention: Retention
    open311: Open311

    async def close(self) -> None:
        """Let go of connections."""
        for part in (self.answers.close, self.log.close, self.topics.close, self.database.close):
            await part()


def not_listed(request: Request, field: str, allowed: Sequence[str]) -> Malformed:
    """Return the answer to a value that is in no list, naming the list."""
    return refuse([Mistake(field, "not_listed", {"allowed": ", ".join(allowed)})], language=language_of(request))
