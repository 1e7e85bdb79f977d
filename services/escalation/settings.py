"""Settings of this service: frozen, read once, turned into the domain's policies here."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.escalation.timers import PACE_SECONDS
from services.escalation.wire.rulebook import Law, read_law
from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import LimitSettings

PREFIX = "ESCALATION_"
RULES = Path(__file__).resolve().parent / "rules"


class Settings(BaseModel):
    """What the environment says."""

    model_config = ConfigDict(frozen=True)

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    limits: LimitSettings = LimitSettings()
    rules_dir: Path = Field(default=RULES, description="folder of rule files, with calendars/ in it")
    sweep_pace_seconds: float = Field(
        default=PACE_SECONDS, ge=0.01, le=10, description="least time between two looks of the sweep"
    )

    def law(self) -> Law:
        """Return the rules of law and the calendars as the files say. Raises Malformed where one is not right."""
        law = read_law(self.rules_dir)
        law.rulebook()  # contradictions are found at the start, not at the first petition
        return law
