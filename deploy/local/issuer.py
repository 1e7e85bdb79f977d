"""A small OpenID Connect issuer for demonstrations: public accounts, password grant, RS256, discovery and keys.

It is never part of a real city: there the identity provider is the city's own, named by CAUNOI_IDENTITY__ISSUER.
"""

from datetime import timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.accounts import Account, account_of
from deploy.local.secrets import secret_file
from shared.kernel.clock import Clock

ALGORITHM = "RS256"
KEY_BITS = 2048
TOKEN_LIFETIME = timedelta(hours=8)
FORM_FIELDS_MAX = 20
KEY_FILE = "issuer-key.pem"
_GRANTS = ("", "password")


class Issuer:
    """Signs tokens with the key in `secrets`, made at the first start."""

    def __init__(self, *, address: str, audience: str, secrets: Path, clock: Clock) -> None:
        self.address = address
        self._audience = audience
        self._clock = clock
        pem = secret_file(secrets, KEY_FILE, lambda: RSAKey.generate_key(KEY_BITS).as_pem(private=True))
        key = RSAKey.import_key(pem.read_bytes())
        self._key = RSAKey.import_key(pem.read_bytes(), {"kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM})

    def token(self, account: Account) -> str:
        """Return an access token for `account`, valid for TOKEN_LIFETIME."""
        now = self._clock.now()
        claims = {
            "iss": self.address,
            "aud": self._audience,
            "sub": account.name,
            "name": account.title,
            "roles": list(account.roles),
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFETIME).timestamp()),
        }
        if account.office is not None:
            claims["office"] = account.office
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": self._key.kid}, claims, self._key)

    def keys(self) -> dict[str, object]:
        """Return the public key as a JSON Web Key Set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def configuration(self) -> dict[str, object]:
        """Return the discovery document, as far as this issuer goes."""
        return {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/jwks",
            "token_endpoint": f"{self.address}/token",
            "grant_types_supported": ["password"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": ["sub", "name", "roles", "office"],
        }


def issuer_app(issuer: Issuer) -> Starlette:
    """Return the issuer's doors: discovery, keys, token."""

    async def configuration(_request: Request) -> Response:
        return JSONResponse(issuer.configuration())

    async def keys(_request: Request) -> Response:
        return JSONResponse(issuer.keys())

    async def token(request: Request) -> Response:
        async with request.form(max_fields=FORM_FIELDS_MAX, max_files=0) as form:
            given = {name: str(value) for name, value in form.items()}
        return _granted(issuer, given)

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/jwks", keys),
            Route("/token", token, methods=["POST"]),
        ]
    )


def _granted(issuer: Issuer, form: dict[str, str]) -> Response:
    """Answer a token request as RFC 6749, 5.1 and 5.2 say."""
    if form.get("grant_type", "") not in _GRANTS:
        return _denied("unsupported_grant_type", "only grant_type=password")
    account = account_of(form.get("username", ""), form.get("password", ""))
    if account is None:
        return _denied("invalid_grant", "unknown account or wrong password; the start page lists the demo accounts")
    answer = {
        "access_token": issuer.token(account),
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _denied(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=400)
