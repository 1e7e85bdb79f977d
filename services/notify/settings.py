"""What notify reads from its environment, once (.env.example)."""

from pydantic import Field

from services.notify.handlers.outfit import WaysSettings
from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import LimitSettings

PREFIX = "NOTIFY_"


class Settings(WaysSettings):
    """Settings of notify."""

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    limits: LimitSettings = LimitSettings()
    escalation_url: str | None = Field(default=None, description="base address of escalation, ending in /escalation; for digests")
    intake_url: str = Field(description="base address of intake, ending in /intake")
    routing_url: str = Field(description="base address of routing, ending in /routing")
