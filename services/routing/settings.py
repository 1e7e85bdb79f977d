"""What routing reads from its environment, once (.env.example)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings

PREFIX = "ROUTING_"


class Settings(BaseModel):
    """Settings of routing."""

    model_config = ConfigDict(frozen=True)

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    intake_url: str = Field(description="base address of intake, ending in /intake")
    master_key_file: Path = Field(description="64 hexadecimal digits; answers are sealed under it")
