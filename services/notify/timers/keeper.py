"""Door: the clock. Keeps nats-server in agreement with the registry of agencies.

Invariant: whatever is lost (the server's data, a message to it, this process in the middle), the server is told again within
seconds what is written; and credentials end at their time.
"""

from services.notify.handlers import agencies
from services.notify.handlers.agencies import OnServer
from services.notify.store import agencies as store
from services.notify.store.agencies import Registered
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.messaging.accounts.authority import Authority
from shared.messaging.repeated import Repeated
from shared.persistence import Database
from shared.telemetry import Gauge

CHECK_SECONDS = 3.0

AGENCIES_LACKING = Gauge(
    "caunoi.agencies.lacking", unit="1", description="Agencies of which nats-server does not know everything"
)
AGENCY_BEHIND = Gauge(
    "caunoi.agency.behind", unit="1", description="Events of an office that its agency's stream has not taken yet"
)


class Keeper(Repeated):
    """Tells nats-server what it lacks, one agency after another, and notes which clients are there."""

    def __init__(self, database: Database, authority: Authority, clock: Clock) -> None:
        super().__init__("agencies")
        self._database = database
        self.authority = authority
        self._clock = clock
        self._losses = -1
        self._lacking = 0
        self.on_server = OnServer(connected=authority.present)

    async def start(self) -> None:
        AGENCIES_LACKING.watch("notify", lambda: [(self._lacking, {})])
        AGENCY_BEHIND.watch("notify", lambda: [(sum(one.behind or 0 for one in self.on_server.streams.values()), {})])
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        AGENCIES_LACKING.unwatch("notify")
        AGENCY_BEHIND.unwatch("notify")
        await self.authority.close()

    async def step(self) -> None:
        """End what ends, tell what is to be told, look around. Raises Trouble where the server does not answer."""
        self.news.clear()
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await agencies.end_replaced(tx, now=now)
        async with self._database.reading() as connection:
            registered = await store.every(connection)
        if registered:
            await self._agree(registered)
        await self.is_news_within(CHECK_SECONDS)

    async def put_in_force(self, office: str) -> bool:
        """Tell the server of one agency now; False where it does not answer: then it will be told as soon as it does."""
        try:
            await agencies.put_in_force(self._database, self.authority, office, now=self._clock.now())
        except Trouble:
            self.news.set()
            return False
        return True

    async def _agree(self, registered: list[Registered]) -> None:
        losses = self.authority.losses
        self.on_server.streams = await self.authority.look()
        await self._note_seen()
        generation = await self.authority.generation()
        wrong = [one.office for one in registered if one.in_force_at is None or not self._is_right(one, generation)]
        if losses != self._losses:
            wrong = sorted({*wrong, *[one.office for one in registered if not await self._is_known(one)]})
        self._lacking = len(wrong)
        for office in wrong:
            await agencies.put_in_force(self._database, self.authority, office, now=self._clock.now())
            self._lacking -= 1
        self._losses = losses

    def _is_right(self, one: Registered, generation: str) -> bool:
        stream = self.on_server.streams.get(one.account)
        return stream is not None and stream.generation == one.generation == generation

    async def _is_known(self, one: Registered) -> bool:
        async with self._database.reading() as connection:
            held = (await store.credentials_of(connection, [one.office]))[one.office]
        return await self.authority.knows(agencies.as_told(one, held))

    async def _note_seen(self) -> None:
        now = self._clock.now()
        seen = self.authority.take_seen() | dict.fromkeys(self.on_server.connected, now)
        if seen:
            async with self._database.transaction() as tx:
                await store.note_seen(tx.connection, seen)
