"""Pages: a petition's whole life, and finding it by its code."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.responses import Response

from services.audit.handlers import tracing
from services.audit.handlers.closing import TheLog
from services.audit.handlers.naming import OfficeNames
from services.audit.handlers.overviewing import log_standing
from services.audit.handlers.tracing import Tracer
from services.audit.pages.names import AUDITORS_PURPOSES, PURPOSES
from services.audit.pages.readers import Auditor
from services.audit.pages.words import Words
from services.audit.wire.trace_answers import TraceAnswer
from services.audit.wire.tracing import trace_answer
from shared.kernel.refusals import Unknown
from shared.web import language_of, page
from shared.web.pages import see

SEARCH_CHARACTERS_MAX = 64
SHOWN = {"all": None, "acts": ("intake", "routing"), "clocks": ("escalation",), "notices": ("notify",), "record": ("audit",)}
"""Which services' events a trace shows."""


def router(tracer: Tracer, offices: OfficeNames, log: TheLog) -> APIRouter:
    """Return the doors."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/petitions")
    async def search(request: Request, reader: Auditor, code: Annotated[str, Query(max_length=200)] = "") -> Response:
        """Find a petition by its code or id, and lead to its trace."""
        asked = code.strip()
        try:
            told = await tracing.life_of(tracer, reader, asked[:SEARCH_CHARACTERS_MAX], is_compared=False)
        except Unknown:
            return page(request, "search.html", status=404, at="start", asked=asked)
        return see(f"{request.scope.get('root_path', '')}/petitions/{told.code or told.petition_id}")

    @routes.get("/petitions/{key}")
    async def trace(request: Request, reader: Auditor, key: str, show: Annotated[str, Query(max_length=16)] = "all") -> Response:
        """A petition's whole life: what calls for a word first, who read it, its clocks, every event."""
        told = await tracing.life_of(tracer, reader, key, is_compared=True)
        language = language_of(request)
        answer = trace_answer(told, language=language)
        words = Words(is_english=language == "en", offices=await offices.names())
        view = View(answer, show if show in SHOWN else "all", (await log_standing(tracer.database, log)).size)
        return page(request, "trace.html", at="", trace=answer, words=words, view=view)

    return routes


class View:
    """What the page of a trace shows beside the trace itself: which events, what is said of others by their position, and up to
    which position events are under a checkpoint of the log (`proven`).
    """

    def __init__(self, trace: TraceAnswer, show: str, proven: int) -> None:
        sources = SHOWN[show]
        self.show = show
        self.purposes, self.auditors_purposes = PURPOSES, AUDITORS_PURPOSES
        self.proven = proven
        self.events = [event for event in trace.events if sources is None or event.source in sources]
        self.odd = {oddity.position for oddity in trace.oddities}
        self.titles = {event.position: event.title for event in trace.events}
        self.sources = {event.position: event.source for event in trace.events}
