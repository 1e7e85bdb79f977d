"""Door: what an act would do, before routing lets an officer do it; and notes of those whom an escalation reached."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.escalation.handlers import acknowledging, permitting
from services.escalation.handlers.acknowledging import Acknowledgement
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.handlers.permitting import Question
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import requires, signed_in

NOTE_CHARACTERS_MAX = 2_000
LEVEL_MAX = 5


class Paper(BaseModel):
    """The decision that an act stands on."""

    number: str = Field(min_length=1, max_length=100)
    issued_on: date


class CheckAct(BaseModel):
    """An act that routing is about to do. `heard`: routing's version of the petition that must have been heard first."""

    model_config = ConfigDict(extra="forbid")

    act: Literal["suspend", "resume", "extend"]
    rule: str | None = None
    ground: str | None = None
    amount: int | None = Field(default=None, ge=1, le=1_000)
    document: Paper | None = None
    effective_at: AwareDatetime
    roles: list[str]
    heard: int = Field(ge=0)


class EffectAnswer(BaseModel):
    """What the act would do to one clock; `new_due_at` is null where it pauses it."""

    deadline_id: UUID
    rule: str
    name_vi: str
    name_en: str
    article: str
    unit: str
    due_at: datetime
    new_due_at: datetime | None


class Effects(BaseModel):
    effects: list[EffectAnswer]


class Note(BaseModel):
    """Which level is acknowledged, and what will be done about it."""

    model_config = ConfigDict(extra="forbid")

    level: int = Field(ge=1, le=LEVEL_MAX)
    note: str = Field(min_length=3, max_length=NOTE_CHARACTERS_MAX)


def router(database: Database, lawbook: Lawbook, clock: Clock) -> APIRouter:
    """Return the doors of this file."""
    routes = APIRouter(tags=["acts"])

    @routes.post("/petitions/{petition_id}/acts/check", dependencies=[Depends(requires(Role.SERVICE))])
    async def check_act(petition_id: UUID, wanted: CheckAct) -> Effects:
        """May it be done, and which due moments would follow? 409 names the article; 503 while we have not heard enough."""
        question = Question(
            petition_id=petition_id,
            act=wanted.act,
            rule=wanted.rule,
            ground=wanted.ground,
            amount=wanted.amount or 0,
            has_document=wanted.document is not None,
            effective_at=wanted.effective_at,
            roles=frozenset(wanted.roles),
            heard=wanted.heard,
        )
        return Effects(effects=[_answer(effect) for effect in await permitting.check(database, lawbook, question)])

    @routes.post("/deadlines/{deadline_id}/acknowledge", status_code=status.HTTP_204_NO_CONTENT)
    async def acknowledge(deadline_id: UUID, note: Note, principal: Annotated[Principal, Depends(signed_in)]) -> None:
        """Take note of an escalation that reached your office: it climbs on no more. For leaders and heads."""
        wanted = Acknowledgement(deadline_id, note.level, note.note, principal, clock.now())
        async with database.transaction() as tx:
            await acknowledging.acknowledge(tx, lawbook, wanted)

    return routes


def _answer(effect: permitting.Effect) -> EffectAnswer:
    return EffectAnswer(
        deadline_id=effect.deadline.id,
        rule=effect.rule.id,
        name_vi=effect.rule.name_vi,
        name_en=effect.rule.name_en,
        article=effect.article,
        unit=effect.rule.limit.unit,
        due_at=effect.due_at,
        new_due_at=effect.new_due_at,
    )
