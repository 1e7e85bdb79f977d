"""A small service with every kind of door, and somebody who asks it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import httpx
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from shared.contracts.words import Kind, Role
from shared.identity import NotSignedIn, Principal, TokenVerifier
from shared.kernel.refusals import Malformed, NotYet, Refused, Trouble, Unknown
from shared.testing import FakeClock
from shared.web import LimitSettings, build_app, problems, requires, signed_in
from shared.web.operations import ParkedMessages

NOW = datetime(2026, 7, 1, tzinfo=UTC)
LARGE_BYTES = 3 * 1024 * 1024

problems.register({"too_hot": ("Nóng {degrees} độ.", "It is {degrees} degrees hot.")})


class OneToken:
    """Takes the token ``role:office`` for somebody with that role."""

    async def verify(self, token: str, *, now: datetime) -> Principal:
        assert now == NOW
        role, _, office = token.partition(":")
        if role not in list(Role):
            raise NotSignedIn("no such token")
        return Principal(subject="canbo", roles=frozenset({Role(role)}), office=office or None)


class Thing(BaseModel):
    kind: Kind
    text: str = Field(min_length=3, max_length=10)
    number: int = Field(default=1, ge=1, le=5)


def refused() -> Exception:
    return Refused("English only", code="no_words_for_this", facts={"state": "closed"})


ERRORS: dict[str, Callable[[], Exception]] = {
    "refused": refused,
    "in_words": lambda: Refused("x", code="too_hot", facts={"degrees": 40}),
    "unknown": Unknown,
    "not_yet": lambda: NotYet("x", retry_after_seconds=7),
    "malformed": lambda: Malformed("x", errors=[{"field": "f", "reason": "r", "remedy": "m"}]),
    "trouble": lambda: Trouble("password=hunter2", code="database_unreachable"),
    "bug": lambda: RuntimeError("hunter2"),
}


def routes() -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/errors/{kind}")
    async def errors(kind: str) -> None:
        error = ERRORS[kind]()
        raise error

    @router.post("/things")
    async def things(thing: Thing, size: Annotated[int, Field(le=10)] = 1) -> dict[str, int]:
        return {"number": thing.number * size}

    @router.get("/me")
    async def me(principal: Annotated[Principal, Depends(signed_in)]) -> dict[str, Any]:
        return {"actor": principal.actor, "office": principal.office}

    @router.get("/heads", dependencies=[Depends(requires(Role.HEAD, Role.LEADER))])
    async def heads() -> str:
        return "in"

    return router


async def hot(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())), headers={"Cache-Control": "max-age=1"})


async def file(request: Request) -> Response:
    return await hot(request)


def body_limit(path: str) -> int:
    return LARGE_BYTES if path.startswith("/api/files/") else 1024 * 1024


def service(*, problems_now: Sequence[str] = (), parked: ParkedMessages | None = None) -> Starlette:
    """Return the service as `make run` does: below a path of one application."""

    async def readiness() -> list[str]:
        return list(problems_now)

    app = build_app(
        name="test",
        routers=[routes()],
        verifier=cast("TokenVerifier", OneToken()),
        limits=LimitSettings(),
        clock=FakeClock(NOW),
        readiness=readiness,
        parked=parked,
        routes=[Route("/api/hot/{key}", hot, methods=["POST"]), Route("/api/files/{key}", file, methods=["POST"])],
        body_limit=body_limit,
    )
    return Starlette(routes=[Mount("/test", app)])


def asking(app: Starlette, *, token: str = "", language: str = "") -> httpx.AsyncClient:
    headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {token}"} if token else {})
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city/test", headers=headers)
