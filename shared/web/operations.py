"""Doors every service has for its operators: is it alive, is it ready, its metrics, and its parked messages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.telemetry import prometheus_text
from shared.web.paging import Place, cursor_of, place_of
from shared.web.signing_in import requires

Readiness = Callable[[], Awaitable[list[str]]]
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PARKED_LIST_MAX = 1000


class ParkedMessage(Protocol):
    """A message that waits for a person (shared.messaging.parked has the real one)."""

    id: Any
    consumer: Any
    stream: Any
    stream_seq: Any
    subject: Any
    headers: Any
    body: Any
    reason: Any
    deliveries: Any
    aggregate_id: Any
    parked_at: Any
    replayed_at: Any


class ParkedMessages(Protocol):
    """The parked messages of a service."""

    async def list(self, limit: int, *, after: Place | None = None) -> Sequence[Any]: ...

    async def get(self, message_id: UUID) -> Any: ...

    async def replay(self, message_id: UUID, now: datetime) -> int: ...


def health_router(name: str, readiness: Readiness) -> APIRouter:
    """Return /health (the process lives), /ready (it can do its work) and /metrics."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health")
    async def health() -> Response:
        return JSONResponse({"status": "ok"})

    @router.get("/ready")
    async def ready() -> Response:
        problems = await readiness()
        return JSONResponse({"ready": not problems, "problems": problems}, status_code=503 if problems else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(prometheus_text(name), media_type=METRICS_TYPE)

    return router


def parked_router(parked: ParkedMessages) -> APIRouter:
    """Return the doors to the parked messages: list, show, replay. For operators."""
    router = APIRouter(prefix="/api/ops/parked", tags=["operations"])
    operator = Depends(requires(Role.OPERATOR))

    @router.get("", dependencies=[operator])
    async def list_parked(
        cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=PARKED_LIST_MAX)] = 100
    ) -> dict[str, Any]:
        """List what waits, oldest first."""
        found = await parked.list(limit, after=place_of(cursor))
        more = cursor_of(found[-1].parked_at, found[-1].id) if len(found) == limit else None
        return {"items": [_line(message) for message in found], "next": more}

    @router.get("/{message_id}", dependencies=[operator])
    async def show_parked(message_id: UUID) -> dict[str, Any]:
        """Show one message with its headers and body."""
        message = await parked.get(message_id)
        return {**_line(message), "headers": message.headers, "body": message.body.decode("utf-8", "replace")}

    @router.post("/{message_id}/replay")
    async def replay_parked(message_id: UUID, request: Request, _operator: Annotated[Principal, operator]) -> dict[str, int]:
        """Handle it again, and what was parked behind it."""
        clock: Clock = request.app.state.clock
        return {"replayed": await parked.replay(message_id, clock.now())}

    return router


def _line(message: ParkedMessage) -> Mapping[str, Any]:
    names = (
        "id",
        "consumer",
        "stream",
        "stream_seq",
        "subject",
        "reason",
        "deliveries",
        "aggregate_id",
        "parked_at",
        "replayed_at",
    )
    return {name: getattr(message, name) for name in names}
