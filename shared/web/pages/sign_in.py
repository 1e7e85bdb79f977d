"""Doors with which people sign in to pages at the city's identity provider, and sign out.

What a browser was sent away with comes back to it alone: state, nonce and verifier lie in a sealed cookie of its own, which is
taken away when it is used. A session is a sealed cookie too: who is signed in at one service is at all of them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from shared.identity import Asked, Provider, TokenVerifier
from shared.kernel.clock import Clock
from shared.kernel.refusals import Refused
from shared.web.pages.answering import SIGN_IN, local, page, see
from shared.web.problems import register
from shared.web.signing_in import guard, is_secure, session_cookie, session_of

SIGNED_IN, SIGN_OUT, SIGNED_OUT = "/signed-in", "/sign-out", "/signed-out"
TRIP = timedelta(minutes=10)
"""How long somebody may take at the identity provider."""
_PURPOSE = "sign-in"
_TRIP_COOKIE = "caunoi-sign-in-"
_STATE_SHOWN = 12

register(
    {
        "sign_in_not_set_up": (
            "Thành phố chưa nối trang này với nơi cấp tài khoản, nên chưa ai đăng nhập được ở đây.",
            "The city has not connected these pages to an identity provider, so nobody can sign in here yet.",
        ),
        "sign_in_not_known": (
            "Lần đăng nhập này đã hết hạn, đã dùng rồi, hoặc bắt đầu ở trình duyệt khác: hãy đăng nhập lại từ đầu.",
            "This sign-in has ended, was used before, or was begun in another browser: sign in anew.",
        ),
        "sign_in_declined": (
            "Nơi cấp tài khoản đã từ chối hoặc bạn đã huỷ: hãy đăng nhập lại.",
            "The identity provider declined, or you cancelled: sign in anew.",
        ),
        "sign_in_not_valid": (
            "Câu trả lời của nơi cấp tài khoản không hợp lệ, nên bạn chưa được đăng nhập: hãy đăng nhập lại.",
            "The identity provider's answer is not valid, so you are not signed in: sign in anew.",
        ),
        "not_from_our_page": (
            "Yêu cầu này không đến từ trang đang mở của bạn ở đây: hãy mở lại trang rồi làm lại.",
            "This was not asked from a page that you have open here: open the page again and repeat it.",
        ),
    }
)


def sign_in_router(verifier: TokenVerifier, clock: Clock) -> APIRouter:
    """Return the doors."""
    routes, sessions = APIRouter(include_in_schema=False), Doors(verifier, clock)
    routes.get(SIGN_IN)(sessions.sign_in)
    routes.get(SIGNED_IN)(sessions.signed_in)
    routes.post(SIGN_OUT)(sessions.sign_out)
    routes.get(SIGNED_OUT)(sessions.signed_out)
    return routes


class Doors:
    """The four doors. The provider is made when it is first needed: not every service has somebody who signs in."""

    def __init__(self, verifier: TokenVerifier, clock: Clock) -> None:
        self._verifier = verifier
        self._clock = clock
        self._provider: Provider | None = None

    async def sign_in(self, request: Request, next_: Annotated[str, Query(alias="next")] = "") -> Response:
        """Lead a person to the identity provider."""
        asked, now = Asked.new(), self._clock.now()
        answer = see(await self._at_provider().address(asked, back=_back(request), base=_base(request), now=now))
        trip = {"state": asked.state, "nonce": asked.nonce, "verifier": asked.verifier, "next": _landing(request, next_)}
        sealed = self._verifier.sessions.seal(_PURPOSE, trip, ends_at=now + TRIP)
        answer.set_cookie(_trip_cookie(asked.state), sealed, max_age=int(TRIP.total_seconds()), **_trip_place(request))
        return answer

    async def signed_in(self, request: Request) -> Response:
        """Take what the identity provider sent a person back with, and begin his session."""
        given, now = dict(request.query_params), self._clock.now()
        trip = _trip(request, self._verifier, given.get("state", ""), now)
        asked = Asked(trip["state"], trip["nonce"], trip["verifier"])
        principal = await self._at_provider().signed_in(asked, given, back=_back(request), now=now)
        answer = see(trip["next"])
        answer.delete_cookie(_trip_cookie(asked.state), **_trip_place(request))
        ends_at = now + timedelta(minutes=self._verifier.settings.session_minutes)
        answer.set_cookie(
            session_cookie(request), self._verifier.sessions.begin(principal, ends_at=ends_at), **_everywhere(request)
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End a person's session in this browser."""
        session = session_of(request)
        if session is not None:
            await guard(request, session)
        answer = see(f"{request.scope.get('root_path', '')}{SIGNED_OUT}")
        answer.delete_cookie(session_cookie(request), **_everywhere(request))
        return answer

    async def signed_out(self, request: Request) -> Response:
        """Say that somebody is signed out, and where he can sign out elsewhere too; who is signed in is led to the start."""
        if session_of(request) is not None:
            return see(f"{request.scope.get('root_path', '')}/")
        back = f"{_base(request)}{request.scope.get('root_path', '')}{SIGNED_OUT}"
        elsewhere = await self._at_provider().leaving(back=back, now=self._clock.now())
        return page(request, "signed-out.html", elsewhere=elsewhere)

    def _at_provider(self) -> Provider:
        if self._provider is None:
            self._provider = Provider(self._verifier.settings, self._verifier)
        return self._provider


def _trip(request: Request, verifier: TokenVerifier, state: str, now: datetime) -> Mapping[str, Any]:
    """Return what this browser was sent away with. Raises Refused where it was not, or not with this state, or too long ago."""
    cookie = request.cookies.get(_trip_cookie(state), "")
    trip = verifier.sessions.open(_PURPOSE, cookie, now=now)
    if trip is None or not compare_digest(str(trip["state"]).encode(), state.encode()):
        raise Refused("no such sign-in was begun here", code="sign_in_not_known")
    return trip


def _trip_cookie(state: str) -> str:
    """Return the name of a trip's cookie: one for each, so that two windows do not disturb one another."""
    shown = "".join(letter for letter in state[:_STATE_SHOWN] if letter.isascii() and (letter.isalnum() or letter in "-_"))
    return _TRIP_COOKIE + shown


def _trip_place(request: Request) -> dict[str, Any]:
    path = request.scope.get("root_path", "") + SIGNED_IN
    return {"path": path, "secure": is_secure(request), "httponly": True, "samesite": "lax"}


def _everywhere(request: Request) -> dict[str, Any]:
    return {"path": "/", "secure": is_secure(request), "httponly": True, "samesite": "lax"}


def _landing(request: Request, wanted: str) -> str:
    """Return where somebody lands who has signed in: a page of ours, never a door of the API."""
    start = f"{request.scope.get('root_path', '')}/"
    landing = local(wanted, otherwise=start)
    return start if "/api/" in landing.partition("?")[0] or landing.startswith(start + SIGN_IN[1:]) else landing


def _back(request: Request) -> str:
    return f"{_base(request)}{request.scope.get('root_path', '')}{SIGNED_IN}"


def _base(request: Request) -> str:
    """Return this city's address as the browser has it."""
    settings = request.app.state.verifier.settings
    if settings.public_url:
        return str(settings.public_url).rstrip("/")
    host = request.headers.get("host", "")
    if not host:
        raise Refused("nobody can be led back without a host", code="sign_in_not_valid")
    return f"{'https' if is_secure(request) else 'http'}://{host}"
