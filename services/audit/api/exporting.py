"""Doors for exports: ask for a file, look how far it has come, end it, fetch it. Each auditor sees his own."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import StreamingResponse

from services.audit.domain.exporting import Export, Format, Query
from services.audit.gateways.files import EXTENSIONS
from services.audit.handlers import exporting as handlers
from services.audit.handlers.exporting import AskExport, Exporter
from shared.contracts.words import Kind, ReadingPurpose, Role
from shared.identity import Principal
from shared.kernel.ids import uuid7
from shared.web import language_of, problems, requires

Auditor = Annotated[Principal, Depends(requires(Role.AUDITOR))]
FILTERS_MAX = 200
CODES_MAX = 1_000
NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no text with it."""
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}

problems.register(
    {
        "export_running": (
            "Bạn đang có một bản xuất chưa xong: hãy chờ hoặc huỷ bản đó.",
            "You have an export that is not finished: wait for it, or cancel it.",
        ),
        "export_not_found": ("Bạn không có bản xuất nào như vậy.", "You have no such export."),
        "export_not_ready": (
            "Bản xuất chưa có tệp (trạng thái: {state}).",
            "The export has no file (its state: {state}).",
        ),
        "export_expired": (
            "Tệp chỉ được giữ bảy ngày và đã xoá: hãy xuất lại.",
            "The file was kept for seven days and is gone: export again.",
        ),
    }
)


class QueryIn(BaseModel):
    """Which events: all that fit every filter. Times are of the record; `with_sealed` takes denunciations in, too."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    offices: list[Word] = Field(default_factory=list, max_length=FILTERS_MAX)
    types: list[Word] = Field(default_factory=list, max_length=FILTERS_MAX, description="petitions.routing.petition.answered.v1")
    services: list[Word] = Field(default_factory=list, max_length=FILTERS_MAX)
    kinds: list[Kind] = Field(default_factory=list, max_length=FILTERS_MAX)
    actors: list[Word] = Field(
        default_factory=list, max_length=FILTERS_MAX, description="as events name them: person:…, service:…"
    )
    codes: list[Word] = Field(default_factory=list, max_length=CODES_MAX, description="tracking codes as they are written")
    with_sealed: bool = False

    def query(self) -> Query:
        return Query(
            self.since,
            self.until,
            tuple(self.offices),
            tuple(self.types),
            tuple(self.services),
            tuple(map(str, self.kinds)),
            tuple(self.actors),
            tuple(self.codes),
            with_sealed=self.with_sealed,
        )


class ExportIn(BaseModel):
    """What is wanted: csv, xlsx or parquet of a query; or pdf, json, prov or provn of a petition (its code or id)."""

    model_config = ConfigDict(extra="forbid")

    format: Format
    petition: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    query: QueryIn | None = None
    purpose: ReadingPurpose = ReadingPurpose.SUPERVISING

    @model_validator(mode="after")
    def _fits(self) -> "ExportIn":
        if self.format.is_of_case != (self.petition is not None):
            raise ValueError(
                "pdf, json, prov, provn: cần petition; csv, xlsx, parquet: cần query · "
                "pdf, json, prov and provn take a petition; csv, xlsx and parquet a query"
            )
        return self


class ExportAnswer(BaseModel):
    """An export and how far it has come: waiting, running, done, failed, cancelled or expired."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    format: str
    petition_id: UUID | None
    code: str | None
    query: dict[str, Any]
    state: str
    percent: int
    rows: int
    upto: int = Field(description="events of the log under the checkpoint that is in the file")
    file_name: str | None
    file_bytes: int | None
    file_sha256: str | None
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    problem: str | None = Field(description="why it failed: export_too_many, or the code of a problem")


class ExportList(BaseModel):
    items: list[ExportAnswer]


def router(exporter: Exporter, wake: Callable[[], None]) -> APIRouter:
    """Return the doors. `wake` lets the worker of this replica look at once."""
    routes = APIRouter(prefix="/api/exports", tags=["exports"])
    database, clock = exporter.database, exporter.tracer.clock

    @routes.post("", status_code=status.HTTP_202_ACCEPTED)
    async def ask(asked: ExportIn, request: Request, reader: Auditor) -> ExportAnswer:
        """Have a file made: one at a time for each person."""
        now = clock.now()
        query = (asked.query or QueryIn()).query()
        purpose, language = str(asked.purpose), language_of(request)
        wanted = AskExport(uuid7(now), asked.format, asked.petition, query, purpose, language, now)
        found = await handlers.ask(exporter, reader, wanted)
        wake()
        return _answer(found)

    @routes.get("")
    async def mine(reader: Auditor) -> ExportList:
        """Your latest exports."""
        return ExportList(items=[_answer(found) for found in await handlers.all_of(database, reader)])

    @routes.get("/{export_id}")
    async def one(export_id: UUID, reader: Auditor) -> ExportAnswer:
        """How far an export has come."""
        return _answer(await handlers.one(database, reader, export_id))

    @routes.post("/{export_id}/cancel")
    async def cancel(export_id: UUID, reader: Auditor) -> ExportAnswer:
        """End an export that is not finished; one that is over stays as it is."""
        return _answer(await handlers.cancel(database, reader, export_id, now=clock.now()))

    _add_file(routes, exporter)
    return routes


def _add_file(routes: APIRouter, exporter: Exporter) -> None:
    @routes.get("/{export_id}/file", response_class=StreamingResponse, responses=FILE)
    async def file(export_id: UUID, reader: Auditor) -> StreamingResponse:
        """The file, for seven days."""
        found, pieces = await handlers.fetch(exporter, reader, export_id)
        headers = {
            "Content-Disposition": f'attachment; filename="{found.file_name}"',
            "Content-Length": str(found.file_bytes),
            "X-Content-SHA256": str(found.file_sha256),
            "X-File-Type": EXTENSIONS[found.format][1],
        }
        return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)


def _answer(found: Export) -> ExportAnswer:
    return ExportAnswer.model_validate(found)
