"""What everybody may read: the document of discovery, services, requests, what changed. No key is needed."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.doors import Doors
from services.intake.api.open311.errors import ROOT
from services.intake.api.open311.forms import asked_of
from services.intake.domain.lodging import LEGAL_ZONE
from services.intake.domain.mistakes import Mistake, refuse
from services.intake.domain.open311 import JURISDICTION, Topic
from services.intake.handlers import open311 as handlers
from services.intake.handlers.open311 import Found
from services.intake.wire import open311 as wire
from services.intake.wire.open311 import MEDIA_TYPES, Answer, Shown, written
from services.intake.wire.open311_asked import code_of, first, known_codes, page_of, question_of, span_of, wants_extensions
from shared.kernel.refusals import Unknown
from shared.web import language_of
from shared.web.language import ENGLISH


def answered(request: Request, answer: Answer, *, status: int = 200, is_repeat: bool = False) -> Response:
    """Return an answer in the form that the address names."""
    form = request.path_params["form"]
    headers = {"Content-Language": language_of(request), "Vary": "Accept-Language"}
    headers |= {"Idempotent-Replayed": "true"} if is_repeat else {}
    return Response(written(answer, form), status, {**headers, "Content-Type": MEDIA_TYPES[form]})


def is_english(request: Request) -> bool:
    """Whether names and words are asked for in English."""
    return language_of(request) == ENGLISH


class Reading:
    """The doors that only show."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def discovery(self, request: Request) -> Response:
        """Say where the door is, which formats it speaks, and who gives out keys."""
        asked_of(request)
        asked_at = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}{ROOT}".rstrip("/")
        open311 = self._doors.open311
        return answered(request, wire.discovery(open311.url or asked_at, open311.contact, is_english=is_english(request)))

    async def services(self, request: Request) -> Response:
        """List the services: the topics of routing that are about a place."""
        asked_of(request)
        topics = await services_of(self._doors)
        return answered(request, wire.services(topics.values(), is_english=is_english(request)))

    async def definition(self, request: Request) -> Response:
        """Show what may be said of a service beside what every request has: the commune."""
        asked_of(request)
        now = self._doors.clock.now()
        topic = await topic_of(self._doors, request.path_params["code"])
        today = now.astimezone(LEGAL_ZONE).date()
        communes = await handlers.living_communes(self._doors.database, JURISDICTION, today=today)
        named = [(commune.code, commune.name) for commune in communes]
        return answered(request, wire.definition(topic, named, is_english=is_english(request)))

    async def requests(self, request: Request) -> Response:
        """List requests: the last 90 days, or what the filters say."""
        fields, now = asked_of(request), self._doors.clock.now()
        topics = await services_of(self._doors)
        question, mistakes = question_of(fields, topics, now=now)
        check(request, mistakes)
        found = await handlers.reports(question, self._doors.database, with_notes=wants_extensions(fields))
        return await self._shown(request, found)

    async def request(self, request: Request) -> Response:
        """Show one request, as a list of one."""
        fields, now = asked_of(request), self._doors.clock.now()
        code = code_of(request.path_params["number"])
        found = await handlers.report(code, self._doors.database, now=now, with_notes=wants_extensions(fields))
        return await self._shown(request, found)

    async def token(self, request: Request) -> Response:
        """Return the number of the request that a token stands for: it is the token itself."""
        asked_of(request)
        code = code_of(request.path_params["number"])
        found = await handlers.report(code, self._doors.database, now=self._doors.clock.now(), with_notes=False)
        return answered(request, wire.token(found.reports[0].code))

    async def updates(self, request: Request) -> Response:
        """List what changed, the oldest first."""
        fields, now = asked_of(request), self._doors.clock.now()
        start, before, mistakes = span_of(fields, now=now)
        page, wrong = page_of(fields)
        check(request, [*mistakes, *wrong])
        named = first(fields, "service_request_id")
        codes = known_codes(named.split(",")) if named else None
        notes = await handlers.changes(self._doors.database, start=start, before=before, codes=codes, page=page)
        return answered(request, wire.updates(notes, is_english=is_english(request)))

    async def _shown(self, request: Request, found: Found) -> Response:
        topics = await services_of(self._doors)
        shown = Shown(found.reports, topics, found.offices, found.notes)
        return answered(request, wire.requests(shown, is_english=is_english(request)))


async def services_of(doors: Doors) -> Mapping[str, Topic]:
    """Return the services: topics of a place that can be looked at. Raises Trouble where routing never told them."""
    topics = await doors.topics.topics()
    return {code: Topic(code, topic.name_vi, topic.name_en) for code, topic in topics.items() if topic.is_physical}


async def topic_of(doors: Doors, code: str) -> Topic:
    """Return the topic that is a service. Raises Unknown."""
    topics = await services_of(doors)
    if code not in topics:
        raise Unknown("there is no such service", code="open311_service")
    return topics[code]


def check(request: Request, mistakes: Sequence[Mistake]) -> None:
    """Raise Malformed where there is a mistake."""
    if mistakes:
        raise refuse(mistakes, language=language_of(request))
