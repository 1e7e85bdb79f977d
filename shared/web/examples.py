"""Examples for the OpenAPI document: those of a service from its examples.json, those of problems from the words that answer.

The file maps a door (``POST /api/petitions``) to ``{"request": …, "answers": {"201": …}, "refused": {"code": …, "facts": {…}}}``;
each part may be left out. The values were recorded at the doors, with invented people.
"""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from shared.web.catalogue import TROUBLE, registered
from shared.web.language import ENGLISH, VIETNAMESE
from shared.web.problems import MEDIA_TYPE, members
from shared.web.validation import explained

Examples = Mapping[str, Mapping[str, Any]]
_SHARED_DOORS = Path(__file__).with_name("examples.json")
_SPREADSHEET = "application/vnd."
_MISTAKE = {"type": "missing", "loc": ("body", "text")}
_TRACE = "0af7651916cd43dd8448eb211c80319c"
_USUAL: Mapping[int, tuple[str, Mapping[str, Any]]] = {
    400: ("http_400", {}),
    401: ("not_signed_in", {}),
    403: ("not_allowed", {}),
    404: ("not_found", {}),
    409: ("idempotency_key_running", {}),
    412: ("version_conflict", {"version": 4, "state": "answered", "possible": ["close", "record"]}),
    413: ("http_413", {}),
    415: ("content_type", {"header": "Content-Type", "accepted": ["application/json"]}),
    422: ("malformed", {}),
    429: ("too_many_requests", {"limit": 300, "seconds": 12}),
    500: ("internal", {"trace": _TRACE}),
    503: ("trouble", {}),
}
_BY_CODE = "petition_not_found"


@cache
def read_examples(file: Path | None) -> Examples:
    """Return the examples of a service, with those of the doors that every service has."""
    found: dict[str, Mapping[str, Any]] = orjson.loads(_SHARED_DOORS.read_bytes())
    return found | (orjson.loads(file.read_bytes()) if file is not None else {})


def problem_examples(door: str, status: int, examples: Examples, *, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a problem of a door as it is answered in Vietnamese and in English; `facts` that this door alone has go along."""
    code, usual = _USUAL[status]
    if status == HTTPStatus.NOT_FOUND and "{code}" in door and _BY_CODE in registered():
        code = _BY_CODE
    refused = examples.get(door, {}).get("refused") if status == HTTPStatus.CONFLICT else None
    if refused is not None:
        code, usual = refused["code"], refused.get("facts", {})
    return {language: {"value": _problem(status, code, {**usual, **facts}, language)} for language in (VIETNAMESE, ENGLISH)}


def _problem(status: int, code: str, facts: Mapping[str, Any], language: str) -> dict[str, Any]:
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        errors = explained([_MISTAKE], language=language)
        facts = {**facts, "errors": errors}
        detail = "; ".join(f"{error['field']}: {error['reason']}" for error in errors)
        return members(status, code, language=language, detail=detail, facts=facts)
    detail = TROUBLE.in_language(language) if status == HTTPStatus.SERVICE_UNAVAILABLE else ""
    return members(status, code, language=language, detail=detail, facts=facts)


def with_examples(operation: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Put the examples of a door into its description: its request, and what it answers when it does what it is for."""
    if "request" in given:
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            if not media_type.startswith(_SPREADSHEET):
                content["examples"] = {"example": {"value": given["request"]}}
    for status, value in given.get("answers", {}).items():
        described = operation["responses"].setdefault(status, {"description": HTTPStatus(int(status)).phrase})
        if value is None:
            continue
        for media_type, content in described.setdefault("content", {"application/json": {"schema": {}}}).items():
            if media_type != MEDIA_TYPE:
                content["examples"] = {"example": {"value": value}}
