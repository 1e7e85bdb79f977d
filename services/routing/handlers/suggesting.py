"""Topics are suggested; a person says which it is. Nothing is suggested for a denunciation, nor for what may be one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.routing.domain.commands import Classify
from services.routing.domain.competence import DENUNCIATION
from services.routing.domain.topic_model import TopicModel, Weighed, terms
from services.routing.domain.topics import Lexicon, Reading
from services.routing.gateways import Texts
from services.routing.handlers.acting import OfficersAct
from services.routing.store import petitions as store
from services.routing.store import topics
from services.routing.store.petitions import Petition
from shared.kernel.refusals import Malformed, Trouble
from shared.persistence import Database

TEXTS_AT_ONCE = 500
PROBABILITY_MIN = 0.01
"""What is less likely is not worth a look."""
SAID_BY_MIN = 5
"""In so many petitions a word must stand, or in the vocabulary, to leave the vault: a name stands in fewer."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What suggests: the lexicon, the model, and where the words are."""

    lexicon: Lexicon
    model: TopicModel
    texts: Texts

    def suggested(self, text: str) -> tuple[Reading, list[Weighed]]:
        """Return what the lexicon reads in a text, and up to three topics; none where its words beat every topic."""
        reading = self.lexicon.read(text)
        is_open = not reading.restricted and bool(reading.suggestions or self.model.features(text))
        found = self.model.suggest(text, reading) if is_open else []
        return reading, [item for item in found if item.words and item.probability >= PROBABILITY_MIN]

    async def of_petition(self, petition: Petition) -> tuple[Reading, list[Weighed]]:
        """Return the same for a petition: nothing for a denunciation. Raises Trouble while its words cannot be had."""
        if petition.is_sealed or petition.kind == DENUNCIATION:
            return Reading(), []
        found = await self.texts.of([petition.id])
        return self.suggested(found.get(petition.id, ""))


async def with_suggestions(database: Database, topics: Topics, wanted: OfficersAct) -> OfficersAct:
    """Return the act, with what had been suggested where it says a topic. Raises Malformed where there is no such topic."""
    command = wanted.command
    if not isinstance(command, Classify):
        return wanted
    topic = topics.lexicon.topics.get(command.topic)
    if topic is None:
        remedy = "chọn mã trong danh sách GET /routing/api/topics · take a code of the list: GET /routing/api/topics"
        mistake = {"field": "topic", "reason": "not_listed", "remedy": remedy}
        raise Malformed("there is no such topic", code="unknown_topic", errors=[mistake])
    async with database.reading() as connection:
        petition = await store.by_code(connection, wanted.code)
    if petition is None:
        return wanted
    is_physical = topic.is_physical and petition.is_at_place
    command = replace(command, is_physical=is_physical, suggested=await _suggested(topics, petition), model=topics.model.version)
    return replace(wanted, command=command)


async def _suggested(topics: Topics, petition: Petition) -> tuple[str, ...] | None:
    """Return what is suggested; None while the words cannot be had: what a person says does not wait for them."""
    try:
        _, found = await topics.of_petition(petition)
    except Trouble:
        return None
    return tuple(item.topic for item in found)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said a petition is about, with those of its words that may leave the vault."""

    topic: str
    terms: Sequence[str]


async def corrections(database: Database, from_topics: Topics, *, limit: int) -> list[Correction]:
    """Return training data: of the last petitions that a person spoke of and whose words are still there. Raises Trouble."""
    async with database.reading() as connection:
        latest = await topics.latest(connection, limit=limit)
    words: dict[UUID, set[str]] = {}
    for begin in range(0, len(latest), TEXTS_AT_ONCE):
        texts = await from_topics.texts.of([petition_id for petition_id, _ in latest[begin : begin + TEXTS_AT_ONCE]])
        words |= {petition_id: set(terms(text)) for petition_id, text in texts.items() if text}
    spread = Counter(term for said in words.values() for term in said)
    shown = {term for term, number in spread.items() if number >= SAID_BY_MIN or term in from_topics.model.vocabulary}
    return [Correction(topic, sorted(words[key] & shown)) for key, topic in latest if key in words]
