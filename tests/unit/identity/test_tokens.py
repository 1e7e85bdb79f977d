"""Tokens: whose are taken, whose are not, and what happens when the issuer changes its keys or is down."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from shared.contracts.words import Role
from shared.identity import IdentitySettings, NotSignedIn, ServiceTokens, TokenVerifier
from shared.identity.tokens import KEYS_RELOAD_MAX, KEYS_RELOAD_MIN, LEEWAY_SECONDS, SERVICE_LIFETIME
from shared.kernel.refusals import Malformed, Trouble

NOW = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
ISSUER = "https://id.example"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp", "use": "sig"})
SECRET = "s" * 48


class Provider:
    """An identity provider behind the transport of httpx: its keys may change, and it may be down."""

    def __init__(self, *keys: Key) -> None:
        self.keys = list(keys)
        self.requests = 0
        self.answer: Callable[[], httpx.Response] | None = None

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.answer is not None:
            return self.answer()
        return httpx.Response(200, json=KeySet(self.keys).as_dict(private=False))

    def goes_down(self) -> None:
        def fail() -> httpx.Response:
            raise httpx.ConnectError("refused")

        self.answer = fail


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    provider, real = Provider(RSA, EC, OKP), httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **options: real(transport=httpx.MockTransport(provider), **options))
    return provider


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    return file


@pytest.fixture
def verifier(provider: Provider, secret_file: Path) -> TokenVerifier:
    return TokenVerifier(IdentitySettings(issuer=ISSUER, jwks_url=f"{ISSUER}/keys", service_secret_file=secret_file))


def claims(**changed: Any) -> dict[str, Any]:
    all_claims = {
        "iss": ISSUER,
        "aud": "caunoi",
        "sub": "canbo",
        "name": "Cán bộ",
        "roles": ["officer", "head"],
        "office": "hanoi-00070",
        "exp": int((NOW + timedelta(hours=1)).timestamp()),
    } | changed
    return {name: value for name, value in all_claims.items() if value is not None}


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(key: Key = RSA, algorithm: str = "RS256", **changed: Any) -> str:
    header = {"alg": algorithm} | ({"kid": key.kid} if key.kid else {})
    return jwt.encode(header, claims(**changed), key, algorithms=[algorithm])


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (OKP, "Ed25519")])
async def test_a_person_signed_in_has_roles_and_an_office(verifier: TokenVerifier, key: Key, algorithm: str) -> None:
    principal = await verifier.verify(token(key, algorithm), now=NOW)
    assert (principal.subject, principal.office, principal.name) == ("canbo", "hanoi-00070", "Cán bộ")
    assert principal.roles == {Role.OFFICER, Role.HEAD}
    assert (principal.actor, principal.is_service) == ("person:canbo", False)
    assert principal.has(Role.HEAD, Role.LEADER)
    assert not principal.has(Role.AUDITOR)


async def test_a_token_for_several_audiences_is_taken(verifier: TokenVerifier) -> None:
    assert (await verifier.verify(token(aud=["other", "caunoi"]), now=NOW)).subject == "canbo"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"exp": None},
        {"exp": int(NOW.timestamp()) - LEEWAY_SECONDS - 1},
        {"nbf": int(NOW.timestamp()) + LEEWAY_SECONDS + 1},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_or_missing_claim_is_not_taken(verifier: TokenVerifier, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        await verifier.verify(token(**wrong), now=NOW)


async def test_a_token_that_was_taken_once_ends_all_the_same(verifier: TokenVerifier) -> None:
    presented = token()
    await verifier.verify(presented, now=NOW)
    with pytest.raises(NotSignedIn):
        await verifier.verify(presented, now=NOW + timedelta(hours=2))


async def test_a_changed_token_is_not_taken(verifier: TokenVerifier) -> None:
    head, _, signature = token().split(".")
    forged = _base64url(json.dumps(claims(roles=["auditor"])).encode())
    with pytest.raises(NotSignedIn):
        await verifier.verify(f"{head}.{forged}.{signature}", now=NOW)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "ế.ế.ế", "." * 9000, "e30.e30.e30"])
async def test_what_is_no_token_is_not_taken(verifier: TokenVerifier, text: str) -> None:
    with pytest.raises(NotSignedIn):
        await verifier.verify(text, now=NOW)


async def test_an_unsigned_token_is_not_taken(verifier: TokenVerifier) -> None:
    unsigned = ".".join([_base64url(b'{"alg":"none"}'), _base64url(json.dumps(claims()).encode()), ""])
    with pytest.raises(NotSignedIn):
        await verifier.verify(unsigned, now=NOW)


async def test_the_public_key_is_no_secret_to_sign_with(verifier: TokenVerifier) -> None:
    """The classic forgery: HS256 with the issuer's public key as its secret."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "rsa"}, claims())]
    signed = ".".join(map(_base64url, parts))
    signature = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
    forged = f"{signed}.{_base64url(signature)}"
    with pytest.raises(NotSignedIn):
        await verifier.verify(forged, now=NOW)


async def test_nobody_becomes_a_service_by_a_claim_and_unknown_roles_count_for_nothing(verifier: TokenVerifier) -> None:
    principal = await verifier.verify(token(roles=["service", "king", 7], office=None), now=NOW)
    assert (principal.roles, principal.office) == (frozenset(), None)


async def test_services_know_each_other_without_the_issuer(
    verifier: TokenVerifier, provider: Provider, secret_file: Path
) -> None:
    provider.goes_down()
    tokens = ServiceTokens(secret_file, "routing")
    principal = await verifier.verify(tokens.token(now=NOW), now=NOW)
    assert (principal.actor, principal.roles) == ("service:routing", frozenset({Role.SERVICE}))
    assert tokens.token(now=NOW + timedelta(minutes=1)) == tokens.token(now=NOW)
    later = NOW + SERVICE_LIFETIME
    assert (await verifier.verify(tokens.token(now=later), now=later)).subject == "routing"
    with pytest.raises(NotSignedIn):
        await verifier.verify(ServiceTokens(secret_file, "notify").token(now=NOW), now=NOW + timedelta(hours=1))


async def test_services_understand_each_other_after_their_clock_was_set_back(verifier: TokenVerifier, tmp_path: Path) -> None:
    secret_file = tmp_path / "services"
    secret_file.write_text(SECRET)
    tokens = ServiceTokens(secret_file, "routing")
    tokens.token(now=NOW + timedelta(hours=1))
    assert (await verifier.verify(tokens.token(now=NOW), now=NOW)).subject == "routing"


async def test_a_service_token_of_another_secret_is_not_taken(verifier: TokenVerifier, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("o" * 48)
    with pytest.raises(NotSignedIn):
        await verifier.verify(ServiceTokens(other, "routing").token(now=NOW), now=NOW)


def test_a_short_service_secret_is_refused_at_boot(tmp_path: Path) -> None:
    file = tmp_path / "short"
    file.write_text("secret")
    with pytest.raises(Malformed) as refused:
        ServiceTokens(file, "routing")
    assert refused.value.code == "bad_service_secret"


async def test_keys_are_fetched_once_and_again_when_the_issuer_has_a_new_one(verifier: TokenVerifier, provider: Provider) -> None:
    for number in range(5):
        await verifier.verify(token(sub=f"person{number}"), now=NOW)
    assert provider.requests == 1
    new = RSAKey.generate_key(2048, {"kid": "new"})
    provider.keys = [new]
    with pytest.raises(NotSignedIn):
        await verifier.verify(token(new), now=NOW + KEYS_RELOAD_MIN / 2)
    assert (await verifier.verify(token(new), now=NOW + KEYS_RELOAD_MIN)).subject == "canbo"
    assert provider.requests == 2


async def test_a_key_that_the_issuer_withdrew_is_forgotten_within_an_hour(verifier: TokenVerifier, provider: Provider) -> None:
    await verifier.verify(token(), now=NOW)
    provider.keys = [EC]
    later = NOW + KEYS_RELOAD_MAX
    with pytest.raises(NotSignedIn):
        await verifier.verify(token(sub="other", exp=int(later.timestamp()) + 60), now=later)


async def test_while_the_issuer_is_down_known_keys_stay_good_and_unknown_ones_are_our_trouble(
    verifier: TokenVerifier, provider: Provider
) -> None:
    await verifier.verify(token(), now=NOW)
    provider.goes_down()
    later = NOW + KEYS_RELOAD_MAX
    ends = int(later.timestamp()) + 600
    assert (await verifier.verify(token(sub="other", exp=ends), now=later)).subject == "other"
    new = RSAKey.generate_key(2048, {"kid": "new"})
    for _ in range(3):
        with pytest.raises(Trouble):
            await verifier.verify(token(new, exp=ends), now=later + timedelta(seconds=1))
    assert provider.requests == 2


async def test_an_issuer_that_is_down_from_the_start_is_trouble_and_not_asked_by_every_request(
    verifier: TokenVerifier, provider: Provider
) -> None:
    provider.goes_down()
    for _ in range(3):
        with pytest.raises(Trouble):
            await verifier.verify(token(), now=NOW)
    assert provider.requests == 1
    provider.answer = None
    assert (await verifier.verify(token(), now=NOW + KEYS_RELOAD_MIN)).subject == "canbo"


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(500),
        lambda: httpx.Response(200, text="<html>"),
        lambda: httpx.Response(200, json=[]),
        lambda: httpx.Response(200, json={}),
        lambda: httpx.Response(200, json={"keys": ["x"]}),
        lambda: httpx.Response(200, json={"keys": [{"kty": "RSA", "n": "!"}]}),
    ],
)
async def test_keys_that_cannot_be_read_are_trouble(
    verifier: TokenVerifier, provider: Provider, answer: Callable[[], httpx.Response]
) -> None:
    provider.answer = answer
    with pytest.raises(Trouble):
        await verifier.verify(token(), now=NOW)


async def test_keys_for_other_purposes_beside_ours_do_no_harm(verifier: TokenVerifier, provider: Provider) -> None:
    keys = [{"kty": "oct", "k": "c2VjcmV0"}, {"kty": "new"}, {"kty": "RSA", "use": "enc"}, RSA.as_dict(private=False)]
    provider.answer = lambda: httpx.Response(200, json={"keys": keys})
    assert (await verifier.verify(token(), now=NOW)).subject == "canbo"
