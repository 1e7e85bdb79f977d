"""Door: HTTP, JSON. Why this date, what is due next, how the clocks ended, and the rules themselves."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from services.escalation.domain.rules import Rule, Rulebook
from services.escalation.handlers import asking
from services.escalation.store.reading import StoredDeadline
from shared.contracts.words import Role
from shared.identity import Principal
from shared.persistence import Database
from shared.web import requires, signed_in

DUE_LIST_MAX = 500
VERDICTS_MAX = 5000

Someone = Annotated[Principal, Depends(signed_in)]


class DeadlineAnswer(BaseModel):
    """A deadline. `state`: running, overdue, met, late or void; `derivation` shows each day or span that was counted."""

    id: UUID
    rule: str
    rule_version: int
    name_vi: str = ""
    name_en: str = ""
    step: str
    limit: str
    office: str
    started_at: datetime
    due_at: datetime
    state: str
    breached_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    next_action_at: datetime | None
    derivation_sha256: str
    derivation: dict[str, Any]


class PetitionDeadlines(BaseModel):
    petition_id: UUID
    code: str
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


class DuePage(BaseModel):
    """`next_due_at` and `next_id` together are the place after which the next page begins; null on the last page."""

    items: list[DueAnswer]
    next_due_at: datetime | None
    next_id: UUID | None


class VerdictAnswer(BaseModel):
    """How a clock ended (on_time, overdue), or that it runs (running)."""

    model_config = ConfigDict(from_attributes=True)

    petition_id: UUID
    rule: str
    verdict: str
    due_at: datetime
    ended_at: datetime | None


class VerdictPage(BaseModel):
    """`next` is the value of `after` for the next page, null on the last."""

    items: list[VerdictAnswer]
    next: UUID | None


class RuleAnswer(BaseModel):
    """One version of one rule as it is applied."""

    id: str
    version: int
    name_vi: str
    name_en: str
    kinds: list[str]
    jurisdictions: list[str]
    step: str
    limit: str
    start: str
    reminders_percent: list[int]
    ladder_working_days: list[int]
    citation: str
    confirmation: str
    effective_from: str
    effective_to: str | None


def router(database: Database, rulebook: Rulebook) -> APIRouter:
    """Return this service's doors."""
    routes = APIRouter(prefix="/api", tags=["deadlines"])

    @routes.get("/petitions/{key}/deadlines")
    async def petition_deadlines(key: str, principal: Someone) -> PetitionDeadlines:
        """Every clock of a petition (by code or id), with the derivation of its due moment."""
        petition, rows = await asking.deadlines_of(database, principal, key)
        items = [_deadline(row, rulebook) for row in rows]
        return PetitionDeadlines(petition_id=petition.id, code=petition.code, items=items)

    @routes.get("/offices/{office}/due")
    async def office_due(
        office: str,
        principal: Someone,
        limit: Annotated[int, Query(ge=1, le=DUE_LIST_MAX)] = 100,
        after_due_at: datetime | None = None,
        after_id: UUID | None = None,
    ) -> DuePage:
        """What runs for an office, nearest due first; what is overdue comes before all."""
        after = (after_due_at, after_id) if after_due_at and after_id else None
        rows = await asking.due_of(database, principal, office, after=after, limit=limit)
        items = [DueAnswer.model_validate(row) for row in rows]
        if len(rows) < limit:
            return DuePage(items=items, next_due_at=None, next_id=None)
        return DuePage(items=items, next_due_at=rows[-1].due_at, next_id=rows[-1].id)

    @routes.get("/verdicts", dependencies=[Depends(requires(Role.AUDITOR, Role.OPERATOR, Role.LEADER, Role.SERVICE))])
    async def verdicts(after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=VERDICTS_MAX)] = 1000) -> VerdictPage:
        """How clocks ended: on_time, overdue or running."""
        rows = await asking.verdicts(database, after=after, limit=limit)
        items = [VerdictAnswer.model_validate(row) for row in rows]
        return VerdictPage(items=items, next=rows[-1].id if len(rows) == limit else None)

    @routes.get("/rules")
    async def rules(_principal: Someone) -> list[RuleAnswer]:
        """The rules of law in every version, with citation and how far the source is confirmed."""
        return [_rule(rule) for rule in rulebook.rules]

    return routes


def _deadline(deadline: StoredDeadline, rulebook: Rulebook) -> DeadlineAnswer:
    rule = rulebook.named(deadline.rule, version=deadline.rule_version)
    names = {"name_vi": rule.name_vi, "name_en": rule.name_en} if rule else {}
    return DeadlineAnswer.model_validate({**asdict(deadline), **names, "derivation": orjson.loads(deadline.derivation)})


def _rule(rule: Rule) -> RuleAnswer:
    return RuleAnswer(
        id=rule.id,
        version=rule.version,
        name_vi=rule.name_vi,
        name_en=rule.name_en,
        kinds=sorted(rule.kinds),
        jurisdictions=sorted(rule.jurisdictions),
        step=rule.step,
        limit=str(rule.limit),
        start=rule.start,
        reminders_percent=list(rule.warnings.reminders),
        ladder_working_days=list(rule.warnings.ladder),
        citation=rule.citation,
        confirmation=rule.confirmation,
        effective_from=rule.effective_from.isoformat(),
        effective_to=rule.effective_to.isoformat() if rule.effective_to else None,
    )
