"""Doors for the words of notices: what there is, its history, what it looks like, and the city's own."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.notify.handlers import wording
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import requires

TEXT_CHARACTERS_MAX, NOTE_CHARACTERS_MAX = 20_000, 500
READERS = Depends(requires(Role.OPERATOR, Role.AUDITOR))
Operator = Annotated[Principal, Depends(requires(Role.OPERATOR))]


@dataclass(frozen=True, slots=True)
class Doors:
    """What these doors share."""

    database: Database
    clock: Clock


class Texts(BaseModel):
    """Words in both languages. Of a mail the first line is the subject."""

    model_config = ConfigDict(extra="forbid")

    vi: str = Field(max_length=TEXT_CHARACTERS_MAX)
    en: str = Field(max_length=TEXT_CHARACTERS_MAX)


class Replacing(BaseModel):
    """The city's own words, and why; `texts` null: the shipped ones count again."""

    model_config = ConfigDict(extra="forbid")

    texts: Texts | None
    note: str = Field(min_length=1, max_length=NOTE_CHARACTERS_MAX, description="why; kept with the version")


def router(doors: Doors) -> APIRouter:
    """Return the doors."""
    made = APIRouter(prefix="/api/templates", tags=["templates"])

    @made.get("", dependencies=[READERS])
    async def templates() -> dict[str, Any]:
        """List the templates of notices with the version that counts; those of SMS also serve Zalo and web push."""
        return {"items": await wording.listed(doors.database)}

    @made.get("/{name}", dependencies=[READERS])
    async def history(name: str) -> dict[str, Any]:
        """Show every version of a template, what it may tell, and who wrote the city's own."""
        return await wording.history(doors.database, name)

    @made.get("/{name}/preview", dependencies=[READERS])
    async def preview(name: str) -> dict[str, Any]:
        """Show what a template looks like, with facts of an invented petition."""
        return {"items": await wording.previews(doors.database, name)}

    @made.post("/{name}/preview", dependencies=[READERS])
    async def proposed(name: str, texts: Annotated[Texts, Body()]) -> dict[str, Any]:
        """Show what words of one's own would look like; nothing is kept."""
        return {"items": wording.proposed(name, texts.model_dump())}

    @made.post("/{name}")
    async def replace(name: str, said: Annotated[Replacing, Body()], operator: Operator) -> dict[str, Any]:
        """Write a version of the city's own in both languages; notices that were tried before keep theirs."""
        texts = said.texts.model_dump() if said.texts else None
        now = doors.clock.now()
        counts = await wording.replace(doors.database, name, texts, actor=operator.actor, note=said.note, now=now)
        return {"name": name, "counts": counts}

    return made
