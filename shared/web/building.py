"""One service's web application: its routers, and what every service has around them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from shared.contracts.conversation import Part
from shared.identity import TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import problems
from shared.web.described import describe
from shared.web.events import events_router
from shared.web.ledger import ledger_router
from shared.web.limiting import DoorOf, Limited, Limits, LimitSettings, looking
from shared.web.media import Typed
from shared.web.middleware import Around, BodyLimit, small_bodies
from shared.web.operations import ParkedMessages, Readiness, health_router, parked_router
from shared.web.pages import Pages, ProblemPages, pages_routers
from shared.web.repeating import Repeating, Repeats

# FastAPI's own would say everything twice, under the same metric's name, and would put whole paths into spans: a path may hold
# a petition's code. `Around` measures and traces, by the template of the route.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


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
    limits: LimitSettings,
    repeats: Repeats | None = None,
    body_limit: BodyLimit = small_bodies,
    door_of: DoorOf = looking,
    examples: Path | None = None,
    pages: Pages | None = None,
    events: Part | None = None,
    ledger: Database | None = None,
) -> FastAPI:
    """Return the application. `routes` are plain Starlette routes for hot doors; they come before the routers.

    `pages` holds its templates (else there are those of problems), `events` its part in the conversation, `ledger` its events.
    """
    app = FastAPI(
        title=f"Cầu Nối: {name}",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the pages of FastAPI load scripts from elsewhere
        redoc_url=None,
        routes=list(routes),
        telemetry=_NO_TELEMETRY,
    )
    app.state.verifier, app.state.clock = verifier, clock
    app.state.pages = pages = pages or Pages()
    problems.install(app)
    own = (health_router(name, readiness), *pages_routers(pages, verifier, clock), *_common(parked, events, ledger))
    for router in (*own, *routers):
        app.include_router(router)
    describe(app, examples)
    _surround(app, name=name, limits=limits, door_of=door_of, repeats=repeats, body_limit=body_limit, routes=routes)
    return app


def _common(parked: ParkedMessages | None, events: Part | None, ledger: Database | None) -> list[APIRouter]:
    """Return the doors of a service that takes part in the conversation."""
    telling = [events_router(events)] if events is not None else []
    kept = [ledger_router(ledger)] if ledger is not None else []
    return [*telling, *kept, *([parked_router(parked)] if parked is not None else [])]


def _surround(
    app: FastAPI,
    *,
    name: str,
    limits: LimitSettings,
    door_of: DoorOf,
    repeats: Repeats | None,
    body_limit: BodyLimit,
    routes: Sequence[BaseRoute],
) -> None:
    """Put around the doors what every request passes, from the inside out."""
    verifier, clock = app.state.verifier, app.state.clock
    if repeats is not None:
        app.add_middleware(Repeating, repeats=repeats, verifier=verifier, clock=clock)
    app.add_middleware(Typed, described=app)
    app.add_middleware(problems.Bugs)
    app.add_middleware(Limited, limits=Limits(limits), door_of=door_of, verifier=verifier, clock=clock)
    app.add_middleware(ProblemPages)
    app.add_middleware(Around, service=name, body_limit=body_limit, templates=_templates(routes))


def _templates(routes: Sequence[BaseRoute]) -> dict[object, str]:
    """Return the paths of plain routes by their endpoints: Starlette tells the endpoint it chose, not the route."""
    plain = [route for route in routes if isinstance(route, Route)]
    found: dict[object, str] = {route.endpoint: route.path for route in plain}
    if len(found) < len(plain):
        raise ValueError("each plain route needs an endpoint of its own, or they cannot be told apart when measured")
    return found
