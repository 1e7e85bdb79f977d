"""Signing in at the city's identity provider: OpenID Connect's authorization code flow with PKCE (RFC 6749, 7636, 9207, 9700).

Invariant: an answer counts once, for the browser that began, with our own state, nonce and verifier; everything else is refused.
"""

import asyncio
import hashlib
import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urljoin

import httpx

from shared.identity.principal import NotSignedIn, Principal
from shared.identity.settings import IdentitySettings
from shared.identity.tokens import TokenVerifier
from shared.kernel.refusals import Refused, Trouble

CONFIGURATION = "/.well-known/openid-configuration"
CONFIGURATION_KEPT = timedelta(hours=1)
TIMEOUT_SECONDS = 10.0
BASIC, POST = "client_secret_basic", "client_secret_post"
_FIRST_SERVER_ERROR = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser went to the provider with: to be held against what it comes back with."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Asked":
        """Return fresh secrets for one sign-in."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """What the provider is shown of the verifier (RFC 7636, 4.2)."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class Provider:
    """The provider that the settings name. Refused ``sign_in_not_set_up`` where they do not say what we are called there."""

    def __init__(self, settings: IdentitySettings, verifier: TokenVerifier) -> None:
        self._settings = settings
        self._verifier = verifier
        self._known: dict[str, Any] | None = None
        self._known_at: datetime | None = None
        self._asking = asyncio.Lock()

    @property
    def is_set_up(self) -> bool:
        return bool(self._settings.client_id)

    async def address(self, asked: Asked, *, back: str, base: str, now: datetime) -> str:
        """Return where the browser signs in; it comes back to `back`. `base`: this city's own address."""
        configuration = await self._configuration(now)
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": self._settings.scopes,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": asked.challenge,
            "code_challenge_method": "S256",
        }
        door = self._settings.authorization_url or str(configuration["authorization_endpoint"])
        return f"{urljoin(base, door)}{'&' if '?' in door else '?'}{urlencode(parameters)}"

    async def signed_in(self, asked: Asked, answer: Mapping[str, str], *, back: str, now: datetime) -> Principal:
        """Return who signed in, as the provider's ID token says. Raises Refused; Trouble where it does not answer."""
        configuration = await self._configuration(now)
        issuer = answer.get("iss")
        must_name_itself = configuration.get("authorization_response_iss_parameter_supported") is True
        if (issuer or must_name_itself) and issuer != self._settings.issuer:
            raise Refused("another issuer answered", code="sign_in_not_valid")
        if "error" in answer or "code" not in answer:
            _log.warning("sign-in was declined", extra={"error": answer.get("error", "")[:100]})
            raise Refused("the provider declined", code="sign_in_declined")
        given = await self._exchanged(configuration, answer["code"], asked, back)
        token = given.get("id_token")
        if not isinstance(token, str):
            raise Refused("the provider gave no ID token", code="sign_in_not_valid")
        try:
            return await self._verifier.verify_id_token(token, client_id=self._client_id, nonce=asked.nonce, now=now)
        except NotSignedIn as error:
            _log.warning("the provider's ID token is not valid: %s", error.detail)
            raise Refused(error.detail, code="sign_in_not_valid") from error

    async def leaving(self, *, back: str, now: datetime) -> str | None:
        """Return where one signs out at the provider too, None where it has no such door or does not answer."""
        try:
            door = (await self._configuration(now)).get("end_session_endpoint")
        except (Trouble, Refused):
            return None
        parameters = urlencode({"client_id": self._client_id, "post_logout_redirect_uri": back})
        return f"{door}{'&' if '?' in door else '?'}{parameters}" if isinstance(door, str) else None

    @property
    def _client_id(self) -> str:
        if not self._settings.client_id:
            raise Refused("CAUNOI_IDENTITY__CLIENT_ID is not set", code="sign_in_not_set_up")
        return self._settings.client_id

    async def _exchanged(self, configuration: Mapping[str, Any], code: str, asked: Asked, back: str) -> Mapping[str, Any]:
        """Give the code for tokens. Raises Refused, Trouble."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": asked.verifier}
        headers = {"Accept": "application/json"}
        secret = self._secret()
        methods = configuration.get("token_endpoint_auth_methods_supported") or [BASIC]
        auth = None
        if secret and (BASIC in methods or POST not in methods):
            auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": self._client_id} | ({"client_secret": secret} if secret else {})
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, auth=auth) as http:
                answer = await http.post(str(configuration["token_endpoint"]), data=form, headers=headers)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Trouble("the identity provider does not answer", code="issuer_unreachable") from error
        if answer.status_code >= _FIRST_SERVER_ERROR:
            raise Trouble("the identity provider is in trouble", code="issuer_unreachable")
        if not answer.is_success or not isinstance(said, dict):
            reason = said.get("error") if isinstance(said, dict) else None
            _log.warning("the provider took no code", extra={"error": str(reason)[:100]})
            raise Refused("the provider took no code", code="sign_in_not_valid")
        return said

    def _secret(self) -> str:
        file = self._settings.client_secret_file
        return file.read_text(encoding="utf-8").strip() if file else ""

    async def _configuration(self, now: datetime) -> dict[str, Any]:
        """Return what the provider says of itself, asked again when it is old; what is known stays good meanwhile."""
        _ = self._client_id
        async with self._asking:
            if self._known is None or self._known_at is None or abs(now - self._known_at) >= CONFIGURATION_KEPT:
                found = await self._asked()
                if found is not None:
                    self._known, self._known_at = found, now
            if self._known is None:
                raise Trouble("the identity provider's configuration cannot be had", code="issuer_unreachable")
            return self._known

    async def _asked(self) -> dict[str, Any] | None:
        address = self._settings.discovery_url or self._settings.issuer.rstrip("/") + CONFIGURATION
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
                answer = await http.get(address)
                answer.raise_for_status()
                said = answer.json()
            if said["issuer"] != self._settings.issuer:
                _log.warning("the configuration is another issuer's", extra={"issuer": str(said["issuer"])[:200]})
                return None
            _ = (said["authorization_endpoint"], said["token_endpoint"])
            return dict(said)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            _log.warning("the identity provider's configuration cannot be had: %s", type(error).__name__)
            return None
