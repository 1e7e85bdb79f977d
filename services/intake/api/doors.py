"""What the doors of intake share: handed in once, at start."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from services.intake.domain.lodging import WITH_COMMUNES
from services.intake.domain.places import Communes
from services.intake.gateways.object_store import ObjectStore
from services.intake.handlers.lodging import Desk
from services.intake.store.hearing import communes
from shared.identity import EnvelopeCipher
from shared.kernel.clock import Clock
from shared.persistence import Database

COMMUNES_STALE_SECONDS = 10.0
LEGAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(slots=True)
class CommuneRegister:
    """The communes as heard from routing, read again when they are a few seconds old."""

    database: Database
    _known: Communes = field(default_factory=Communes)
    _read_at: datetime | None = None

    async def communes(self, now: datetime) -> Communes:
        if self._read_at is None or (now - self._read_at).total_seconds() > COMMUNES_STALE_SECONDS:
            self._read_at = now
            async with self.database.reading() as connection:
                self._known = Communes(await communes(connection, WITH_COMMUNES))
        return self._known


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything a door may use."""

    database: Database
    cipher: EnvelopeCipher
    desk: Desk
    objects: ObjectStore
    register: CommuneRegister
    clock: Clock
