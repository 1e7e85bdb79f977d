"""Which identity provider is trusted, how people sign in to pages there, and the secret that our services share."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

SESSION_MINUTES = 480


class IdentitySettings(BaseModel):
    """Any OpenID Connect provider will do; deploy/local has a small one for demonstrations."""

    model_config = ConfigDict(frozen=True)

    issuer: str = Field(description="the `iss` of accepted tokens")
    jwks_url: str = Field(description="where the issuer's public keys are")
    audience: str = Field(default="caunoi", description="the `aud` of accepted tokens")
    service_secret_file: Path = Field(description="file with the secret of tokens between services, at least 32 characters")
    client_id: str | None = Field(default=None, description="what the issuer calls our pages; without it nobody signs in to them")
    client_secret_file: Path | None = Field(default=None, description="file with the client's secret; default: a public client")
    scopes: str = Field(default="openid profile", description="what is asked for at sign-in")
    discovery_url: str | None = Field(
        default=None, description="the issuer's configuration; default: /.well-known/openid-configuration below the issuer"
    )
    authorization_url: str | None = Field(
        default=None, description="where browsers sign in, or a path of this city; default: as the issuer's configuration says"
    )
    public_url: str | None = Field(
        default=None, description="this city's address as browsers reach it; default: the one that they ask"
    )
    session_minutes: int = Field(default=SESSION_MINUTES, ge=5, le=1440, description="how long one is signed in to pages")
