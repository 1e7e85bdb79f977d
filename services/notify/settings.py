"""What notify reads from its environment, once (.env.example)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.notify.gateways.webhook_settings import WebhookSettings
from services.notify.handlers.outfit import WaysSettings
from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import LimitSettings

PREFIX = "NOTIFY_"


class AgencySettings(BaseModel):
    """What it takes to let offices' own systems take part over NATS."""

    model_config = ConfigDict(frozen=True)

    signing_key_file: Path = Field(description="secret that accounts and users of nats-server are signed with")
    accounts_file: Path = Field(description="the accounts that nats-server was configured with (public)")


class Settings(WaysSettings):
    """Settings of notify."""

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    limits: LimitSettings = LimitSettings()
    escalation_url: str | None = Field(default=None, description="base address of escalation, ending in /escalation; for digests")
    agencies: AgencySettings | None = Field(default=None, description="None: nats-server has no accounts")
    intake_url: str = Field(description="base address of intake, ending in /intake")
    routing_url: str = Field(description="base address of routing, ending in /routing")
    webhooks: WebhookSettings = WebhookSettings()
