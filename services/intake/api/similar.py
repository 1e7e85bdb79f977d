"""Door for whoever is about to lodge: what may be about the same thing, to join it instead."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from services.intake.api.doors import Doors
from services.intake.domain.lodging import LEGAL_ZONE, Lodging, mistakes_in
from services.intake.domain.mistakes import refuse
from services.intake.domain.people import Contact
from services.intake.domain.progress import OPEN, State
from services.intake.handlers.similar import similar_to
from services.intake.wire.words import STATES
from shared.contracts.words import Channel, Kind
from shared.web import language_of

METRES_STEP = 50


class About(BaseModel):
    """A petition as far as it is written."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "field_report", "text": "Đèn đường trước ngõ 12 tắt.", "commune": "00070"}]},
    )

    kind: Kind
    text: str = Field(max_length=20_000)
    jurisdiction: str = "hanoi"
    commune: str | None = None
    latitude: float | None = Field(default=None, allow_inf_nan=False)
    longitude: float | None = Field(default=None, allow_inf_nan=False)
    place: str | None = None


class SimilarItem(BaseModel):
    """A petition that may be about the same thing. What it says is not shown: look it up by its code."""

    code: str
    kind: Kind
    state: State
    state_text: str
    office: str | None = Field(description="name of the office that has it")
    commune: str | None
    lodged_at: datetime
    metres: int | None = Field(description="how far away, to 50 m; null where one of the two has no coordinates")
    likeness: str = Field(description="high or some")
    can_join: bool = Field(description="still open; else its answer may be what you look for")


class SimilarList(BaseModel):
    """At most five, the most alike first."""

    items: list[SimilarItem]


def similar_router(doors: Doors) -> APIRouter:
    """Return the door."""
    router = APIRouter(prefix="/api/similar", tags=["petitions"])

    @router.post("")
    async def similar(request: Request, said: Annotated[About, Body()]) -> SimilarList:
        """Show petitions of the last 30 days that are near in place, time and words: join one instead of lodging it again."""
        now, language = doors.clock.now(), language_of(request)
        lodging, communes = await doors.register.located(_lodging(said), now)
        mistakes = mistakes_in(lodging, communes=communes, today=now.astimezone(LEGAL_ZONE).date())
        if mistakes:
            raise refuse(mistakes, language=language)
        found = await similar_to(lodging, doors.database, doors.cipher, now=now)
        place = 1 if language == "en" else 0
        return SimilarList(
            items=[
                SimilarItem(
                    code=item.code,
                    kind=Kind(item.kind),
                    state=State(item.state),
                    state_text=STATES[State(item.state)][place],
                    office=found.office_names.get(item.office, (item.office, item.office))[place] if item.office else None,
                    commune=item.said.commune,
                    lodged_at=item.lodged_at,
                    metres=None if alike.metres is None else round(alike.metres / METRES_STEP) * METRES_STEP,
                    likeness="high" if alike.is_high else "some",
                    can_join=State(item.state) in OPEN,
                )
                for item, alike in found.found
            ]
        )

    return router


def _lodging(said: About) -> Lodging:
    return Lodging(
        kind=said.kind,
        jurisdiction=said.jurisdiction,
        text=said.text,
        topic=None,
        commune=said.commune or None,
        latitude=said.latitude,
        longitude=said.longitude,
        place=(said.place or "").strip() or None,
        contact=Contact(),
        channel=Channel.WEB,
        language="vi",
        urgency=None,
    )
