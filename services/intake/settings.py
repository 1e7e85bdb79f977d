"""What intake reads from its environment, once (.env.example)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.intake.wire.retention import SHIPPED
from shared.identity import IdentitySettings
from shared.messaging import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import LimitSettings

PREFIX = "INTAKE_"


class Settings(BaseModel):
    """Settings of intake."""

    model_config = ConfigDict(frozen=True)

    database: DatabaseSettings
    bus: BusSettings
    identity: IdentitySettings
    limits: LimitSettings = LimitSettings()
    master_key_file: Path = Field(description="64 hexadecimal digits; without it the vault cannot be read")
    sealed_key_file: Path = Field(description="64 hexadecimal digits of their own; without it no denunciation can be read")
    retention_file: Path = Field(default=SHIPPED, description="rules: for how many years what petitioners said is kept")
    polygons_file: Path | None = Field(
        default=None, description="GeoJSON of the communes' borders; none: the nearest centre counts"
    )
    routing_url: str = Field(default="http://routing:8000/routing", description="base address of routing")
    open311_keys_file: Path | None = Field(
        default=None, description="clients that may lodge through Open311: a line `name sha256` each; none: nobody"
    )
    open311_contact: str = Field(
        default="Ban Tiếp công dân thành phố Hà Nội",
        min_length=1,
        description="who gives out keys, as clients of Open311 read it",
    )
    open311_url: str | None = Field(
        default=None, pattern=r"^https?://\S+[^/\s]$", description="where clients reach Open311; none: where they ask for it"
    )
    audit_url: str = Field(default="http://audit:8000/audit", description="base address of audit")
    attachments_dir: Path = Field(description="where the bytes of attachments are kept")
    tracking_url: str = Field(
        default="http://localhost:8000/intake/api/petitions/{code}",
        pattern=r"^https?://\S*\{code\}\S*$",
        description="where a petition can be followed, printed on receipts; {code} stands for its code",
    )
    proof_url: str = Field(
        default="http://localhost:8000/audit/proof",
        pattern=r"^https?://[^\s#]+$",
        max_length=200,
        description="page that checks receipts: what their QR code leads to",
    )
    receipt_url: str = Field(
        default="http://localhost:8000/intake/receipt",
        pattern=r"^https?://[^\s#]+$",
        max_length=200,
        description="page where who lodged fetches the file of his receipt, printed on receipts",
    )
