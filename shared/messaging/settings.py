"""Where the bus is, how to sign in, how many copies it keeps, and the size of a batch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class BusSettings(BaseModel):
    """Address of nats-server, how to sign in, copies of the streams, and the size of a batch."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="nats://host:port, several separated by commas")
    user: str | None = None
    password: str | None = None
    password_file: Path | None = Field(default=None, description="file holding the password; wins over `password`")
    credentials_file: Path | None = Field(
        default=None, description="`.creds` of our services' account, where nats-server has accounts; wins over user and password"
    )
    replicas: int = Field(default=1, ge=1, le=5, description="copies of every stream: 1 node, or 3 of a cluster")
    batch_size: int = Field(default=500, ge=2, le=1000, description="messages handled in one transaction")

    def servers(self) -> list[str]:
        return [server.strip() for server in self.url.split(",")]

    def signing_in(self) -> dict[str, str]:
        """Return how a client of nats-server signs in: what `nats.connect` and FastStream call it."""
        if self.credentials_file is not None:
            return {"user_credentials": str(self.credentials_file)}
        password = self.secret()
        return {} if self.user is None or password is None else {"user": self.user, "password": password}

    def secret(self) -> str | None:
        """Return the password."""
        if self.password_file is not None:
            return self.password_file.read_text(encoding="utf-8").strip()
        return self.password
