"""Settings of this service: frozen, read once."""

from datetime import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.audit.gateways import DiskTiles
from services.audit.gateways.witnesses import Witness, read_witnesses
from services.audit.handlers.closing import TheLog
from shared.identity import IdentitySettings
from shared.kernel.refusals import Malformed
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.tlog.notes import Signer
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
    intake_url: str = Field(default="http://intake:8000/intake", description="base address of intake, ending in /intake")
    routing_url: str = Field(default="http://routing:8000/routing", description="base address of routing, ending in /routing")
    notify_url: str = Field(default="http://notify:8000/notify", description="base address of notify, ending in /notify")
    reconcile_at: time = Field(default=time(1, 30), description="local time of the nightly reconciliation and comparison")
    zone: str = Field(default="Asia/Ho_Chi_Minh", description="time zone of `reconcile_at`")
    log_key_file: Path | None = Field(
        default=None, description="secret keys that sign checkpoints, one a line; none: no checkpoints"
    )
    log_origin: str = Field(default="caunoi/log", description="name of the log, as its checkpoints say it")
    log_dir: Path = Field(default=Path("/var/lib/caunoi/log"), description="where its tiles are kept")
    log_pace_seconds: float = Field(default=5.0, ge=0.1, le=10.0, description="least time between two checkpoints")
    log_check_minutes: float = Field(default=60.0, gt=0, description="time between two looks through the whole log")
    log_witnesses_file: Path | None = Field(default=None, description="public keys of witnesses and their addresses, one a line")

    def log(self) -> TheLog:
        """Return the log as it is configured. Raises Malformed."""
        return TheLog(origin=self.log_origin, signers=self._signers(), tiles=DiskTiles(self.log_dir), witnesses=self._witnesses())

    def _witnesses(self) -> tuple[Witness, ...]:
        return () if self.log_witnesses_file is None else read_witnesses(self.log_witnesses_file)

    def _signers(self) -> tuple[Signer, ...]:
        if self.log_key_file is None:
            return ()
        try:
            lines = self.log_key_file.read_text(encoding="ascii").split()
            signers = tuple(Signer.from_seed(self.log_origin, bytes.fromhex(line)) for line in lines)
        except (OSError, ValueError) as error:
            detail = f"AUDIT_LOG_KEY_FILE: {self.log_key_file} must hold keys of 64 hexadecimal digits, one a line; {error}"
            raise Malformed(detail, code="bad_settings") from error
        if not signers:
            raise Malformed(f"AUDIT_LOG_KEY_FILE: {self.log_key_file} is empty", code="bad_settings")
        return signers
