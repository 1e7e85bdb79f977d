"""Doors to the topics: which there are, what is suggested for a text or a petition, how good suggestions were."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.routing.api.doors import Doors
from services.routing.domain.topic_model import Weighed
from services.routing.domain.topics import Reading, Topic
from services.routing.handlers import suggesting
from services.routing.handlers.acting import may_act
from services.routing.handlers.rerouting import competent_for
from services.routing.store import petitions as store
from services.routing.store import topics as confirmed
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.web import requires

TEXT_CHARACTERS_MAX = 20_000
CORRECTIONS_MAX = 5_000

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]
Operator = Annotated[Principal, Depends(requires(Role.OPERATOR))]
Looker = Annotated[Principal, Depends(requires(Role.LEADER, Role.AUDITOR, Role.OPERATOR))]


class SuggestIn(BaseModel):
    """Words to find a topic for; they are not kept."""

    text: str = Field(max_length=TEXT_CHARACTERS_MAX, examples=["Nắp cống trước số 12 bị vỡ, xe máy ngã liên tục."])


def topics_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["topics"])

    @router.get("/topics")
    async def topics() -> dict[str, Any]:
        """List the topics."""
        lexicon = doors.topics.lexicon
        return {"version": lexicon.version, "items": [_topic(topic) for topic in lexicon.topics.values()]}

    @router.post("/suggest")
    async def suggest(asked: SuggestIn) -> dict[str, Any]:
        """Suggest up to three topics for a text, with the words that speak for them; none to what may be another kind."""
        return _shown(*doors.topics.suggested(asked.text), doors)

    @router.get("/petitions/{code}/suggestions")
    async def suggestions(code: str, officer: Officer) -> dict[str, Any]:
        """Suggest up to three topics for a petition of the own office, and who would be competent; `classify` confirms one."""
        now = doors.clock.now()
        rules = await doors.rules(now)
        async with doors.database.reading() as connection:
            petition = await store.by_code(connection, code)
        if petition is None or not may_act(petition, officer, rules.directory, now=now) or petition.office != officer.office:
            raise Unknown("no petition has this code", code="petition_not_found")
        shown = _shown(*await doors.topics.of_petition(petition), doors)
        for item in shown["items"]:
            item["office"] = competent_for(petition, item["topic"], rules, now=now)
        return {"topic": petition.topic, "topic_origin": petition.topic_origin, **shown}

    return router


def learning_router(doors: Doors) -> APIRouter:
    """Return the doors to what persons said, from which suggestions are measured and trained."""
    router = APIRouter(prefix="/api", tags=["topics"])

    @router.get("/topics/accuracy")
    async def accuracy(_looker: Looker) -> dict[str, Any]:
        """Say how often persons agreed with what was suggested, by model: this city's figures, not those of made-up petitions."""
        async with doors.database.reading() as connection:
            found = await confirmed.counted(connection)
        return {"items": [asdict(item) for item in found]}

    @router.get("/topics/corrections")
    async def corrections(
        _operator: Operator, limit: Annotated[int, Query(ge=1, le=CORRECTIONS_MAX)] = CORRECTIONS_MAX
    ) -> dict[str, Any]:
        """Give what persons said, to train with: topics, and words that stand in five petitions or in the vocabulary."""
        found = await suggesting.corrections(doors.database, doors.topics, limit=limit)
        return {"items": [asdict(item) for item in found]}

    return router


def _shown(reading: Reading, found: Sequence[Weighed], doors: Doors) -> dict[str, Any]:
    topics = doors.topics.lexicon.topics
    restricted: Mapping[str, list[str]] = {kind: list(words) for kind, words in reading.restricted.items()}
    items = [
        {
            "topic": item.topic,
            "vi": topics[item.topic].name_vi,
            "en": topics[item.topic].name_en,
            "probability": item.probability,
            "words": list(item.words),
        }
        for item in found
    ]
    urgent = {"is_urgent": reading.is_urgent, "danger": list(reading.danger)}
    return {"items": items, **urgent, "restricted": restricted, "model": doors.topics.model.version}


def _topic(topic: Topic) -> dict[str, Any]:
    return {"code": topic.code, "vi": topic.name_vi, "en": topic.name_en, "is_physical": topic.is_physical}
