"""What happens around every request, in plain ASGI since it happens so often: a span, a duration, a limit, a few headers."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import HTTP_DURATION, is_tracing, span_from

BODY_BYTES_MAX = 1024 * 1024
TOO_LARGE = 413
UNMATCHED = "unmatched"

BodyLimit = Callable[[str], int]
"""From the path below the service's own to the most bytes that a body there may have."""


def small_bodies(_path: str) -> int:
    """Return the limit of doors that take no files."""
    return BODY_BYTES_MAX


class Around:
    """Measures, traces and limits the requests of one service."""

    def __init__(self, app: ASGIApp, *, service: str, body_limit: BodyLimit) -> None:
        self._app = app
        self._service = service
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            if is_tracing():
                await self._traced(scope, self._limited(scope, receive), answer)
            else:
                await self._app(scope, self._limited(scope, receive), answer)
        finally:
            attributes = {
                "service": self._service,
                "http.request.method": scope["method"],
                "http.route": _route(scope),
                "http.response.status_code": status,
            }
            HTTP_DURATION.record(perf_counter() - started, attributes)

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        traceparent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1") or None
        with span_from(traceparent, f"{scope['method']}", service=self._service) as span:
            await self._app(scope, receive, send)
            span.update_name(f"{scope['method']} /{self._service}{_route(scope)}")

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        limit = self._body_limit(_path(scope))
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        is_too_large = declared.isdigit() and int(declared) > limit
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            if is_too_large:
                raise HTTPException(TOO_LARGE)
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(TOO_LARGE)
            return message

        return limited


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _route(scope: Scope) -> str:
    """Return the template of the matched route: never a path, which may hold a petition's code."""
    route: Any = scope.get("route")
    return getattr(route, "path", UNMATCHED)
