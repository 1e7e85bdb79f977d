"""What a city sets about agencies' webhooks."""

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.notify.domain.webhook_rules import PAUSE_AFTER, SCHEDULE, WARN_AFTER, Policy
from services.notify.domain.webhook_targets import Rules, read_networks, read_ports
from services.notify.gateways.webhook_sender import TIMEOUT_SECONDS

_HOUR = timedelta(hours=1)
SCHEDULE_MAX = 50


class WebhookSettings(BaseModel):
    """Webhooks. Without a key there are none."""

    model_config = ConfigDict(frozen=True)

    key_file: Path | None = Field(default=None, description="file with the key that encrypts secrets, 64 hexadecimal digits")
    allowed_networks: str = Field(default="", description="networks that are not public and may be gone to all the same")
    allowed_ports: str = Field(default="443,8443", description="ports of public addresses")
    allow_http: bool = Field(default=False, description="addresses that begin with http:// too")
    authorities_file: Path | None = Field(default=None, description="PEM file of further certificate authorities")
    timeout_seconds: float = Field(default=TIMEOUT_SECONDS, ge=0.1, le=60)
    connections: int = Field(default=64, ge=4, le=1000, description="deliveries under way at once, in each replica")
    per_endpoint: int = Field(default=4, ge=1, le=64, description="of these to one endpoint")
    per_office_max: int = Field(default=10, ge=1, le=1000, description="webhooks of one office")
    lease_seconds: float = Field(default=60.0, ge=1, le=3600, description="after this a broken-off attempt is made again")
    keep_days: float = Field(default=30.0, gt=0, le=3660, description="events and log are kept so long")
    warn_after_hours: float = Field(default=WARN_AFTER / _HOUR, ge=0, le=24 * 90)
    pause_after_hours: float = Field(default=PAUSE_AFTER / _HOUR, ge=0, le=24 * 90)
    schedule_seconds: str = Field(
        default=",".join(str(int(step.total_seconds())) for step in SCHEDULE), description="before each attempt"
    )

    @field_validator("allowed_networks")
    @classmethod
    def _is_networks(cls, written: str) -> str:
        read_networks(written)
        return written

    @field_validator("allowed_ports")
    @classmethod
    def _is_ports(cls, written: str) -> str:
        read_ports(written)
        return written

    @field_validator("schedule_seconds")
    @classmethod
    def _is_schedule(cls, written: str) -> str:
        if not 1 <= len(_schedule(written)) <= SCHEDULE_MAX:
            raise ValueError(f"1 to {SCHEDULE_MAX} numbers of seconds")
        return written

    def rules(self) -> Rules:
        """Return where webhooks may go."""
        return Rules(read_networks(self.allowed_networks), read_ports(self.allowed_ports), self.allow_http)

    def policy(self) -> Policy:
        """Return when attempts are made, and when an endpoint is warned and paused."""
        return Policy(_schedule(self.schedule_seconds), self.warn_after_hours * _HOUR, self.pause_after_hours * _HOUR)


def _schedule(written: str) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=float(part)) for part in written.split(","))
