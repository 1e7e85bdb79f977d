"""What a door takes: another type, or a coding of the body, is answered 415 with what to send instead (RFC 9110, 15.5.16).

What each door takes stands in the OpenAPI document and nowhere else. It is looked up only where a body is not said to be JSON.
"""

import re
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.language import preferred
from shared.web.problems import problem

UNSUPPORTED = 415
JSON = "application/json"
ANYTHING = "application/octet-stream"
"""A door that takes bytes of any type looks at them itself."""
IDENTITY = b"identity"


class Typed:
    """Refuses bodies that the door behind it cannot read."""

    def __init__(self, app: ASGIApp, *, described: FastAPI) -> None:
        self._app = app
        self._described = described
        self._taken: list[tuple[str, re.Pattern[str], frozenset[str]]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (wrong := self._wrong(scope)) is not None:
            code, facts = wrong
            language = preferred(_header(scope, b"accept-language").decode("latin-1"))
            answer = problem(UNSUPPORTED, code, language=language, facts=facts)
            if code == "content_coded":
                answer.headers["Accept-Encoding"] = IDENTITY.decode()
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _wrong(self, scope: Scope) -> tuple[str, dict[str, object]] | None:
        """Return the problem with the body's headers and its facts, None where there is none."""
        coding = _header(scope, b"content-encoding").strip().lower()
        if coding not in (b"", IDENTITY):
            return "content_coded", {"header": "Content-Encoding"}
        media_type = _header(scope, b"content-type").partition(b";")[0].strip().lower().decode("latin-1")
        if media_type in ("", JSON) or media_type.endswith("+json"):
            return None
        takes = self._taken_at(scope)
        if not takes or takes & {media_type, ANYTHING}:
            return None
        return "content_type", {"header": "Content-Type", "accepted": sorted(takes)}

    def _taken_at(self, scope: Scope) -> frozenset[str]:
        if self._taken is None:
            self._taken = list(_bodies(self._described.openapi()))
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        found = (types for method, form, types in self._taken if method == scope["method"] and form.fullmatch(path))
        return next(found, frozenset())


def _bodies(document: dict[str, Any]) -> Iterable[tuple[str, re.Pattern[str], frozenset[str]]]:
    """Yield method, form of the path and types of each body that the document describes."""
    for path, operations in document.get("paths", {}).items():
        form = re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]+\}", path)))
        for method, operation in operations.items():
            if "requestBody" in operation:
                yield method.upper(), form, frozenset(operation["requestBody"]["content"])


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")
