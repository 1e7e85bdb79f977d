"""Doors: why this office; the competence tables, what another one would change, and applying it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.domain.competence import Basis, Why
from services.routing.handlers import explaining, tabling
from services.routing.handlers.acting import may_act
from services.routing.handlers.explaining import Explained
from services.routing.handlers.tabling import ApplyTable
from services.routing.store import petitions as store
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.telemetry import current_traceparent
from shared.web import language_of, requires

TABLE_CHARACTERS_MAX = 200_000
LAST_MAX = 10_000
CELL_MIN = 5
"""Fewer denunciations than that are not counted out to anybody."""

Reader = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, Role.LEADER, Role.AUDITOR, Role.OPERATOR))]
Operator = Annotated[Principal, Depends(requires(Role.OPERATOR))]

WHY: Mapping[Why, tuple[str, str]] = {
    Why.DECIDED: ("quyết định", "decided"),
    Why.CLOSED: ("khớp, nhưng cơ quan không còn: đưa vào danh sách chờ", "fits, but its office is gone: to the pool"),
    Why.KIND: ("dành cho loại đơn khác", "is for other kinds"),
    Why.TOPIC: ("dành cho lĩnh vực khác", "is for other topics"),
    Why.COMMUNE: ("cần biết phường, xã", "needs a commune"),
    Why.AGAINST: ("cần biết cơ quan bị khiếu nại, tố cáo", "needs the office complained of"),
    Why.RANK: ("dành cho chức vụ khác của người bị tố cáo", "is for another rank of who is denounced"),
    Why.SPANS: ("dành cho vụ việc ở một địa bàn, hoặc từ hai địa bàn trở lên", "is for one commune, or for two and more"),
    Why.AFTER: ("khớp, nhưng quy tắc khác đứng trước", "fits, but another came first"),
}
BASES: Mapping[Basis, tuple[str, str]] = {
    Basis.COMPETENCE: ("theo bảng thẩm quyền", "by the competence table"),
    Basis.SOURCE: ("hệ thống nguồn nêu cơ quan", "the source names the office"),
    Basis.TRANSFER: ("do người có thẩm quyền chuyển", "somebody passed it on"),
    Basis.UNASSIGNED: ("chưa xác định: chờ phân công", "nobody yet: it waits in the pool"),
}


SPECIAL: Mapping[str | None, tuple[str, str]] = {
    "restricted.denunciation": ("có lời lẽ tố cáo: cán bộ xem trước", "it sounds like a denunciation: a person looks first"),
    "restricted.complaint": ("có lời lẽ khiếu nại: cán bộ xem trước", "it sounds like a complaint: a person looks first"),
    "split.commune": ("phường, xã cũ đã chia cho nhiều nơi: cán bộ xác định", "a former commune that was split: a person tells"),
    "complaint.first.over_the_head": ("vượt cấp: hướng dẫn đến nơi ra quyết định", "over the head of who decides: guided there"),
    "complaint.second.superior": ("khiếu nại lần hai: cấp trên giải quyết", "a second complaint: the superior's"),
}
"""What comes before the table."""


class TableIn(BaseModel):
    """A competence table as it would stand, YAML; and how many of the last petitions to try it on."""

    model_config = ConfigDict(extra="forbid")

    content: str = Field(max_length=TABLE_CHARACTERS_MAX)
    last: int = Field(default=1_000, ge=1, le=LAST_MAX)


class ApplyIn(BaseModel):
    """A competence table as it was previewed, YAML, to the letter."""

    model_config = ConfigDict(extra="forbid")

    content: str = Field(max_length=TABLE_CHARACTERS_MAX)


def explaining_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["competence"])

    @router.get("/petitions/{code}/explain")
    async def explain(code: str, reader: Reader, request: Request) -> dict[str, Any]:
        """Say which rule gave a petition to its office, and why each of the others did not."""
        rules = await doors.rules(doors.clock.now())
        async with doors.database.reading() as connection:
            petition = await store.by_code(connection, code)
        is_seen = petition is not None and (
            (reader.has(Role.AUDITOR, Role.OPERATOR) and not petition.is_sealed)
            or may_act(petition, reader, rules.directory, now=doors.clock.now())
        )
        if petition is None or not is_seen:
            raise Unknown("no petition has this code", code="petition_not_found")
        return _explained(explaining.explain(petition, rules), place=1 if language_of(request) == "en" else 0)

    return router


def competence_router(doors: Doors) -> APIRouter:
    """Return the doors to the competence tables."""
    router = APIRouter(prefix="/api/competence", tags=["competence"])

    @router.get("/tables")
    async def tables() -> dict[str, Any]:
        """List the tables with the days on which they begin and end."""
        found = await doors.tables.tables(doors.clock.now())
        names = ("jurisdiction", "version", "valid_from", "valid_to")
        return {"items": [{name: getattr(table, name) for name in names} | {"rules": len(table.rules)} for table in found]}

    @router.post("/preview")
    async def preview(asked: TableIn, _operator: Operator) -> dict[str, Any]:
        """Say which of the last petitions another table would give to another office; no petition is changed."""
        now = doors.clock.now()
        rules = await doors.rules(now)
        table = doors.tables.checked(asked.content, rules.directory)
        found = await explaining.preview(doors.database, asked.content, table, rules, now=now, last=asked.last)
        return {
            "version": table.version,
            "petitions": found.petitions,
            "changes": [asdict(change) for change in found.changes],
            "denunciations": found.denunciations if found.denunciations >= CELL_MIN else None,
        }

    @router.post("/tables", status_code=201)
    async def apply(asked: ApplyIn, operator: Operator) -> dict[str, Any]:
        """Apply a table from its first day on, which has not passed; the same file was previewed within seven days."""
        now = doors.clock.now()
        wanted = ApplyTable(asked.content, operator.actor, now, current_traceparent(), operator.authority)
        directory = await doors.book.directory(now)
        doors.tables.forget()
        async with doors.database.transaction() as tx:
            table, tried = await tabling.apply(tx, wanted, doors.tables, directory)
        doors.tables.forget()
        tried_on = {"petitions": tried.petitions, "changes": tried.changes}
        return {"jurisdiction": table.jurisdiction, "version": table.version, "valid_from": table.valid_from, **tried_on}

    return router


def _explained(found: Explained, *, place: int) -> dict[str, Any]:
    petition = found.petition
    basis = Basis(petition.basis)
    return {
        "code": petition.code,
        "office": petition.office,
        "basis": basis,
        "basis_text": BASES[basis][place],
        "routed_by": petition.routed_by,
        "routed_by_text": SPECIAL[petition.routed_by][place] if petition.routed_by in SPECIAL else None,
        "kind": petition.kind,
        "topic": petition.topic,
        "commune": petition.commune,
        "on": found.on,
        "rules": [asdict(item) | {"text": WHY[item.why][place]} for item in found.rules],
    }
