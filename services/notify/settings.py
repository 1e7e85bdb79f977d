"""What notify reads from its environment, once (.env.example)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.notify.gateways.mail import SmtpSettings
from services.notify.gateways.phone import GatewaySettings
from services.notify.gateways.push import PushSettings
from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import LimitSettings

PREFIX = "NOTIFY_"


class Settings(BaseModel):
    """Settings of notify."""

    model_config = ConfigDict(frozen=True)

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    limits: LimitSettings = LimitSettings()
    smtp: SmtpSettings
    sms: GatewaySettings = GatewaySettings()
    zalo: GatewaySettings = GatewaySettings()
    push: PushSettings = PushSettings()
    key_file: Path | None = Field(
        default=None, description="64 hexadecimal digits: keeps what people give us; without it they cannot give anything"
    )
    escalation_url: str | None = Field(default=None, description="base address of escalation, ending in /escalation; for digests")
    intake_url: str = Field(description="base address of intake, ending in /intake")
    routing_url: str = Field(description="base address of routing, ending in /routing")
    public_url: str = Field(description="the address that people know, for links in mails")
    lease_seconds: float = Field(default=60.0, ge=1, le=3600, description="after this a broken-off round is taken up again")
