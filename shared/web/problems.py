"""Errors as answers (RFC 9457): the twin of shared/messaging/outcomes.py. Every error gets its status and its words here.

| error | status |
|---|---|
| NotSignedIn, NotAllowed | 401, 403 |
| Unknown (does not exist, or is not yours: the same answer) | 404 |
| Outdated (If-Match names an older version) | 412 with the present state |
| Refused | 409 with a stable code and the facts |
| NotYet | 409 with Retry-After |
| Malformed | 422 with every field, reason and remedy |
| Trouble | 503 with Retry-After |
| anything else | 500 with the trace id and nothing from inside |
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.identity import NotAllowed, NotSignedIn
from shared.kernel.refusals import CauNoiError, Malformed, NotYet, Outdated, Refused, Trouble, Unknown
from shared.telemetry import current_traceparent
from shared.web.catalogue import TITLES, TROUBLE, Words, detail_of, in_one_language, register, register_names
from shared.web.language import ENGLISH, language_of
from shared.web.validation import explained

RETRY_AFTER_SECONDS = 5
MEDIA_TYPE = "application/problem+json"
__all__ = ["Bugs", "install", "members", "problem", "register", "register_names", "response_to", "told"]
_TRACE_ID = slice(3, 35)
_LINE = Words("dòng", "line")
_EMPTY: tuple[Any, ...] = (None, "", "-", [], ())

_STATUSES = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (Unknown, 404),
    (Outdated, 412),
    (Refused, 409),
    (Malformed, 422),
    (Trouble, 503),
)

_log = logging.getLogger(__name__)


def problem(status: int, code: str, *, language: str, detail: str = "", facts: Mapping[str, Any] | None = None) -> Response:
    """Return a problem response; `detail` is used where the catalogue has no words for `code`."""
    body = members(status, code, language=language, detail=detail, facts=facts)
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if status == 503:  # noqa: PLR2004 - the one status with a second chance
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2 asks for it
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body, default=str), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def members(status: int, code: str, *, language: str, detail: str = "", facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a problem says (RFC 9457, 3.1 and 3.2); facts that say nothing are left out."""
    title = TITLES.get(status, TITLES[500]).in_language(language)
    given = _in_language(facts or {}, language)
    if _is_in_both(facts):
        detail = "; ".join(f"{_place(error, language)}: {error['reason']}" for error in given["errors"])
    return {
        **{name: value for name, value in given.items() if value not in _EMPTY},
        "type": f"urn:caunoi:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail_of(code, given, language=language) or _sent(code, detail, given) or title,
        "code": code,
    }


def response_to(error: CauNoiError, *, language: str) -> Response:
    """Return the answer to one of our own errors."""
    status, facts = _status_of(error), error.facts
    detail = error.detail
    if isinstance(error, Trouble):
        _log.warning("trouble: %s", error.detail, extra={"code": error.code})
        detail, facts = TROUBLE.in_language(language), {}
    answer = problem(status, error.code, language=language, detail=detail, facts=facts)
    if isinstance(error, NotYet):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


def told(error: CauNoiError, *, language: str) -> tuple[int, dict[str, Any]]:
    """Return the status of one of our own errors and what its problem says, for a page that goes on showing its form."""
    answer = response_to(error, language=language)
    said: dict[str, Any] = orjson.loads(answer.body)
    return answer.status_code, said


def _status_of(error: CauNoiError) -> int:
    """Return the status of the first kind that fits: the narrower ones stand first."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    """Give every error of `app` its answer."""

    async def ours(request: Request, error: CauNoiError) -> Response:
        return response_to(error, language=language_of(request))

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        language = language_of(request)
        if "content-type" not in request.headers and any(tuple(each["loc"]) == ("body",) for each in error.errors()):
            return problem(
                415, "content_type", language=language, facts={"header": "Content-Type", "accepted": ["application/json"]}
            )
        facts = {"errors": explained(error.errors(), language=language)}
        return problem(422, "malformed", language=language, detail=_summary(facts["errors"]), facts=facts)

    async def http(request: Request, error: HTTPException) -> Response:
        answer = problem(error.status_code, f"http_{error.status_code}", language=language_of(request), detail="")
        answer.headers.update(error.headers or {})
        return answer

    handlers: list[tuple[type[Exception], Callable[..., Awaitable[Response]]]] = [
        (CauNoiError, ours),
        (RequestValidationError, invalid),
        (HTTPException, http),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


class Bugs:
    """The answer to what nobody expected: logged with its trace id, answered with that id and nothing from inside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def answer(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as bug:
            if has_begun or scope["type"] != "http":
                raise
            trace = (current_traceparent() or "")[_TRACE_ID] or uuid4().hex
            _log.error("a bug", exc_info=bug, extra={"trace": trace})
            language = language_of(HTTPConnection(scope))
            await problem(500, "internal", language=language, facts={"trace": trace})(scope, receive, send)


def _summary(errors: list[dict[str, str]]) -> str:
    return "; ".join(f"{error['field']}: {error['reason']}" for error in errors)


def _in_language(facts: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """Return the facts with the reasons and remedies of their mistakes in the asked language."""
    errors = facts.get("errors")
    if not errors:
        return facts
    told = [
        error | {name: in_one_language(str(error[name]), language=language) for name in ("reason", "remedy") if name in error}
        for error in errors
    ]
    return {**facts, "errors": told}


def _is_in_both(facts: Mapping[str, Any] | None) -> bool:
    """Whether all mistakes say their reason in both languages, as those of a file do."""
    errors = (facts or {}).get("errors") or []
    reasons = [str(error.get("reason", "")) for error in errors]
    return bool(reasons) and all(in_one_language(reason, language=ENGLISH) != reason for reason in reasons)


def _place(error: Mapping[str, Any], language: str) -> str:
    """Return where a mistake is: its line, where it has one, and its field."""
    line = f"{_LINE.in_language(language)} {error['line']}, " if "line" in error else ""
    return f"{line}{error['field']}"


def _sent(code: str, detail: str, facts: Mapping[str, Any]) -> str:
    """Return the detail of what has no words of its own: of a mistake that is said nowhere else, what to do about it."""
    errors = facts.get("errors")
    if code == Malformed.code and errors and all(error.get("remedy") for error in errors):
        return "; ".join(f"{error['field']}: {error['remedy']}" for error in errors)
    return detail
