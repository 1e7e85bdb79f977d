"""What a service says and hears, as it tells it itself: an AsyncAPI document for programs, a page per event for people.

Open to everybody: contracts hold no secrets. A page is shown by the service that says the event; the index names all services.
"""

from functools import cache
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.contracts.asyncapi import document
from shared.contracts.conversation import Part
from shared.kernel.refusals import Unknown
from shared.web.event_facts import event_facts, index_facts
from shared.web.language import language_of
from shared.web.pages import page

DOCUMENT = "/api/asyncapi.json"
DOCUMENT_TYPE = "application/vnd.aai.asyncapi+json;version=3.0.0"


def events_router(part: Part) -> APIRouter:
    """Return the doors that tell a service's part in the conversation."""
    routes = APIRouter(include_in_schema=False)

    @cache
    def told() -> dict[str, Any]:
        return document(part)

    @routes.get(DOCUMENT)
    async def asyncapi() -> Response:
        """What this service says and hears, as AsyncAPI 3."""
        return JSONResponse(told(), media_type=DOCUMENT_TYPE)

    @routes.get("/events")
    async def index(request: Request) -> Response:
        """Every event of every service, by who says it."""
        return page(request, "contracts.html", **index_facts(part, language=language_of(request)))

    @routes.get("/events/{name}")
    async def event(request: Request, name: str) -> Response:
        """One event of this service: meaning, fields, example, versions."""
        event_type = f"petitions.{part.service}.{name}"
        if event_type not in part.said():
            raise Unknown("there is no such event")
        return page(request, "contract.html", **event_facts(part, event_type, language=language_of(request)))

    return routes
