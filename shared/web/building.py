"""One service's web application: its routers, and what every service has around them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from shared.identity import TokenVerifier
from shared.kernel.clock import Clock
from shared.web import problems
from shared.web.middleware import Around, BodyLimit, small_bodies
from shared.web.operations import ParkedMessages, Readiness, health_router, parked_router


@dataclass(frozen=True, slots=True)
class Service:
    """A service, ready to be run: `app` answers below ``/<name>``, between `start` and `stop`."""

    name: str
    app: ASGIApp
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]


def build_app(
    *,
    name: str,
    routers: Sequence[APIRouter],
    verifier: TokenVerifier,
    clock: Clock,
    readiness: Readiness,
    parked: ParkedMessages | None = None,
    routes: Sequence[BaseRoute] = (),
    body_limit: BodyLimit = small_bodies,
) -> FastAPI:
    """Return the application. `routes` are plain Starlette routes for hot doors; they come before the routers."""
    app = FastAPI(
        title=f"Cầu Nối: {name}",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the pages of FastAPI load scripts from elsewhere
        redoc_url=None,
        routes=list(routes),
    )
    app.state.verifier = verifier
    app.state.clock = clock
    problems.install(app)
    app.include_router(health_router(name, readiness))
    if parked is not None:
        app.include_router(parked_router(parked))
    for router in routers:
        app.include_router(router)
    app.add_middleware(Around, service=name, body_limit=body_limit)
    return app
