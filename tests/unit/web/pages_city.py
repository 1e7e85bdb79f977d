"""A city with two services that have pages and the demo issuer, and browsers that sign in there."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import APIRouter, Depends, Form
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from deploy.local.accounts import DEMO_PASSWORD
from deploy.local.issuer import Issuer, issuer_app
from shared.contracts.words import Role
from shared.identity import IdentitySettings, Principal, TokenVerifier
from shared.testing import FakeClock
from shared.web import LimitSettings, build_app, page, requires, signed_in

NOW = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
CITY = "http://city.example"
ISSUER = f"{CITY}/issuer"
HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
Auditor = Annotated[Principal, Depends(requires(Role.AUDITOR))]


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def start(request: Request, reader: Auditor) -> Response:
        return page(request, "signed-out.html", elsewhere=reader.actor)

    @router.get("/api/me")
    async def me(principal: Annotated[Principal, Depends(signed_in)]) -> dict[str, Any]:
        return {"actor": principal.actor, "office": principal.office, "roles": sorted(principal.roles)}

    @router.post("/change")
    async def change(reader: Auditor, word: Annotated[str, Form()]) -> str:
        return f"{reader.actor} {word}"

    @router.post("/api/change")
    async def api_change(reader: Auditor, body: dict[str, str]) -> str:
        return f"{reader.actor} {body['word']}"

    return router


@dataclass
class City:
    app: Starlette
    issuer: Issuer
    clock: FakeClock
    verifier: TokenVerifier
    secret: Path

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=CITY, headers=HTML)


def built(tmp_path: Path, clock: FakeClock, *, limits: LimitSettings | None = None, **settings: Any) -> City:
    secret = tmp_path / "service-secret"
    secret.write_text("s" * 40)
    given = {"issuer": ISSUER, "jwks_url": f"{ISSUER}/jwks", "service_secret_file": secret, "client_id": "caunoi-pages"}
    verifier = TokenVerifier(IdentitySettings(**(given | settings)))

    async def readiness() -> list[str]:
        return []

    def service(name: str) -> Any:
        return build_app(
            name=name, routers=[routes()], verifier=verifier, clock=clock, readiness=readiness, limits=limits or LimitSettings()
        )

    issuer = Issuer(address=ISSUER, audience="caunoi", secrets=tmp_path, clock=clock)
    mounts = [Mount("/audit", service("audit")), Mount("/notify", service("notify")), Mount("/issuer", issuer_app(issuer))]
    return City(Starlette(routes=mounts), issuer, clock, verifier, secret)


def led(monkeypatch: pytest.MonkeyPatch, app: Starlette) -> None:
    real = httpx.AsyncClient

    def client(**options: Any) -> httpx.AsyncClient:
        return real(**({"transport": httpx.ASGITransport(app)} | options))

    monkeypatch.setattr(httpx, "AsyncClient", client)


async def go(browser: httpx.AsyncClient, *, account: str = "kiemtoan", start: str = "/audit/") -> httpx.Response:
    """Ask for a page, sign in at the issuer, and return the answer of the door that one comes back to."""
    first = await browser.get(start)
    assert first.status_code == 303, first.text
    away = await browser.get(first.headers["location"])
    return await at_issuer(browser, away.headers["location"], account=account)


async def at_issuer(browser: httpx.AsyncClient, address: str, *, account: str = "kiemtoan") -> httpx.Response:
    form = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert (await browser.get(address)).status_code == 200
    back = await browser.post(address, data=form | {"username": account, "password": DEMO_PASSWORD})
    assert back.status_code == 303, back.text
    return await browser.get(back.headers["location"])


def guard_of(html: str) -> str:
    found = re.search(r'name="_guard" value="([^"]+)"', html)
    assert found
    return found[1]


async def came_back_with(browser: httpx.AsyncClient, **changed: str) -> httpx.Response:
    """Sign in, but come back with something else than the issuer gave."""
    away = await browser.get("/audit/sign-in")
    form = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    back = await browser.post(away.headers["location"], data=form | {"username": "kiemtoan", "password": DEMO_PASSWORD})
    given = {name: values[0] for name, values in parse_qs(urlsplit(back.headers["location"]).query).items()} | changed
    return await browser.get("/audit/signed-in", params={name: value for name, value in given.items() if value})
