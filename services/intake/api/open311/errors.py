"""Whatever goes wrong below /open311 is said in Open311's form, whoever says it: router, limits, our own errors, bugs.

Everything else of the service speaks problems (RFC 9457). Here, outermost, they are written anew: as XML or JSON by the suffix.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.intake.wire.open311 import JSON, MEDIA_TYPES, XML, errors, written
from services.intake.wire.open311_asked import name_of
from shared.web.catalogue import Words
from shared.web.language import VIETNAMESE
from shared.web.problems import MEDIA_TYPE

ROOT = "/open311/"
_NO_DOOR = "http_404"
_SEE_DISCOVERY = Words(
    "Không có cửa nào ở địa chỉ này: xem /intake/open311/discovery.{form}.",
    "There is no door at this address: see /intake/open311/discovery.{form}.",
)
_OTHERS = {401: 403, 409: 400, 415: 400, 422: 400}
"""The standard knows 404 for what is not there, 403 for a key, and 400 for all that can be mended by asking otherwise."""


def form_of(path: str) -> str:
    """Return in which form is answered: what names none gets the one that everybody must speak."""
    return JSON if path.endswith(f".{JSON}") else XML


class InTheirForm:
    """Writes problems anew as errors of Open311."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not path.startswith(ROOT):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Translated(send, form_of(path), is_head=scope["method"] == "HEAD"))


class _Translated:
    """Holds a problem back until it is whole; everything else passes."""

    def __init__(self, send: Send, form: str, *, is_head: bool) -> None:
        self._send = send
        self._form = form
        self._is_head = is_head
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and MutableHeaders(raw=message["headers"]).get("content-type") == MEDIA_TYPE:
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._answer(self._start)

    async def _answer(self, start: Message) -> None:
        given: int = start["status"]
        status = _OTHERS.get(given, given)
        headers = MutableHeaders(raw=list(start["headers"]))
        problem = orjson.loads(self._body)
        if problem["code"] == _NO_DOOR:  # its own words name the OpenAPI document, in which these doors are not
            words = _SEE_DISCOVERY.in_language(headers.get("content-language", VIETNAMESE))
            problem["detail"] = words.format(form=self._form)
        body = written(errors(status, _descriptions(problem)), self._form)
        headers["Content-Type"] = MEDIA_TYPES[self._form]
        headers["Content-Length"] = str(len(body))
        await self._send({**start, "status": status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": b"" if self._is_head else body})


def _descriptions(problem: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each field that is wrong, else the one of the problem."""
    fields = problem.get("errors") or []
    told = [f"{name_of(item['field'])}: {item['reason']}; {item['remedy']}" for item in fields]
    trace = f" (trace {problem['trace']})" if "trace" in problem else ""
    return told or [f"{problem['detail']}{trace}"]
