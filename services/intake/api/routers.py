"""All doors of intake, and the limits of what may be sent through them."""

import re
from typing import Any

from fastapi import APIRouter
from starlette.routing import BaseRoute, Route

from services.intake.api.answering import answering_router
from services.intake.api.bodies import CounterPetitions
from services.intake.api.counter import counter_router
from services.intake.api.doors import Doors
from services.intake.api.imports import imports_router
from services.intake.api.internal import internal_router
from services.intake.api.lodge import lodge_door
from services.intake.api.open311 import ROOT, open311_routes
from services.intake.api.petitioning import joining_router, petitioning_router
from services.intake.api.petitions import petitions_router
from services.intake.api.protected import files_router, protected_router
from services.intake.api.receipts import receipts_router
from services.intake.api.retention import retention_router
from services.intake.api.sealed import sealed_router
from services.intake.api.searching import searching_router
from services.intake.api.similar import similar_router
from services.intake.api.splitting import splitting_router
from services.intake.api.stripping import publications_router, stripping_router
from services.intake.api.voters import voters_router
from services.intake.domain.files import FORM_BYTES_MAX
from services.intake.gateways.spreadsheets import FILE_BYTES_MAX
from services.intake.wire.lodging import LodgePetition, Receipt, SealedReceipt
from shared.web import small_bodies
from shared.web.limiting import DOORS, Door

LODGE_PATH = "/api/petitions"
IMPORT_BYTES_MAX = 8 * 1024 * 1024
_UPLOAD = re.compile(r"/api/(petitions/[^/]+|sealed)/attachments")
_PROVED = re.compile(
    r"/api/(petitions/[^/]+/(withdraw|verdict|contest|answer(/files/[^/]+)?|attachments|phrases|proof)|sealed/.+)"
)
_JOIN = re.compile(r"/api/(petitions/[^/]+/join|similar)")
_OWN_KEYS = re.compile(
    r"/api/(counter/petitions|internal/.+|sealed/(status|attachments|phrases|proof|answer.*)"
    r"|petitions/[^/]+/(split|attachments|reveal|copies|phrases|proof|answer.*))"
)
RECEIPT_PAGE = "/receipt"
"""The page (services/intake/pages.py) takes secrets like a door of the API."""
COUNTER_BYTES_MAX = 2 * 1024 * 1024
_LARGE = {"/api/counter/petitions": COUNTER_BYTES_MAX, "/api/voters/files": FILE_BYTES_MAX}
_POSTED = re.compile(rf"{ROOT}v2/(requests|servicerequestupdates)\.[a-z]+")
_IMPORT = re.compile(r"/api/imports/[^/]+/rows")


def body_limit(path: str) -> int:
    """Return how many bytes may be sent to `path`."""
    if _UPLOAD.fullmatch(path) or _POSTED.fullmatch(path):
        return FORM_BYTES_MAX
    if path in _LARGE:
        return _LARGE[path]
    return IMPORT_BYTES_MAX if _IMPORT.fullmatch(path) else small_bodies(path)


def door_of(method: str, path: str) -> Door | None:
    """Return what kind of door it is: by it requests are counted."""
    if path == RECEIPT_PAGE and method == "POST":
        return Door.GUESS
    if not path.startswith((DOORS, ROOT)):
        return None
    if method != "POST":
        return Door.LOOK
    if _PROVED.fullmatch(path):
        return Door.GUESS
    if _JOIN.fullmatch(path) or path.startswith(ROOT):
        return Door.LODGE
    return Door.LODGE if path == LODGE_PATH else Door.LOOK


def own_keys(path: str) -> bool:
    """Say which doors remember idempotency keys themselves, or show what must not be kept a second time."""
    return path == LODGE_PATH or _OWN_KEYS.fullmatch(path) is not None


def build_routes(doors: Doors) -> list[BaseRoute]:
    """Return the hot door, and those of Open311."""
    return [Route(LODGE_PATH, lodge_door(doors), methods=["POST"]), *open311_routes(doors)]


def build_routers(doors: Doors) -> list[APIRouter]:
    """Return every other door."""
    return [
        petitions_router(doors),
        petitioning_router(doors),
        answering_router(doors),
        joining_router(doors),
        similar_router(doors),
        sealed_router(doors),
        protected_router(doors),
        files_router(doors),
        splitting_router(doors),
        stripping_router(doors),
        retention_router(doors),
        publications_router(doors),
        counter_router(doors),
        receipts_router(doors),
        voters_router(doors),
        imports_router(doors),
        searching_router(doors),
        internal_router(doors),
    ]


def document(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the hot door to an OpenAPI document: it is a plain route, with the same models."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    for model in (LodgePetition, Receipt, SealedReceipt, CounterPetitions):
        described = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas[model.__name__] = described
    key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}}
    either = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in (Receipt, SealedReceipt)]
    answer = {"application/json": {"schema": {"oneOf": either}}}
    schema.setdefault("paths", {}).setdefault(LODGE_PATH, {})["post"] = {
        "tags": ["petitions"],
        "summary": "Lodge",
        "description": "Lodge a petition. Answered after it is committed; the same Idempotency-Key gets the same receipt.",
        "parameters": [key],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LodgePetition"}}},
        },
        "responses": {"201": {"description": "Lodged", "content": answer}},
    }
    return schema
