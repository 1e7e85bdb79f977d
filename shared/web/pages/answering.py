"""A page as an answer: its headers, its language, and problems as pages to who asks for pages.

Invariant: nothing on a page is loaded from elsewhere, and no script or style stands in the page itself (the policy refuses it).
"""

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.language import language_of
from shared.web.pages.rendering import Pages
from shared.web.problems import MEDIA_TYPE
from shared.web.signing_in import session_of

HTML = "text/html"
_ALLOWED = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",  # no script makes markup or scripts from text
    "trusted-types": "caunoi",  # but for the address of a service worker
}
POLICY = "; ".join(f"{name} {value}" for name, value in _ALLOWED.items())
# With "no-referrer" browsers would send `Origin: null` with a form, and nobody could tell whose form it is.
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language, Cookie",
}
NEXT_CHARACTERS_MAX = 2_000
SEE_OTHER = 303
SIGN_IN = "/sign-in"
_NOT_SIGNED_IN = 401
_PATH_SAFE = "/:@!$&'()*+,;=-._~"


def page(request: HTTPConnection, template: str, *, status: int = 200, **facts: object) -> Response:
    """Return the page `template` of the service that was asked, filled with `facts`, in the reader's language."""
    pages: Pages = request.app.state.pages
    language = language_of(request)
    root = request.scope.get("root_path", "")
    session = session_of(request)
    given: dict[str, object] = {
        "root": root,
        "start": f"{root}/" if pages.has_start else "/",
        "here": here(request),
        "switch": f"{root}/language?{urlencode({'next': here(request)})}",
        "static": lambda name: f"{root}/static/{pages.static.name(name)}",
        "asked_at": request.app.state.clock.now(),
        "reader": session.principal if session else None,
        "guard": session.masked_guard() if session else "",
    }
    html = pages.render(template, given | facts, language=language)
    return HTMLResponse(html, status_code=status, headers=_HEADERS | {"Content-Language": language})


def wants_page(request: HTTPConnection) -> bool:
    """Whether a person's browser asks: programs do not name HTML among what they take."""
    return HTML in request.headers.get("accept", "")


def here(request: HTTPConnection) -> str:
    """Return the path that was asked for with its query, fit to come back to."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = quote(request.scope["path"], safe=_PATH_SAFE)
    return f"{path}?{query}" if query else path


def local(written: str, *, otherwise: str) -> str:
    """Return `written` where it is a path of this city, else `otherwise`: nobody is led elsewhere by a link of ours."""
    parts = urlsplit(written) if len(written) <= NEXT_CHARACTERS_MAX and written.isascii() and written.isprintable() else None
    if parts is None or parts.scheme or parts.netloc or "\\" in written or " " in written:
        return otherwise
    return written if written.startswith("/") and not written.startswith("//") else otherwise


def see(path: str) -> Response:
    """Lead the browser to a path of this city, by GET."""
    return RedirectResponse(path, status_code=SEE_OTHER, headers={"Cache-Control": "no-store"})


class ProblemPages:
    """Shows problems as pages to who asks for pages; programs get them as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not wants_page(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        body = bytearray()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _shown(scope, held[0], bytes(body))(scope, receive, send)

        await self._app(scope, receive, answer)


def _is_problem(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(MEDIA_TYPE.encode()) for name, value in start["headers"])


def _shown(scope: Scope, start: Message, body: bytes) -> Response:
    """Return a problem as a page with the same status; who is not signed in is led to where he can."""
    request = Request(scope)
    problem: dict[str, Any] = orjson.loads(body)
    if start["status"] == _NOT_SIGNED_IN and request.method == "GET" and request.app.state.verifier.settings.client_id:
        root = request.scope.get("root_path", "")
        return see(f"{root}{SIGN_IN}?{urlencode({'next': here(request)})}")
    answer = page(request, "problem.html", status=start["status"], problem=problem)
    for name, value in start["headers"]:
        if name.lower() in (b"retry-after", b"allow"):
            answer.headers[name.decode()] = value.decode("latin-1")
    return answer
