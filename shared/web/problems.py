"""Errors as answers (RFC 9457): the twin of shared/messaging/outcomes.py. Every error gets its status and its words here.

| error | status |
|---|---|
| NotSignedIn, NotAllowed | 401, 403 |
| Unknown (does not exist, or is not yours: the same answer) | 404 |
| Refused | 409 with a stable code and the facts |
| Malformed | 422 with every field, reason and remedy |
| Trouble | 503 with Retry-After |
| anything else | 500 with the trace id and nothing from inside |
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
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
from shared.kernel.refusals import CauNoiError, Malformed, Refused, Trouble, Unknown
from shared.telemetry import current_traceparent
from shared.web.language import ENGLISH, language_of
from shared.web.validation import explained

RETRY_AFTER_SECONDS = 5
MEDIA_TYPE = "application/problem+json"
_TRACE_ID = slice(3, 35)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Words:
    vi: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == ENGLISH else self.vi


_TITLES = {
    400: _Words("Yêu cầu không hợp lệ", "Bad request"),
    401: _Words("Chưa đăng nhập", "Not signed in"),
    403: _Words("Không có quyền", "Not allowed"),
    404: _Words("Không tìm thấy", "Not found"),
    405: _Words("Phương thức không được dùng ở đây", "Method not allowed"),
    409: _Words("Không thực hiện được ở trạng thái hiện tại", "Not possible in the present state"),
    413: _Words("Dữ liệu gửi lên quá lớn", "Too large"),
    415: _Words("Loại dữ liệu không được hỗ trợ", "Unsupported media type"),
    422: _Words("Dữ liệu chưa đúng", "Some fields are not right"),
    429: _Words("Quá nhiều yêu cầu", "Too many requests"),
    500: _Words("Lỗi của hệ thống", "Our mistake"),
    503: _Words("Tạm thời chưa phục vụ được", "Not available just now"),
}
_DETAILS = {
    "not_signed_in": _Words("Hãy đăng nhập rồi thử lại.", "Sign in and try again."),
    "not_allowed": _Words("Vai trò của bạn không có quyền này.", "Your role does not carry this right."),
    "too_many_requests": _Words(
        "Quá nhiều yêu cầu (tối đa {limit} mỗi phút): hãy thử lại sau {seconds} giây.",
        "Too many requests (at most {limit} a minute): try again in {seconds} seconds.",
    ),
    "idempotency_key_reused": _Words(
        "Khoá Idempotency-Key này đã dùng cho yêu cầu khác: hãy tạo khoá mới.",
        "This Idempotency-Key was used for another request: make a new one.",
    ),
    "idempotency_key_running": _Words(
        "Một yêu cầu với khoá Idempotency-Key này đang được xử lý: hãy thử lại sau ít giây.",
        "A request under this Idempotency-Key is being answered: try again in a few seconds.",
    ),
    "http_400": _Words(
        "Không đọc được nội dung gửi lên: kiểm tra định dạng; với tệp, gửi multipart/form-data, tối đa 20 tệp, tên tệp ngắn.",
        "What was sent cannot be read: check its format; send files as multipart/form-data, at most 20, with short names.",
    ),
    "http_413": _Words(
        "Dữ liệu gửi lên quá lớn: hãy gửi từng phần (tệp tối đa 10 MB, văn bản tối đa 1 MB).",
        "Too large: send it in parts (files up to 10 MB, words up to 1 MB).",
    ),
    "not_found": _Words("Không có, hoặc không thuộc phạm vi của bạn.", "It does not exist, or it is not yours."),
    "bad_cursor": _Words(
        "Không đọc được vị trí trang (cursor): hãy gửi giá trị next của trang trước.",
        "The cursor cannot be read: send `next` of the page before.",
    ),
    "parked_not_found": _Words("Không có thông điệp chờ xử lý nào như vậy.", "There is no such parked message."),
    "parked_already_replayed": _Words("Thông điệp này đã được xử lý lại.", "This message was replayed before."),
    "parked_too_early": _Words(
        "Còn thiếu một sự kiện trước đó: hãy xử lý sự kiện ấy trước.", "An earlier event is still missing: replay that one first."
    ),
    "internal": _Words(
        "Lỗi đã được ghi lại. Hãy thử lại; nếu vẫn lỗi, hãy báo kèm mã theo dõi.",
        "It was recorded. Try again; if it happens again, tell us with the trace id.",
    ),
}
_TROUBLE = _Words(
    "Một bộ phận của hệ thống đang gián đoạn. Hãy thử lại sau ít giây.", "A part is down. Try again in a few seconds."
)


def register(details: Mapping[str, tuple[str, str]]) -> None:
    """Add a service's own codes: Vietnamese and English detail, with ``{fact}`` places that the error's facts fill."""
    _DETAILS.update({code: _Words(*texts) for code, texts in details.items()})


def problem(status: int, code: str, *, language: str, detail: str = "", facts: Mapping[str, Any] | None = None) -> Response:
    """Return a problem response. `detail` is used where the catalogue has no words for `code`."""
    known = _DETAILS.get(code)
    words = known.in_language(language) if known else detail
    title = _TITLES.get(status, _TITLES[500]).in_language(language)
    body = {
        **(facts or {}),
        "type": f"urn:caunoi:problem:{code}",
        "title": title,
        "status": status,
        "detail": _filled(words, facts or {}) or title,
        "code": code,
    }
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if status == 503:  # noqa: PLR2004 - the one status with a second chance
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2 asks for it
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body, default=str), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def response_to(error: CauNoiError, *, language: str) -> Response:
    """Return the answer to one of our own errors."""
    match error:
        case NotSignedIn():
            status = 401
        case NotAllowed():
            status = 403
        case Unknown():
            status = 404
        case Refused():
            status = 409
        case Malformed():
            status = 422
        case Trouble():
            _log.warning("trouble: %s", error.detail, extra={"code": error.code})
            return problem(503, error.code, language=language, detail=_TROUBLE.in_language(language))
        case _:
            status = 500
    return problem(status, error.code, language=language, detail=error.detail, facts=error.facts)


def install(app: FastAPI) -> None:
    """Give every error of `app` its answer."""

    async def ours(request: Request, error: CauNoiError) -> Response:
        return response_to(error, language=language_of(request))

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        language = language_of(request)
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


def _filled(words: str, facts: Mapping[str, Any]) -> str:
    try:
        return words.format_map(facts)
    except (KeyError, ValueError, IndexError):
        return words
