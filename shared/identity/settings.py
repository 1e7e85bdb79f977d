"""Which identity provider is trusted, and the secret that our services share."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class IdentitySettings(BaseModel):
    """Any OpenID Connect provider will do; deploy/local has a small one for demonstrations."""

    model_config = ConfigDict(frozen=True)

    issuer: str = Field(description="the `iss` of accepted tokens")
    jwks_url: str = Field(description="where the issuer's public keys are")
    audience: str = Field(default="caunoi", description="the `aud` of accepted tokens")
    service_secret_file: Path = Field(description="file with the secret of tokens between services, at least 32 characters")
