"""Door for finding petitions: by code, words, office, state, clock, place, date."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.doors import Doors
from services.intake.domain.lodging import LEGAL_ZONE
from services.intake.domain.mistakes import Mistake, refuse
from services.intake.domain.progress import State
from services.intake.handlers.searching import Page, find_petitions
from services.intake.store.searching import Found, Question
from services.intake.wire.words import STATES
from shared.contracts.words import Kind, Role
from shared.identity import Principal
from shared.web import language_of, requires
from shared.web.paging import place_of

PAGE_MAX = 200
_FIRST, _LAST = date(1990, 1, 1), date(2199, 12, 31)

Reader = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, Role.LEADER, Role.AUDITOR))]
Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


class Order(StrEnum):
    """Newest first, or open ones by nearest deadline."""

    NEWEST = "newest"
    DUE = "due"


class Asked(BaseModel):
    """What is looked for; whatever is left out is open."""

    model_config = ConfigDict(extra="forbid")

    q: str | None = Field(
        default=None, max_length=200, description="a tracking code, or words, with or without accents: all must occur"
    )
    office: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$", description="who has it; within what the reader may see"
    )
    state: State | None = None
    kind: Kind | None = Field(default=None, description="as lodged")
    commune: str | None = Field(default=None, max_length=100, description="code or name")
    lodged_from: Day | None = Field(default=None, description="first day, in Hanoi")
    lodged_to: Day | None = Field(default=None, description="last day, in Hanoi")
    due_by: Day | None = Field(default=None, description="open, and its nearest deadline is on this day in Hanoi or before")
    overdue: bool = Field(default=False, description="open, and its nearest deadline has passed")
    order: Order | None = Field(default=None, description="newest, or due where a deadline is asked for")
    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=PAGE_MAX)


def searching_router(doors: Doors) -> APIRouter:
    """Return the door."""
    router = APIRouter(prefix="/api", tags=["search"])

    @router.get("/search")
    async def search(request: Request, reader: Reader, asked: Annotated[Asked, Query()]) -> Response:
        """Find petitions of the own office and those below it, never denunciations: a page, and the cursor of the next one.

        A tracking code finds its petition; words find those whose text and place have all of them, accents and case aside.
        """
        now, language = doors.clock.now(), language_of(request)
        page = await find_petitions(
            _question(asked, await _commune(doors, asked, now, language), now),
            words=asked.q,
            office=asked.office,
            reader=reader,
            database=doors.database,
            cipher=doors.cipher,
        )
        body = {"items": [_line(item, page, language) for item in page.found], "next": page.next}
        return Response(orjson.dumps(body), media_type="application/json", headers={"Content-Language": language})

    return router


async def _commune(doors: Doors, asked: Asked, now: datetime, language: str) -> str | None:
    """Return the code of the commune asked for, which may have been closed since. Raises Malformed with near names."""
    if asked.commune is None:
        return None
    communes = await doors.register.communes(now)
    code = asked.commune if asked.commune in communes else communes.named(asked.commune)
    if code is None:
        wrong = communes.mistake(asked.commune, today=now.astimezone(LEGAL_ZONE).date())
        raise refuse([wrong or Mistake("commune", "bad_commune", {"near": ""})], language=language)
    return code


def _question(asked: Asked, commune: str | None, now: datetime) -> Question:
    limits = (now if asked.overdue else None, _midnight_after(asked.due_by))
    due_before = min((limit for limit in limits if limit is not None), default=None)
    order = asked.order or (Order.DUE if due_before else Order.NEWEST)
    return Question(
        offices=None,
        state=asked.state,
        kind=asked.kind,
        commune=commune,
        lodged_from=_midnight(asked.lodged_from),
        lodged_before=_midnight_after(asked.lodged_to),
        due_before=due_before,
        is_by_due=order is Order.DUE,
        after=place_of(asked.cursor),
        limit=asked.limit,
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), LEGAL_ZONE) if day else None


def _midnight_after(day: date | None) -> datetime | None:
    return _midnight(day + timedelta(days=1)) if day else None


def _line(found: Found, page: Page, language: str) -> dict[str, Any]:
    place = 1 if language == "en" else 0
    names = page.office_names.get(found.office or "", (found.office, found.office))
    return {
        "code": found.code,
        "kind": found.kind,
        "state": found.state,
        "state_text": STATES[found.state][place],
        "office": {"code": found.office, "name": names[place]} if found.office else None,
        "commune": found.commune,
        "lodged_at": found.lodged_at,
        "due_at": found.due_at,
    }
