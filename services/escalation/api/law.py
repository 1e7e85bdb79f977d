"""Door: the law as data: rules in every version, grounds, calendars as they are, were, and were known on a day."""

from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.escalation.domain.rules import Rule
from services.escalation.handlers.lawbook import Lawbook, Present
from services.escalation.store import lawbook as store
from services.escalation.wire.calendars import CalendarFile, calendar_content, calendar_of
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.persistence import Database
from shared.web import requires, signed_in

Someone = Annotated[Principal, Depends(signed_in)]
READERS = Depends(requires(Role.SERVICE, Role.AUDITOR, Role.OPERATOR))


class RuleAnswer(BaseModel):
    """One version of one rule as it is applied. `is_service_level`: the office's own promise, no legal claim."""

    id: str
    version: int
    name_vi: str
    name_en: str
    nature: str
    kinds: list[str]
    procedures: list[str]
    jurisdictions: list[str]
    step: str
    limit: str
    start: list[str]
    met_by: list[str]
    reminders_percent: list[int]
    ladder_working_days: list[int]
    citation: str
    confirmation: str
    is_service_level: bool
    effective_from: str
    effective_to: str | None


def router(database: Database, lawbook: Lawbook) -> APIRouter:
    """Return the doors of this file."""
    routes = APIRouter(tags=["law"])

    @routes.get("/rules")
    async def rules(_principal: Someone) -> list[RuleAnswer]:
        """The rules of law in every version, with citation and how far the source is confirmed."""
        return [_rule(rule) for rule in (await _present(database, lawbook)).rulebook.rules]

    @routes.get("/rulebook", dependencies=[READERS])
    async def rulebook() -> dict[str, Any]:
        """Everything that counts: rules and grounds with every field of their files, the calendars, and their wordings."""
        law = (await _present(database, lawbook)).law
        async with database.reading() as connection:
            versions = await store.calendar_versions(connection)
        return {
            "calendar_versions": versions,
            "rules": [entry.model_dump(mode="json", by_alias=True) for entry in law.rules],
            "grounds": {code: entry.model_dump(mode="json") for code, entry in law.grounds.items()},
            "calendars": [_calendar(file) for file in law.calendars.values()],
        }

    return routes


def calendars(database: Database, lawbook: Lawbook) -> APIRouter:
    """Return the doors of the calendars."""
    routes = APIRouter(prefix="/calendars", tags=["law"])

    @routes.get("/{name}")
    async def calendar(name: str, _principal: Someone, known_on: date | None = None) -> dict[str, Any]:
        """A calendar with its overrides and their sources; with `known_on` as it was known on a day."""
        file = (await _present(database, lawbook)).law.calendars.get(name)
        if file is None:
            raise Unknown("no such calendar")
        known = file if known_on is None else file.as_known_on(known_on)
        overrides = [item.model_dump(mode="json") for item in (*known.days_off, *known.days_worked)]
        return _calendar(known) | {"overrides": overrides, "official_through": known.official_through}

    @routes.get("/{name}/versions/{version}")
    async def calendar_version(name: str, version: str, _principal: Someone) -> dict[str, Any]:
        """The wording of a calendar by which deadlines were counted."""
        async with database.reading() as connection:
            content = await store.calendar(connection, name, version)
        if content is None:
            raise Unknown("no such version")
        found: dict[str, Any] = orjson.loads(content)
        return found

    return routes


async def _present(database: Database, lawbook: Lawbook) -> Present:
    async with database.reading() as connection:
        return await lawbook.present(connection)


def _calendar(file: CalendarFile) -> dict[str, Any]:
    return calendar_content(calendar_of(file)) | {"jurisdictions": file.jurisdictions, "offices": file.offices}


def _rule(rule: Rule) -> RuleAnswer:
    subject = rule.subject
    return RuleAnswer(
        id=rule.id,
        version=rule.version,
        name_vi=rule.name_vi,
        name_en=rule.name_en,
        nature=rule.nature,
        kinds=sorted(subject.kinds),
        procedures=sorted(subject.procedures),
        jurisdictions=sorted(subject.jurisdictions),
        step=rule.step,
        limit=str(rule.limit),
        start=sorted(rule.start),
        met_by=sorted(rule.endings.met_by),
        reminders_percent=list(rule.warnings.reminders),
        ladder_working_days=[rung.days for rung in rule.warnings.ladder],
        citation=rule.citation,
        confirmation=rule.confirmation,
        is_service_level=rule.is_service_level,
        effective_from=rule.effective_from.isoformat(),
        effective_to=rule.effective_to.isoformat() if rule.effective_to else None,
    )
