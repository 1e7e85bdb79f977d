"""Doors to the directory and the topics, for everybody; loading a directory, for operators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.domain.directory import Office
from services.routing.domain.topics import Topic
from services.routing.handlers.directing import load
from services.routing.wire.directory_file import read_directory
from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import requires

DIRECTORY_CHARACTERS_MAX = 900_000
TEXT_CHARACTERS_MAX = 20_000
SUGGESTIONS_MAX = 3


class DirectoryIn(BaseModel):
    """A directory file as it stands, YAML."""

    model_config = ConfigDict(extra="forbid")

    content: str = Field(max_length=DIRECTORY_CHARACTERS_MAX)
    is_check_only: bool = False


class SuggestIn(BaseModel):
    """Words to find a topic for; they are not kept."""

    text: str = Field(max_length=TEXT_CHARACTERS_MAX)


def directory_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["directory"])

    @router.get("/offices")
    async def offices(jurisdiction: Annotated[str, Query(max_length=32)] = "hanoi") -> dict[str, Any]:
        """List the offices of a jurisdiction, past ones too."""
        directory = await doors.book.directory(doors.clock.now())
        return {"items": [_office(office) for office in directory.all() if office.jurisdiction == jurisdiction]}

    @router.get("/topics")
    async def topics() -> dict[str, Any]:
        """List the topics."""
        return {"version": doors.lexicon.version, "items": [_topic(topic) for topic in doors.lexicon.topics.values()]}

    @router.post("/suggest")
    async def suggest(asked: SuggestIn) -> dict[str, Any]:
        """Suggest topics for a text, with the words that speak for them; none to what sounds like a denunciation or complaint."""
        found = doors.lexicon.read(asked.text)
        items = [{"topic": s.topic, "score": s.score, "words": list(s.words)} for s in found.suggestions[:SUGGESTIONS_MAX]]
        restricted = {kind: list(words) for kind, words in found.restricted.items()}
        shown = [] if restricted else items
        return {"items": shown, "is_urgent": found.is_urgent, "danger": list(found.danger), "restricted": restricted}

    @router.post("/directory")
    async def load_directory(
        asked: DirectoryIn, operator: Annotated[Principal, Depends(requires(Role.OPERATOR))]
    ) -> dict[str, Any]:
        """Check a directory and load what is new or changed in it; every mistake is named."""
        loaded = read_directory(asked.content)
        changed = 0
        if not asked.is_check_only:
            async with doors.database.transaction() as tx:
                changed = await load(tx, loaded, actor=operator.actor, now=doors.clock.now())
            doors.book.forget()
        names = {"jurisdiction": loaded.jurisdiction, "version": loaded.version}
        return {**names, "offices": len(loaded.offices), "changed": changed}

    return router


def _topic(topic: Topic) -> dict[str, Any]:
    return {"code": topic.code, "vi": topic.name_vi, "en": topic.name_en, "is_physical": topic.is_physical}


def _office(office: Office) -> dict[str, Any]:
    names = ("code", "kind", "name_vi", "name_en", "parent", "is_reception", "valid_from", "valid_to")
    return {**{name: getattr(office, name) for name in names}, "successors": list(office.successors)}
