"""Pages: exports. A job makes the file; its page shows how far it is, with a script by itself, without one when reloaded."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.responses import Response

from services.audit.domain.exporting import Format, Query
from services.audit.handlers import exporting
from services.audit.handlers.exporting import AskExport, Exporter
from services.audit.handlers.naming import OfficeNames
from services.audit.pages.names import AUDITORS_PURPOSES, FORMATS, KINDS, PURPOSES, SERVICES
from services.audit.pages.readers import Auditor
from services.audit.pages.words import Words
from shared.contracts.words import Kind, ReadingPurpose
from shared.kernel.ids import uuid7
from shared.kernel.refusals import Malformed, Refused, Unknown
from shared.web import language_of, page
from shared.web.catalogue import both, detail_of
from shared.web.pages import see

CHARACTERS_MAX = 20_000
CODES_MAX = 1_000
UNPROCESSABLE, CONFLICT, MISSING = 422, 409, 404
_DAY = timedelta(days=1)
_DATE = both("Ghi ngày theo dạng 2026-11-28.", "Write the day as 2026-11-28.")
_ORDER = both("Ngày cuối phải từ ngày đầu trở đi.", "The last day must not be before the first.")
_CODES = both(f"Tối đa {CODES_MAX} mã.", f"At most {CODES_MAX} codes.")

Text = Annotated[str, Form(max_length=CHARACTERS_MAX)]


def router(exporter: Exporter, wake: Callable[[], None], offices: OfficeNames) -> APIRouter:
    """Return the doors. `wake` lets the worker of this replica look at once."""
    routes = APIRouter(prefix="/exports", include_in_schema=False, default_response_class=HTMLResponse)
    desk = Desk(exporter, wake, offices)
    routes.get("")(desk.mine)
    routes.post("")(desk.ask)
    routes.get("/{export_id}")(desk.one)
    routes.post("/{export_id}/cancel")(desk.cancel)
    return routes


class Asked:
    """A form as it was sent: shown again with what is wrong with it, or read as a query."""

    def __init__(self, exporter: Exporter, given: dict[str, str]) -> None:
        self.given = given
        self._zone = exporter.zone
        self.mistakes: list[dict[str, str]] = []

    def query(self) -> Query:
        """Return what was asked for. Raises Malformed with every mistake."""
        since, until = self._day("since"), self._day("until")
        codes = tuple(self.given.get("codes", "").replace(",", " ").split())
        if since and until and until < since:
            self._wrong("until", _ORDER)
        if len(codes) > CODES_MAX:
            self._wrong("codes", _CODES)
        if self.mistakes:
            raise Malformed("the form is not right", errors=self.mistakes)
        return Query(
            since=self._midnight(since) if since else None,
            until=self._midnight(until + _DAY) if until else None,
            offices=self._words("offices"),
            services=self._words("services"),
            kinds=self._words("kinds"),
            actors=self._words("actors"),
            codes=codes,
            with_sealed=self.given.get("with_sealed") == "yes",
        )

    def _words(self, name: str) -> tuple[str, ...]:
        return tuple(self.given.get(name, "").replace(",", " ").split())

    def _day(self, name: str) -> date | None:
        written = self.given.get(name, "").strip()
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self._wrong(name, _DATE)
            return None

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)

    def _wrong(self, field: str, remedy: str) -> None:
        self.mistakes.append({"field": field, "reason": "not_right", "remedy": remedy})


class Desk:
    """The doors of exports."""

    def __init__(self, exporter: Exporter, wake: Callable[[], None], offices: OfficeNames) -> None:
        self._exporter, self._wake, self._offices = exporter, wake, offices

    async def mine(self, request: Request, reader: Auditor) -> Response:
        """Your latest exports, and a form to ask for one of a query."""
        return await self._shown(request, reader, {}, [])

    async def ask(
        self,
        request: Request,
        reader: Auditor,
        format_: Annotated[Format, Form(alias="format")],
        purpose: Annotated[ReadingPurpose, Form()] = ReadingPurpose.SUPERVISING,
        petition: Text = "",
    ) -> Response:
        """Have a file made: of a petition, or of the events that fit a query."""
        given = {name: str(value) for name, value in (await request.form()).items()}
        now, language = self._exporter.tracer.clock.now(), language_of(request)
        try:
            query = Query() if format_.is_of_case else Asked(self._exporter, given).query()
            wanted = AskExport(uuid7(now), format_, petition if format_.is_of_case else None, query, str(purpose), language, now)
            found = await exporting.ask(self._exporter, reader, wanted)
        except Malformed as error:
            mistakes = error.facts["errors"]
            return await self._shown(request, reader, given, mistakes, status=UNPROCESSABLE)
        except Unknown:
            raise
        except Refused as error:
            said = detail_of(error.code, error.facts, language=language) or error.detail
            return await self._shown(request, reader, given, [], status=CONFLICT, refusal=said)
        self._wake()
        return see(f"{request.scope.get('root_path', '')}/exports/{found.id}")

    async def one(self, request: Request, reader: Auditor, export_id: UUID) -> Response:
        """How far an export has come, and its file."""
        found = await exporting.one(self._exporter.database, reader, export_id)
        return page(request, "export.html", at="exports", export=found, words=await self._words(request))

    async def cancel(self, request: Request, reader: Auditor, export_id: UUID) -> Response:
        """End an export that is not finished."""
        now = self._exporter.tracer.clock.now()
        await exporting.cancel(self._exporter.database, reader, export_id, now=now)
        return see(f"{request.scope.get('root_path', '')}/exports/{export_id}")

    async def _shown(
        self,
        request: Request,
        reader: Auditor,
        given: dict[str, str],
        mistakes: object,
        *,
        status: int = 200,
        refusal: str = "",
    ) -> Response:
        found = await exporting.all_of(self._exporter.database, reader)
        names = {
            "kinds": {kind: KINDS[kind] for kind in Kind},
            "services": SERVICES,
            "purposes": PURPOSES,
            "auditors_purposes": AUDITORS_PURPOSES,
            "formats": FORMATS,
        }
        return page(
            request,
            "exports.html",
            status=status,
            at="exports",
            exports=found,
            given=given,
            mistakes=mistakes,
            refusal=refusal,
            names=names,
            words=await self._words(request),
        )

    async def _words(self, request: Request) -> Words:
        return Words(is_english=language_of(request) == "en", offices=await self._offices.names())
