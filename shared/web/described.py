"""The OpenAPI document of a service, completed with what every door can answer beside success: problems (RFC 9457)."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

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
    413: "Too large",
    422: "Some fields are not right: each with reason and remedy",
    429: "Too many requests: try again after Retry-After",
    500: "Our mistake: tell us the trace",
    503: "A part is down: try again after Retry-After",
}
_ALWAYS = (404, 422, 429, 500, 503)
_WITH_BODY = (400, 409, 413)


def describe(app: FastAPI) -> None:
    """Let the document of `app` name the problems of each door."""
    plain: Callable[[], dict[str, Any]] = app.openapi

    def described() -> dict[str, Any]:
        return completed(plain(), doors_of(app))

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def completed(document: dict[str, Any], doors: list[Door]) -> dict[str, Any]:
    """Return `document` with the problems of each door in place of FastAPI's own description of what is not valid."""
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
            for status in _statuses(door):
                responses[str(status)] = _response(status)
    return document


def _with_key(operation: dict[str, Any]) -> None:
    """Name the header that every POST takes: the same key gets the same answer."""
    parameters = operation.setdefault("parameters", [])
    if not any(parameter.get("name", "").lower() == KEY_HEADER for parameter in parameters):
        schema = {"type": "string", "pattern": r"^[\x21-\x7e]{8,200}$"}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})


def _statuses(door: Door) -> list[int]:
    signed = () if door.is_public else (401, 403)
    return sorted({*_ALWAYS, *signed, *(_WITH_BODY if door.method == "POST" else ())})


def _response(status: int) -> dict[str, Any]:
    return {"description": _MEANINGS[status], "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
