"""Several ASGI applications behind one port, each under its path, and uvicorn to serve them.

Invariant: services stop within STOP_SECONDS_MAX, whatever they are doing: what was not finished was not acknowledged, and is
done again after the next start.
"""

import asyncio
import contextlib
import gc
import logging
import re
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from http import HTTPStatus

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from deploy.local.pages import page
from deploy.local.processes import StartError
from shared.web import Service, language_of, problem

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 30
REQUESTS_STOP_SECONDS_MAX = 2
STOP_SECONDS_MAX = 3.0
HTML = "text/html"
GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""A batch makes thousands of objects that all live until its commit: looking for garbage every 700 of them costs a tenth."""

_log = logging.getLogger(__name__)


def stop_signals() -> list[signal.Signals]:
    """Return the signals that ask for an orderly end. A closed terminal is one unless the start said otherwise (nohup)."""
    asked = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asked.append(signal.SIGHUP)
    return asked


def listening(host: str, port: int) -> socket.socket:
    """Take `port` (0: a free one). Raises StartError where somebody else has it."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(BACKLOG)
    except OSError as error:
        taken.close()
        raise StartError(f"port {port} of {host}: {error.strerror}\n  fix: take another one: make run PORT={port + 1}") from None
    return taken


class _Under(Mount):
    """Everything below a path, whatever bytes it is made of: a line break too is for the service to refuse."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def house(mounted: Mapping[str, ASGIApp], *, start_page: Callable[[], Response] | None = None) -> Starlette:
    """Return one application with each of `mounted` under its path, and the gateway's own health door."""

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def start(request: Request) -> Response:
        return start_page() if start_page else _missing(request)

    async def missing(request: Request, _error: Exception) -> Response:
        return _missing(request)

    async def not_so(request: Request, error: Exception) -> Response:
        answer = problem(HTTPStatus.METHOD_NOT_ALLOWED, "http_405", language=language_of(request))
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer

    async def slashed(request: Request) -> Response:
        return RedirectResponse(f"{request.url.path}/", status_code=HTTPStatus.PERMANENT_REDIRECT)

    routes: list[BaseRoute] = [Route("/", start), Route("/gateway/health", health)]
    routes += [Route(f"/{path}", slashed) for path in mounted]
    routes += [_Under(f"/{path}", app) for path, app in mounted.items()]
    return Starlette(routes=routes, exception_handlers={404: missing, 405: not_so})


def _missing(request: Request) -> Response:
    """Say that nothing is there: on a page to who asks for one, else as a problem like every other."""
    if HTML in request.headers.get("accept", ""):
        return page("missing.html", status=HTTPStatus.NOT_FOUND)
    return problem(HTTPStatus.NOT_FOUND, "http_404", language=language_of(request))


def run(work: Coroutine[object, object, None]) -> None:
    """Run `work` in an event loop of its own until it ends or a stop signal cancels it."""
    gc.freeze()  # what was imported stays: no need to look at it again and again
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, contextlib.suppress(asyncio.CancelledError):
        runner.run(_until_signalled(work))


async def _until_signalled(work: Coroutine[object, object, None]) -> None:
    """Cancel `work` at the first stop signal; further ones change nothing, since stopping has its own limits."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        if not stopping.is_set():
            stopping.set()
            task.cancel()

    for each in stop_signals():
        loop.add_signal_handler(each, stop)
    await task


class _Server(uvicorn.Server):
    """Leaves the signals alone: they are `run`'s."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, listener: socket.socket, *, when_up: Callable[[], Awaitable[None]] | None = None) -> None:
    """Serve `app` until cancelled, then let the requests in hand end; `when_up` runs beside the first requests."""
    server = _Server(_configuration(app))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        if when_up:
            await when_up()
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def _configuration(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=REQUESTS_STOP_SECONDS_MAX,
    )


@contextlib.asynccontextmanager
async def running(services: Sequence[Service]) -> AsyncIterator[None]:
    """Start `services` side by side; stop them side by side when the block ends."""
    try:
        await asyncio.gather(*(service.start() for service in services))
        yield
    finally:
        await asyncio.gather(*(_stopped(service) for service in services))


async def _stopped(service: Service) -> None:
    try:
        await asyncio.wait_for(service.stop(), STOP_SECONDS_MAX)
    except TimeoutError:
        _log.warning("%s did not stop within %g s; what it left is done after the next start", service.name, STOP_SECONDS_MAX)
