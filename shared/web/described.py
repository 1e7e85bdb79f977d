"""The OpenAPI document of a service, completed with what every door can answer beside success: problems (RFC 9457)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from shared.web.examples import Examples, problem_examples, read_examples, with_examples
from shared.web.problems import MEDIA_TYPE
from shared.web.repeating import KEY_HEADER
from shared.web.rights import Door, doors_of

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Vietnamese or English by Accept-Language; `code` never changes, further members are facts of the problem.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:caunoi:problem:petition_not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong and what to do"},
        "code": {"type": "string"},
        "trace": {"type": "string", "description": "to be told to us where it is our mistake"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}, "remedy": {"type": "string"}},
            },
        },
    },
}
_MEANINGS = {
    400: "It cannot be read",
    401: "Not signed in",
    403: "The role does not carry this right",
    404: "It does not exist, or it is not yours",
    409: "The law or the present state says no; `code` says which, `article` where it stands",
    412: "If-Match names an older version: here is the present one",
    413: "Too large",
    415: "This type or coding of the body is not taken",
    422: "Some fields are not right: each with reason and remedy",
    429: "Too many requests: try again after Retry-After",
    500: "Our mistake: tell us the trace",
    503: "A part is down: try again after Retry-After",
}
_ALWAYS = (404, 422, 429, 500, 503)
_POSTED = (400, 409, 413)
_WITH_BODY = (400, 413, 415)
_CONDITIONAL = (412,)


def describe(app: FastAPI, examples: Path | None = None) -> None:
    """Let the document of `app` name the problems of each door, and show the examples in the file `examples`."""
    plain: Callable[[], dict[str, Any]] = app.openapi

    def described() -> dict[str, Any]:
        return completed(plain(), doors_of(app), read_examples(examples))

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def completed(document: dict[str, Any], doors: list[Door], examples: Examples) -> dict[str, Any]:
    """Return `document` with examples, and with the problems of each door in place of FastAPI's own description of mistakes."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for door in doors:
        operation = document.get("paths", {}).get(door.path, {}).get(door.method.lower())
        if operation is not None:
            responses = operation.setdefault("responses", {})
            if door.method == "POST":
                _with_key(operation)
            if not door.is_public:
                operation["security"] = [{"bearer": []}]
            written = f"{door.method} {door.path}"
            with_examples(operation, examples.get(written, {}))
            for status in _statuses(door, operation):
                shown = problem_examples(written, status, examples, facts=_own_facts(status, door, operation))
                responses[str(status)] = _response(status, shown)
    return document


def _own_facts(status: int, door: Door, operation: dict[str, Any]) -> dict[str, Any]:
    """Return what a problem of this door says beside what it says everywhere."""
    if status == 403 and door.roles is not None:  # noqa: PLR2004 - who would be let in
        return {"roles": sorted(door.roles)}
    if status == 415:  # noqa: PLR2004 - what is taken instead
        return {"accepted": sorted(operation["requestBody"]["content"])}
    return {}


def _with_key(operation: dict[str, Any]) -> None:
    """Name the header that every POST takes: the same key gets the same answer."""
    parameters = operation.setdefault("parameters", [])
    if not any(parameter.get("name", "").lower() == KEY_HEADER for parameter in parameters):
        schema = {"type": "string", "pattern": r"^[\x21-\x7e]{8,200}$"}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})


def _statuses(door: Door, operation: dict[str, Any]) -> list[int]:
    signed = () if door.is_public else (401, 403)
    posted = _POSTED if door.method == "POST" else ()
    sent = _WITH_BODY if "requestBody" in operation else ()
    names = {parameter.get("name", "").lower() for parameter in operation.get("parameters", ())}
    return sorted({*_ALWAYS, *signed, *posted, *sent, *(_CONDITIONAL if "if-match" in names else ())})


def _response(status: int, shown: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown}
    return {"description": _MEANINGS[status], "content": {MEDIA_TYPE: content}}
