"""What routing reads from its environment, once (.env.example)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.routing.wire.topic_model_file import MODEL
from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import LimitSettings

PREFIX = "ROUTING_"


class Settings(BaseModel):
    """Settings of routing."""

    model_config = ConfigDict(frozen=True)

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    limits: LimitSettings = LimitSettings()
    intake_url: str = Field(description="base address of intake, ending in /intake")
    escalation_url: str = Field(
        default="http://escalation:8000/escalation", description="base address of escalation, ending in /escalation"
    )
    backdating_hours_max: int = Field(
        default=24, ge=0, le=24 * 365, description="how far back one officer alone may state the time of an act"
    )
    topic_model_file: Path = Field(default=MODEL, description="the model that suggests topics, trained by `make topics`")
    master_key_file: Path = Field(description="64 hexadecimal digits; answers are sealed under it")
    sealed_key_file: Path = Field(description="64 hexadecimal digits of their own, as intake's: for denunciations")
