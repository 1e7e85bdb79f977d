"""Doors that every service's pages have: static files, and the choice of a language."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from shared.identity import TokenVerifier
from shared.kernel.clock import Clock
from shared.web.language import COOKIE, SPOKEN, VIETNAMESE
from shared.web.pages.answering import local, see
from shared.web.pages.rendering import Pages
from shared.web.pages.sign_in import sign_in_router

YEAR_SECONDS = 365 * 86_400


def pages_routers(pages: Pages, verifier: TokenVerifier, clock: Clock) -> tuple[APIRouter, APIRouter]:
    """Return these doors, and those of signing in."""
    return _router(pages), sign_in_router(verifier, clock)


def _router(pages: Pages) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/static/{name}")
    async def static(name: str) -> Response:
        """Styles and scripts of the pages."""
        return pages.static.answer(name)

    @routes.get("/language")
    async def language(
        request: Request,
        to: Annotated[str, Query(max_length=8)] = VIETNAMESE,
        next_: Annotated[str, Query(alias="next")] = "",
    ) -> Response:
        """Remember the language that a reader chose, and lead him back."""
        answer = see(local(next_, otherwise=f"{request.scope.get('root_path', '')}/"))
        chosen = to if to in SPOKEN else VIETNAMESE
        answer.set_cookie(COOKIE, chosen, max_age=YEAR_SECONDS, path="/", httponly=True, samesite="lax")
        return answer

    return routes
