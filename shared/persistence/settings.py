"""Where a service's database is. The password may come from a file, as containers mount secrets."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import URL, make_url


class DatabaseSettings(BaseModel):
    """Address of one service's schema."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="postgresql://role:password@host:port/database")
    password_file: Path | None = Field(default=None, description="file holding the password; wins over the address")
    pool_size: int = Field(default=8, ge=1, le=100, description="connections at most")

    def sqlalchemy_url(self) -> URL:
        """Return the address for SQLAlchemy's asyncpg dialect, with the password filled in."""
        url = make_url(self.url).set(drivername="postgresql+asyncpg")
        if self.password_file is not None:
            url = url.set(password=self.password_file.read_text(encoding="utf-8").strip())
        return url
