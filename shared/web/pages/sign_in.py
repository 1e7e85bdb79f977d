"""Doors with which people sign in to pages at the city's identity provider, and sign out.

What a browser was sent away with comes back to it alone: state, nonce and verifier lie in a sealed cookie of its own, which is
taken away when it is used. A session is a sealed cookie too: who is signed in at one service is at all of them.
"""

from collections.abc import Mapping
from datetime import timedelta
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
    routes = APIRouter(include_in_schema=False)
    made: list[Provider] = []

    def provider() -> Provider:
        if not made:
            made.append(Provider(verifier.settings, verifier))
        return made[0]

    @routes.get(SIGN_IN)
    async def sign_in(request: Request, next_: Annotated[str, Query(alias="next")] = "") -> Response:
        """Lead a person to the identity provider."""
        asked, now = Asked.new(), clock.now()
        there = await provider().address(asked, back=_back(request), base=_base(request), now=now)
        answer = see(there)
        trip = {"state": asked.state, "nonce": asked.nonce, "verifier": asked.verifier, "next": _landing(request, next_)}
        sealed = verifier.sessions.seal(_PURPOSE, trip, ends_at=now + TRIP)
        seconds = int(TRIP.total_seconds())
        answer.set_cookie(_trip_cookie(asked.state), sealed, max_age=seconds, **_trip_place(request))
        return answer

    @routes.get(SIGNED_IN)
    async def came_back(request: Request) -> Response:
        """Take what the identity provider sent a person back with, and begin his session."""
        given, now = dict(request.query_params), clock.now()
        trip = _trip(request, verifier, given.get("state", ""), clock)
        asked = Asked(trip["state"], trip["nonce"], trip["verifier"])
        principal = await provider().signed_in(asked, given, back=_back(request), now=now)
        ends_at = now + timedelta(minutes=verifier.settings.session_minutes)
        answer = see(trip["next"])
        answer.delete_cookie(_trip_cookie(asked.state), **_trip_place(request))
        cookie = verifier.sessions.begin(principal, ends_at=ends_at)
        answer.set_cookie(session_cookie(request), cookie, path="/", secure=is_secure(request), httponly=True, samesite="lax")
        return answer

    @routes.post(SIGN_OUT)
    async def sign_out(request: Request) -> Response:
        """End a person's session in this browser."""
        session = session_of(request)
        if session is not None:
            await guard(request, session)
        answer = see(f"{request.scope.get('root_path', '')}{SIGNED_OUT}")
        answer.delete_cookie(session_cookie(request), path="/", secure=is_secure(request), httponly=True, samesite="lax")
        return answer

    @routes.get(SIGNED_OUT)
    async def signed_out(request: Request) -> Response:
        """Say that somebody is signed out, and where he can sign out elsewhere too."""
        back = f"{_base(request)}{request.scope.get('root_path', '')}{SIGNED_OUT}"
        return page(request, "signed-out.html", elsewhere=await provider().leaving(back=back, now=clock.now()))

    return routes


def _trip(request: Request, verifier: TokenVerifier, state: str, clock: Clock) -> Mapping[str, Any]:
    """Return what this browser was sent away with. Raises Refused where it was not, or not with this state, or too long ago."""
    cookie = request.cookies.get(_trip_cookie(state), "")
    trip = verifier.sessions.open(_PURPOSE, cookie, now=clock.now())
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
