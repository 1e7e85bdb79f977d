"""Who is asking, as a dependency of a door: the bearer token of a program, or the session of who signed in to our pages.

Invariant: a session counts only for what our own pages ask. Something is changed only with the guard that this session's pages
carry, and a door of the API is never opened from another site's page.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from shared.contracts.words import Role
from shared.identity import PRINCIPAL_KEY, NotAllowed, NotSignedIn, Principal, Session, TokenVerifier
from shared.kernel.clock import Clock

SESSION_COOKIE, SECURE_SESSION_COOKIE = "caunoi-session", "__Host-caunoi-session"
"""The second is taken and given by browsers over HTTPS alone, for this very host."""
GUARD_FIELD, GUARD_HEADER = "_guard", "x-caunoi-guard"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SCHEME = "bearer "
_API = "/api/"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def bearer_of(connection: HTTPConnection) -> str | None:
    """Return the bearer token that is presented, None where there is none."""
    header = connection.headers.get("authorization", "")
    return header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else None


def session_of(connection: HTTPConnection) -> Session | None:
    """Return the session whose cookie comes along, None where there is none (any more)."""
    cookie = connection.cookies.get(session_cookie(connection)) if has_session_cookie(connection) else None
    if cookie is None:
        return None
    verifier: TokenVerifier = connection.app.state.verifier
    clock: Clock = connection.app.state.clock
    return verifier.sessions.session(cookie, now=clock.now())


def has_session_cookie(connection: HTTPConnection) -> bool:
    """Whether a session's cookie comes along, good or not."""
    if "cookie" not in connection.headers:
        return False
    cookies = connection.cookies
    return SESSION_COOKIE in cookies or SECURE_SESSION_COOKIE in cookies


def session_cookie(connection: HTTPConnection) -> str:
    """Return the name of the session's cookie."""
    return SECURE_SESSION_COOKIE if is_secure(connection) else SESSION_COOKIE


def is_secure(connection: HTTPConnection) -> bool:
    """Whether browsers ask by HTTPS, by our settings or as the gateway says. Who says so falsely loses his session by it."""
    verifier: TokenVerifier = connection.app.state.verifier
    if verifier.settings.public_url:
        return verifier.settings.public_url.startswith("https:")
    told = connection.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return (told or connection.url.scheme) == "https"


async def signed_in(request: Request) -> Principal:
    """Return who presents the bearer token, or is signed in to our pages. Raises NotSignedIn, NotAllowed."""
    known: Principal | None = request.scope.get(PRINCIPAL_KEY)
    if known is not None:
        return known
    token = bearer_of(request)
    if token is not None:
        verifier: TokenVerifier = request.app.state.verifier
        clock: Clock = request.app.state.clock
        return await verifier.verify(token, now=clock.now())
    session = session_of(request)
    if session is None:
        raise NotSignedIn("no bearer token, and not signed in to the pages")
    await guard(request, session)
    return session.principal


async def guard(request: Request, session: Session) -> None:
    """Let pass what our own pages ask in this session. Raises NotAllowed ``not_from_our_page``."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    is_safe = request.method in SAFE_METHODS
    if is_safe and not path.startswith(_API):
        return
    if not _is_from_our_site(request, is_safe=is_safe):
        raise NotAllowed("another site's page asks", code="not_from_our_page")
    if not is_safe and not session.guards(await _brought(request)):
        raise NotAllowed("the form is not one that this session's pages gave", code="not_from_our_page")


def _is_from_our_site(request: Request, *, is_safe: bool) -> bool:
    """Whether a page of ours asks, or (for what changes nothing) the reader himself, by the headers that no page can write."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin" or (is_safe and site == "none")
    origin = request.headers.get("origin")
    if origin is None:
        return is_safe
    return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""


async def _brought(request: Request) -> str:
    header = request.headers.get(GUARD_HEADER)
    if header is not None:
        return header
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        given = (await request.form()).get(GUARD_FIELD)
        return given if isinstance(given, str) else ""
    return ""


@dataclass(frozen=True, slots=True)
class Requires:
    """A dependency: somebody signed in who holds one of `roles`; NotAllowed for others. The matrix of rights reads it."""

    roles: frozenset[Role]

    async def __call__(self, principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
        if not principal.has(*self.roles):
            raise NotAllowed(f"needs one of: {', '.join(sorted(self.roles))}", facts={"roles": sorted(self.roles)})
        return principal


def requires(*roles: Role) -> Requires:
    """Return a dependency: somebody signed in who holds one of `roles`."""
    return Requires(frozenset(roles))
