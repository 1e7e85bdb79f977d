"""What happens around every request, in plain ASGI since it happens so often: a span, a duration, a limit, a few headers."""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

from opentelemetry.trace import StatusCode
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import HTTP_DURATION, is_tracing, span_from

BODY_BYTES_MAX = 1024 * 1024
TOO_LARGE = 413
OURS = 500
"""From this status on it is our mistake or our trouble, not the asker's."""
UNMATCHED = "/*"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "_OTHER"

BodyLimit = Callable[[str], int]
"""From the path below the service's own to the most bytes that a body there may have."""


def small_bodies(_path: str) -> int:
    """Return the limit of doors that take no files."""
    return BODY_BYTES_MAX


# Pages set a policy of their own; an answer that says nothing may load nothing.
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Around:
    """Measures, traces and limits the requests of one service. `templates`: the paths of its plain routes by their endpoints."""

    def __init__(self, app: ASGIApp, *, service: str, body_limit: BodyLimit, templates: Mapping[object, str]) -> None:
        self._app = app
        self._service = service
        self._body_limit = body_limit
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.pop("route", None)  # that of the application in which this one is mounted
        status = 500
        started = perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_defaults(message.get("headers", ()))
            await send(message)

        try:
            if is_tracing():
                await self._traced(scope, self._limited(scope, receive), answer)
            else:
                await self._app(scope, self._limited(scope, receive), answer)
        finally:
            attributes: dict[str, str | int] = {
                "service": self._service,
                "http.request.method": _method(scope),
                "http.route": self._template(scope),
                "http.response.status_code": status,
            }
            HTTP_DURATION.record(perf_counter() - started, attributes)

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= OURS:
                    span.set_status(StatusCode.ERROR)
            await send(message)

        traceparent = _header(scope, b"traceparent").decode("latin-1") or None
        with span_from(traceparent, _method(scope), service=self._service) as span:
            try:
                await self._app(scope, receive, answer)
            finally:
                span.update_name(f"{_method(scope)} /{self._service}{self._template(scope)}")

    def _template(self, scope: Scope) -> str:
        """Return the template of the matched route: never a path, which may hold a petition's code."""
        path = getattr(scope.get("route"), "path", None)
        return path if isinstance(path, str) else self._templates.get(scope.get("endpoint"), UNMATCHED)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        limit = self._body_limit(_path(scope))
        declared = _header(scope, b"content-length")
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


def _method(scope: Scope) -> str:
    """Return the method as a metric may show it: what clients invent is one of a few."""
    method: str = scope["method"]
    return method if method in METHODS else OTHER_METHOD


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _with_defaults(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = list(headers)
    names = {name.lower() for name, _ in given}
    return given + [(name, value) for name, value in _HEADERS if name not in names]
