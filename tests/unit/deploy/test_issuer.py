"""The demo issuer: what it signs is what the services take, and nobody else gets anything."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from deploy.local.accounts import ACCOUNTS, DEMO_PASSWORD, Account
from deploy.local.issuer import TOKEN_LIFETIME, Issuer, issuer_app
from shared.contracts.words import Role
from shared.identity import IdentitySettings, NotSignedIn, TokenVerifier
from shared.testing import FakeClock

AT = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
ADDRESS = "http://city/issuer"


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(address=ADDRESS, audience="caunoi", secrets=tmp_path, clock=FakeClock(AT))


@pytest.fixture
def http(issuer: Issuer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(issuer_app(issuer)), base_url="http://issuer")


def _verifier(tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> TokenVerifier:
    """A service's verifier whose requests for keys reach this issuer."""
    secret = tmp_path / "service-secret"
    secret.write_text("s" * 32)
    real = httpx.AsyncClient
    transport = httpx.ASGITransport(issuer_app(issuer))
    monkeypatch.setattr(httpx, "AsyncClient", lambda **options: real(transport=transport, **options))
    return TokenVerifier(IdentitySettings(issuer=ADDRESS, jwks_url="http://issuer/jwks", service_secret_file=secret))


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
async def test_every_demo_account_signs_in_with_its_roles_and_office(
    http: httpx.AsyncClient, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: Account
) -> None:
    answer = await http.post("/token", data={"username": account.name, "password": DEMO_PASSWORD})
    assert answer.headers["cache-control"] == "no-store"
    verifier = _verifier(tmp_path, issuer, monkeypatch)
    principal = await verifier.verify(answer.json()["access_token"], now=AT)
    assert principal.subject == account.name
    assert principal.roles == {Role(role) for role in account.roles}
    assert principal.office == account.office


async def test_a_token_ends(http: httpx.AsyncClient, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = issuer.token(ACCOUNTS[0])
    verifier = _verifier(tmp_path, issuer, monkeypatch)
    with pytest.raises(NotSignedIn):
        await verifier.verify(token, now=AT + TOKEN_LIFETIME + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"username": "vanhanh", "password": "wrong"}, "invalid_grant"),
        ({"username": "nobody", "password": DEMO_PASSWORD}, "invalid_grant"),
        ({}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
async def test_nobody_else_gets_a_token(http: httpx.AsyncClient, form: dict[str, str], error: str) -> None:
    answer = await http.post("/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_the_key_stays_the_same_and_only_its_public_half_is_shown(
    http: httpx.AsyncClient, issuer: Issuer, tmp_path: Path
) -> None:
    key = (await http.get("/jwks")).json()["keys"][0]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
    assert Issuer(address=ADDRESS, audience="caunoi", secrets=tmp_path, clock=FakeClock(AT)).keys() == issuer.keys()
    assert (tmp_path / "issuer-key.pem").stat().st_mode & 0o077 == 0


async def test_discovery_names_the_doors(http: httpx.AsyncClient) -> None:
    found = (await http.get("/.well-known/openid-configuration")).json()
    assert (found["issuer"], found["jwks_uri"], found["token_endpoint"]) == (ADDRESS, f"{ADDRESS}/jwks", f"{ADDRESS}/token")
