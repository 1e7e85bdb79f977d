"""Settings of this service: frozen, read once."""

from datetime import time

from pydantic import BaseModel, ConfigDict, Field

from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import LimitSettings

PREFIX = "AUDIT_"


class Settings(BaseModel):
    """What the environment says."""

    model_config = ConfigDict(frozen=True)

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    limits: LimitSettings = LimitSettings()
    escalation_url: str = Field(
        default="http://escalation:8000/escalation", description="base address of escalation, ending in /escalation"
    )
    reconcile_at: time = Field(default=time(1, 30), description="local time of the nightly reconciliation")
    zone: str = Field(default="Asia/Ho_Chi_Minh", description="time zone of `reconcile_at`")
