"""Door: why this date, what is due next, how the clocks ended."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.escalation.domain.rulebook import Rulebook
from services.escalation.handlers import asking
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.store.reading import DeadlineState, StoredDeadline
from services.escalation.wire.derivations import sentence
from shared.contracts.words import Role
from shared.identity import Principal
from shared.persistence import Database
from shared.web import requires, signed_in
from shared.web.paging import cursor_of, id_of, place_of

DUE_LIST_MAX = 500
VERDICTS_MAX = 5000
PETITIONS_MAX = 10_000
RUNNING = ("running", "overdue")

Someone = Annotated[Principal, Depends(signed_in)]
Independent = Annotated[Principal, Depends(requires(Role.AUDITOR, Role.SERVICE))]
Cursor = Annotated[str | None, Query(description="`next` of the page before; left out: the first page")]
Limit = Annotated[int, Query(ge=1, le=VERDICTS_MAX)]


class AcknowledgedAnswer(BaseModel):
    """Somebody of an office above took note."""

    model_config = ConfigDict(from_attributes=True)

    level: int
    office: str
    actor: str
    note: str
    acknowledged_at: datetime


class DeadlineAnswer(BaseModel):
    """A deadline. `state`: running, overdue, paused, met, late, void, lapsed or in_force.

    `why_vi` and `why_en` say in one sentence why it is due then; `derivation` shows each day or span that was counted.
    `is_service_level`: no confirmed source stands behind it, it is the office's own promise.
    """

    id: UUID
    rule: str
    rule_version: int
    occurrence: int
    name_vi: str = ""
    name_en: str = ""
    nature: str = "duty"
    is_service_level: bool = False
    step: str
    limit: str
    office: str
    started_at: datetime
    due_at: datetime
    due_without_extension_at: datetime
    state: str
    plan: int
    paused_on: date | None
    extended_by: int
    breached_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    ended_fact: str | None
    next_action_at: datetime | None
    rung: int
    acknowledged_level: int
    acknowledged: list[AcknowledgedAnswer] = []
    why_vi: str = ""
    why_en: str = ""
    derivation_sha256: str
    derivation: dict[str, Any]


class PetitionDeadlines(BaseModel):
    """`nearest` is the running clock that ends first; null where none runs."""

    petition_id: UUID
    code: str
    nearest: UUID | None
    items: list[DeadlineAnswer]


class DueAnswer(BaseModel):
    """A running deadline of an office."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    petition_id: UUID
    code: str
    kind: str
    rule: str
    step: str
    limit: str
    due_at: datetime
    state: str
    breached_at: datetime | None
    rung: int = Field(0, description="how high in the ladder somebody was told")


class DuePage(BaseModel):
    items: list[DueAnswer]
    next: str | None


class VerdictAnswer(BaseModel):
    """How a clock ended (on_time, overdue), or that it runs (running); the second verdict is without extensions.

    Of a denunciation (`is_sealed`) only auditors read which petition it is, and when.
    """

    model_config = ConfigDict(from_attributes=True)

    petition_id: UUID | None
    rule: str
    is_sealed: bool
    verdict: str
    verdict_without_extension: str
    due_at: datetime | None
    ended_at: datetime | None


class VerdictPage(BaseModel):
    """`next` is the value of `cursor` for the next page, null on the last."""

    items: list[VerdictAnswer]
    next: str | None


class StatesWanted(BaseModel):
    petition_ids: list[UUID] = Field(max_length=VERDICTS_MAX)


class StatePage(BaseModel):
    """Deadlines as they stand. `next` is the value of `cursor` for the next page, null on the last."""

    items: list[dict[str, Any]]
    next: str | None


class IdPage(BaseModel):
    """Ids of petitions. `next` is the value of `cursor` for the next page, null on the last."""

    items: list[UUID]
    next: str | None


def router(database: Database, lawbook: Lawbook) -> APIRouter:
    """Return the doors of one petition's clocks."""
    routes = APIRouter(tags=["deadlines"])

    @routes.get("/petitions/{key}/deadlines")
    async def petition_deadlines(key: str, principal: Someone) -> PetitionDeadlines:
        """Every clock of a petition (by code or id), with why it is due then."""
        petition, rows = await asking.deadlines_of(database, principal, key)
        async with database.reading() as connection:
            rulebook = (await lawbook.present(connection)).rulebook
        items = [_deadline(row, rulebook) for row in rows]
        for note in await asking.acknowledged(database, rows):
            item = next(item for item in items if item.id == note.deadline_id)
            item.acknowledged.append(AcknowledgedAnswer.model_validate(note))
        nearest = next((item.id for item in items if item.state in RUNNING and item.nature == "duty"), None)
        return PetitionDeadlines(petition_id=petition.id, code=petition.code, nearest=nearest, items=items)

    @routes.get("/petitions/{key}/derivations")
    async def petition_derivations(key: str, principal: Someone) -> dict[str, Any]:
        """Every derivation of a petition with the wording of its calendar: a file that can be counted again offline."""
        petition, rows = await asking.exported(database, principal, key)
        items = [
            {
                "id": str(row.id),
                "derivation_sha256": row.derivation_sha256,
                "derivation": orjson.loads(row.derivation),
                "calendar": orjson.loads(calendar or "{}"),
                "due_at": orjson.loads(row.derivation)["due_at"],
            }
            for row, calendar in rows
        ]
        return {"code": petition.code, "deadlines": items}

    return routes


def lists(database: Database) -> APIRouter:
    """Return the doors of many deadlines: queues and verdicts."""
    routes = APIRouter(tags=["deadlines"])

    @routes.get("/offices/{office}/due")
    async def office_due(
        office: str,
        principal: Someone,
        limit: Annotated[int, Query(ge=1, le=DUE_LIST_MAX)] = 100,
        cursor: Cursor = None,
    ) -> DuePage:
        """What runs for an office, nearest due first; what is overdue comes before all."""
        rows = await asking.due_of(database, principal, office, after=place_of(cursor), limit=limit)
        items = [DueAnswer.model_validate(row) for row in rows]
        return DuePage(items=items, next=cursor_of(rows[-1].due_at, rows[-1].id) if len(rows) == limit else None)

    @routes.get("/verdicts")
    async def verdicts(
        reader: Annotated[Principal, Depends(requires(Role.AUDITOR, Role.OPERATOR, Role.LEADER, Role.SERVICE))],
        cursor: Cursor = None,
        limit: Limit = 1000,
    ) -> VerdictPage:
        """How clocks ended: on_time, overdue or running, with and without extensions.

        Of denunciations everybody but auditors reads only verdicts, and none of a rule and a verdict that fewer than five have.
        """
        rows = await asking.verdicts(database, reader, after=id_of(cursor), limit=limit)
        items = [VerdictAnswer.model_validate(row) for row in rows]
        return VerdictPage(items=items, next=str(rows[-1].id) if len(rows) == limit else None)

    return routes


def states(database: Database) -> APIRouter:
    """Return the doors of an independent reader: how deadlines stand, to be compared with what was said."""
    routes = APIRouter(prefix="/state", tags=["deadlines"])

    @routes.get("")
    async def state(reader: Independent, cursor: Cursor = None, limit: Limit = 1000) -> StatePage:
        """Deadlines as they stand with their plans: what an independent reader compares with what was said."""
        rows = await asking.states(database, reader, after=id_of(cursor), limit=limit)
        return StatePage(items=[_state(row) for row in rows], next=str(rows[-1].deadline.id) if len(rows) == limit else None)

    @routes.get("/petitions")
    async def petitions(
        reader: Independent, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=PETITIONS_MAX)] = PETITIONS_MAX
    ) -> IdPage:
        """The ids of petitions that have deadlines, in their order."""
        found = await asking.petitions(database, reader, after=id_of(cursor), limit=limit)
        return IdPage(items=found, next=str(found[-1]) if len(found) == limit else None)

    @routes.post("")
    async def state_of(asked: StatesWanted, reader: Independent) -> StatePage:
        """The deadlines of some petitions as they stand."""
        rows = await asking.states_of(database, reader, asked.petition_ids)
        return StatePage(items=[_state(row) for row in rows], next=None)

    return routes


def _deadline(deadline: StoredDeadline, rulebook: Rulebook) -> DeadlineAnswer:
    rule = rulebook.named(deadline.rule, version=deadline.rule_version)
    derivation = orjson.loads(deadline.derivation)
    facts = {
        "name_vi": rule.name_vi,
        "name_en": rule.name_en,
        "nature": rule.nature,
        "is_service_level": rule.is_service_level,
        "derivation": derivation,
    }
    if derivation.get("format", 0) > 1:
        facts["why_vi"] = sentence(rule.name_vi, derivation, "vi", is_service_level=rule.is_service_level)
        facts["why_en"] = sentence(rule.name_en, derivation, "en", is_service_level=rule.is_service_level)
    return DeadlineAnswer.model_validate({**asdict(deadline), **facts})


def _state(row: DeadlineState) -> dict[str, Any]:
    deadline = row.deadline
    basis, progress, pausing, ending = deadline.basis, deadline.progress, deadline.pausing, deadline.ending
    return {
        "id": deadline.id,
        "petition_id": deadline.petition_id,
        "rule": basis.rule,
        "rule_version": basis.rule_version,
        "occurrence": basis.occurrence,
        "office": row.office,
        "plan": deadline.plan,
        "started_at": basis.started_at,
        "due_at": deadline.due_at,
        "due_without_extension_at": deadline.due_without_extension_at,
        "calendar": deadline.calendar,
        "calendar_version": deadline.calendar_version,
        "state": row.state,
        "steps": [{"at": step.at, "kind": step.kind, "number": step.number, "climb": step.climb} for step in deadline.steps],
        "next_step": progress.next_step,
        "paused_on": pausing.since_on if pausing else None,
        "pauses": basis.pauses,
        "extended_by": basis.extended_by,
        "breached_at": progress.breached_at,
        "ended_at": ending.at if ending else None,
        "ended_by": ending.event if ending else None,
        "outcome": ending.outcome if ending else None,
        "rung": progress.rung,
        "acknowledged_level": progress.acknowledged_level,
    }
