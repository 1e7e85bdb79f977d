"""Door: what is done without being asked.

Once after each start petitions of before there was a search become findable; every hour what is no longer to be kept is erased;
every five minutes the topics are read from routing.
"""

from uuid import UUID

from services.intake.domain.lodging import LEGAL_ZONE
from services.intake.domain.retention import Retention
from services.intake.gateways.object_store import ObjectStore
from services.intake.gateways.topics import FRESH, RoutingTopics
from services.intake.handlers.erasing import erase
from services.intake.handlers.filling import fill, give_phrases
from shared.identity import Ciphers
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.messaging.repeated import Repeated
from shared.persistence import Database

ERASING_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 5.0
"""After routing did not say which topics there are."""


class Filling(Repeated):
    """Goes through the petitions that nothing finds, until there are none; then it is done."""

    def __init__(self, database: Database, cipher: Ciphers) -> None:
        super().__init__("intake-filling")
        self._database = database
        self._cipher = cipher
        self._after: UUID | None = None

    async def start(self) -> None:
        """Begin from the first one; returns at once."""
        self._after = None
        await super().start()

    async def step(self) -> None:
        self._after = await fill(self._database, self._cipher, after=self._after)
        if self._after is None and not await give_phrases(self._database, self._cipher):
            self.finish()


class Listing(Repeated):
    """Keeps the list of topics fresh. Lodging never waits for it: until it was read, any code of the right form will do."""

    def __init__(self, topics: RoutingTopics) -> None:
        super().__init__("intake-topics")
        self._topics = topics

    async def step(self) -> None:
        self.news.clear()
        try:
            await self._topics.topics()
        except Trouble:
            pause = ASK_AGAIN_SECONDS
        else:
            pause = FRESH.total_seconds()
        if not self.is_stopping:
            await self.is_news_within(pause)


class Erasing(Repeated):
    """Erases what is no longer to be kept, set by set; then it waits an hour."""

    def __init__(self, database: Database, objects: ObjectStore, rules: Retention, clock: Clock) -> None:
        super().__init__("intake-erasing")
        self._database = database
        self._objects = objects
        self._rules = rules
        self._clock = clock

    async def step(self) -> None:
        self.news.clear()
        erased = await erase(self._database, self._objects, self._rules, now=self._clock.now(), zone=LEGAL_ZONE)
        if not erased and not self.is_stopping:
            await self.is_news_within(ERASING_SECONDS)
