"""A small OpenID Connect issuer for demonstrations: public accounts, authorization codes with PKCE, password grant, RS256.

It is never part of a real city: there the identity provider is the city's own, named by CAUNOI_IDENTITY__ISSUER.
"""

from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.accounts import Account, account_of
from deploy.local.desk import Desk
from deploy.local.secrets import secret_file
from shared.kernel.clock import Clock

ALGORITHM = "RS256"
KEY_BITS = 2048
TOKEN_LIFETIME = timedelta(hours=8)
ID_TOKEN_LIFETIME = timedelta(minutes=5)
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
        return self._signed(account, self._audience, TOKEN_LIFETIME)

    def id_token(self, account: Account, *, client_id: str, nonce: str) -> str:
        """Return an ID token for a client, which asked with `nonce`."""
        return self._signed(account, client_id, ID_TOKEN_LIFETIME, nonce=nonce)

    def now(self) -> datetime:
        return self._clock.now()

    def _signed(self, account: Account, audience: str, lifetime: timedelta, **more: str) -> str:
        now = self._clock.now()
        claims = {
            "iss": self.address,
            "aud": audience,
            "sub": account.name,
            "name": account.title,
            "roles": list(account.roles),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            **more,
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
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "token_endpoint_auth_methods_supported": ["none"],
            "grant_types_supported": ["authorization_code", "password"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": ["openid", "profile"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": ["sub", "name", "roles", "office"],
        }


def issuer_app(issuer: Issuer) -> Starlette:
    """Return the issuer's doors: discovery, keys, sign-in, token."""
    desk = Desk(issuer)

    async def configuration(_request: Request) -> Response:
        return JSONResponse(issuer.configuration())

    async def keys(_request: Request) -> Response:
        return JSONResponse(issuer.keys())

    async def token(request: Request) -> Response:
        return _granted(issuer, desk, await _form(request))

    async def authorize(request: Request) -> Response:
        return desk.sign_in(request, dict(request.query_params))

    async def authorized(request: Request) -> Response:
        return desk.signed_in(request, await _form(request))

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/jwks", keys),
            Route("/authorize", authorize),
            Route("/authorize", authorized, methods=["POST"]),
            Route("/token", token, methods=["POST"]),
        ]
    )


async def _form(request: Request) -> dict[str, str]:
    async with request.form(max_fields=FORM_FIELDS_MAX, max_files=0) as form:
        return {name: str(value) for name, value in form.items()}


def _granted(issuer: Issuer, desk: Desk, form: dict[str, str]) -> Response:
    """Answer a token request as RFC 6749, 5.1 and 5.2 say."""
    if form.get("grant_type") == "authorization_code":
        return _exchanged(issuer, desk, form)
    if form.get("grant_type", "") not in _GRANTS:
        return _denied("unsupported_grant_type", "only grant_type=authorization_code or password")
    account = account_of(form.get("username", ""), form.get("password", ""))
    if account is None:
        return _denied("invalid_grant", "unknown account or wrong password; the start page lists the demo accounts")
    answer = {
        "access_token": issuer.token(account),
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _exchanged(issuer: Issuer, desk: Desk, form: dict[str, str]) -> Response:
    """Give tokens for a code: once, to who asked for it, with the verifier that fits."""
    known = desk.take(form.get("code", ""))
    if known is None or not known.fits(form):
        return _denied("invalid_grant", "the code is unknown, was used, has ended, or is another client's")
    answer = {
        "access_token": issuer.token(known.account),
        "id_token": issuer.id_token(known.account, client_id=known.client_id, nonce=known.nonce),
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _denied(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=400)
