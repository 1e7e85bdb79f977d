"""Something that a service does of itself, over and over, in a task of its own between `start` and `stop`."""

import asyncio

from shared.messaging.outcomes import keep_doing

STOP_SECONDS_MAX = 3.0


class Repeated:
    """Does `step` until it is stopped, or says itself that it is done. A failed step is told in `problems` and tried again."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.news = asyncio.Event()
        """To be set where something happened that `step` may be waiting for."""
        self._stopping = asyncio.Event()
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def step(self) -> None:
        """Do it once, and wait until it is to be done again."""
        raise NotImplementedError

    async def start(self) -> None:
        """Begin; returns at once."""
        self._stopping.clear()
        loop = keep_doing(self._name, self.step, problems=self._problems, until=self._stopping)
        self._task = asyncio.create_task(loop, name=self._name)

    async def stop(self) -> None:
        """Finish the transaction in hand; one that takes too long is rolled back, and the next time does it anew."""
        if self._task is not None:
            self.finish()
            self.news.set()
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def is_stopping(self) -> bool:
        """Whether no further step is wanted."""
        return self._stopping.is_set()

    def finish(self) -> None:
        """Do no further step."""
        self._stopping.set()

    def problems(self) -> list[str]:
        """Return what keeps it from its work, in words."""
        return list(self._problems.values())

    async def is_news_within(self, seconds: float) -> bool:
        """Wait; True where there was news meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return False
        return True
