"""Settings of this service: frozen, read once."""

from pydantic import BaseModel, ConfigDict

from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings

PREFIX = "AUDIT_"


class Settings(BaseModel):
    """What the environment says."""

    model_config = ConfigDict(frozen=True)

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
