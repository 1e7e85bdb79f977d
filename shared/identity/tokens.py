"""Tokens: those of people are signed by the identity provider, those between our services by a shared secret.

Invariant: the algorithm is chosen by us, never by the token: asymmetric ones for people, HS256 for services.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Any

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey

from shared.contracts.words import Role
from shared.identity.principal import NotSignedIn, Principal
from shared.identity.sessions import Sessions
from shared.identity.settings import IdentitySettings
from shared.kernel.refusals import Malformed, Trouble

SERVICE_ISSUER = "caunoi-services"
SERVICE_ALGORITHM = "HS256"
SERVICE_LIFETIME = timedelta(minutes=5)
SERVICE_RENEWAL = timedelta(minutes=1)
SECRET_CHARACTERS_MIN = 32
PEOPLE_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
LEEWAY_SECONDS = 30
KEYS_RELOAD_MIN = timedelta(seconds=10)
KEYS_RELOAD_MAX = timedelta(hours=1)
KEYS_TIMEOUT_SECONDS = 5.0
TOKEN_CHARACTERS_MAX = 8192
VERIFIED_MAX = 2000

_KEY_TYPES: dict[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_ROLES = {role.value: role for role in Role if role is not Role.SERVICE}

_log = logging.getLogger(__name__)


class ServiceTokens:
    """Tokens with which one service asks another."""

    def __init__(self, secret_file: Path, service: str) -> None:
        self._key = _secret_key(secret_file)
        self._service = service
        self._token = ""
        self._good: tuple[datetime, datetime] | None = None

    def token(self, *, now: datetime) -> str:
        """Return a token that is valid for at least a minute after `now`, and was not made after it: a clock may be set back."""
        if self._good is None or not self._good[0] <= now < self._good[1]:
            ends_at = now + SERVICE_LIFETIME
            claims = {"iss": SERVICE_ISSUER, "sub": self._service, "iat": int(now.timestamp()), "exp": int(ends_at.timestamp())}
            self._token = jwt.encode({"alg": SERVICE_ALGORITHM}, claims, self._key)
            self._good = now, ends_at - SERVICE_RENEWAL
        return self._token


class TokenVerifier:
    """Checks bearer tokens. The issuer's keys are fetched when needed and again when a token names an unknown one.

    While the issuer does not answer it is asked again every KEYS_RELOAD_MIN, not by every request; what is known stays good.
    """

    def __init__(self, settings: IdentitySettings) -> None:
        self.settings = settings
        self._service_key = _secret_key(settings.service_secret_file)
        self.sessions = Sessions(settings.service_secret_file.read_bytes().strip())
        self._keys: KeySet | None = None
        self._asked_at: datetime | None = None
        self._loaded_at: datetime | None = None
        self._asking = asyncio.Lock()
        self._verified: dict[str, tuple[Principal, int]] = {}

    async def verify(self, token: str, *, now: datetime) -> Principal:
        """Return who presents `token`. Raises NotSignedIn, or Trouble where the issuer's keys cannot be had."""
        known = self._verified.get(token)
        if known is not None and now.timestamp() < known[1]:
            return known[0]
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise NotSignedIn("this is no token")
        algorithm, key_id = _header(token)
        if algorithm == SERVICE_ALGORITHM:
            claims = self._checked(token, self._service_key, [SERVICE_ALGORITHM], now, issuer=SERVICE_ISSUER)
            principal = Principal(subject=str(claims["sub"]), roles=frozenset({Role.SERVICE}))
        else:
            keys = await self._keys_with(key_id, now)
            issuer, audience = self.settings.issuer, self.settings.audience
            claims = self._checked(token, keys, PEOPLE_ALGORITHMS, now, issuer=issuer, audience=audience)
            principal = _person(claims)
        if len(self._verified) >= VERIFIED_MAX:
            self._verified.clear()
        self._verified[token] = (principal, int(claims["exp"]))
        return principal

    async def verify_id_token(self, token: str, *, client_id: str, nonce: str, now: datetime) -> Principal:
        """Return who signed in at the issuer for our pages (OpenID Connect Core, 3.1.3.7). Raises NotSignedIn, Trouble."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise NotSignedIn("this is no token")
        keys = await self._keys_with(_header(token)[1], now)
        claims = self._checked(token, keys, PEOPLE_ALGORITHMS, now, issuer=self.settings.issuer, audience=client_id)
        if not compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotSignedIn("the ID token was asked for by somebody else")
        if claims.get("azp", client_id) != client_id:
            raise NotSignedIn("the ID token was made for another client")
        return _person(claims)

    def _checked(
        self, token: str, key: Any, algorithms: list[str], now: datetime, *, issuer: str, audience: str | None = None
    ) -> dict[str, Any]:
        wanted: dict[str, Any] = {"iss": {"essential": True, "value": issuer}}
        wanted |= {"sub": {"essential": True}, "exp": {"essential": True}}
        if audience is not None:
            wanted["aud"] = {"essential": True, "value": audience}
        try:
            claims = jwt.decode(token, key, algorithms=algorithms).claims
            jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_SECONDS, **wanted).validate(claims)
        except (JoseError, ValueError) as error:
            raise NotSignedIn(f"the token is not valid: {type(error).__name__}") from error
        return dict(claims)

    async def _keys_with(self, key_id: str | None, now: datetime) -> KeySet:
        """Return the issuer's keys, fetched again where `key_id` is not among them or they are old. Raises Trouble."""
        if not self._are_good(key_id, now):
            async with self._asking:
                if not self._are_good(key_id, now) and not _is_within(KEYS_RELOAD_MIN, self._asked_at, now):
                    await self._ask(now)
        if self._keys is not None and (self._has(key_id) or self._loaded_at == self._asked_at):
            return self._keys
        raise Trouble("the identity provider's keys cannot be had", code="issuer_unreachable")

    def _are_good(self, key_id: str | None, now: datetime) -> bool:
        return self._has(key_id) and _is_within(KEYS_RELOAD_MAX, self._loaded_at, now)

    def _has(self, key_id: str | None) -> bool:
        return self._keys is not None and (key_id is None or any(key.kid == key_id for key in self._keys.keys))

    async def _ask(self, now: datetime) -> None:
        self._asked_at = now
        keys = await self._fetch()
        if keys is not None:
            self._keys, self._loaded_at = keys, now

    async def _fetch(self) -> KeySet | None:
        """Return the issuer's keys for signatures, None where they cannot be had just now (it is said in the log)."""
        try:
            async with httpx.AsyncClient(timeout=KEYS_TIMEOUT_SECONDS) as http:
                answer = await http.get(self.settings.jwks_url)
                answer.raise_for_status()
                return KeySet([_public_key(key) for key in answer.json()["keys"] if _signs(key)])
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, JoseError) as error:
            _log.warning("the identity provider's keys cannot be had: %s", type(error).__name__)
            return None


def _is_within(length: timedelta, since: datetime | None, now: datetime) -> bool:
    return since is not None and abs(now - since) < length


def _signs(key: dict[str, Any]) -> bool:
    return key.get("kty") in _KEY_TYPES and key.get("use", "sig") == "sig"


def _public_key(key: dict[str, Any]) -> Key:
    return _KEY_TYPES[key["kty"]].import_key(key)


def _header(token: str) -> tuple[str, str | None]:
    """Return algorithm and key id as the token claims them, unchecked."""
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        return str(header["alg"]), header.get("kid")
    except (ValueError, KeyError, JoseError) as error:
        raise NotSignedIn("this is no token") from error


def _person(claims: dict[str, Any]) -> Principal:
    roles = claims.get("roles") or []
    office = claims.get("office")
    return Principal(
        subject=str(claims["sub"]),
        roles=frozenset(_ROLES[role] for role in roles if isinstance(role, str) and role in _ROLES),
        office=str(office) if office else None,
        name=str(claims.get("name") or ""),
    )


def _secret_key(path: Path) -> OctKey:
    secret = path.read_text(encoding="utf-8").strip()
    if len(secret) < SECRET_CHARACTERS_MIN:
        raise Malformed(f"{path} must hold at least {SECRET_CHARACTERS_MIN} characters", code="bad_service_secret")
    return OctKey.import_key(secret)
