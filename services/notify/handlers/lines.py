"""A line to who carries messages: whether it works, since when it does not, and when it is looked at again.

Invariant: a line that is down or hangs is looked at beside the work, so that it holds up no other one.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.domain.channels import Channel
from services.notify.domain.delivery import Reply
from services.notify.gateways.mail import MailServer
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble

PAUSE_SECONDS_FIRST = 1.0
PAUSE_SECONDS_MAX = 30.0
"""Longest pause before who is away is asked again."""
LOOK_SECONDS_MAX = 25.0
_DOUBLINGS_MAX = 20  # a power without a bound becomes too large for a float after some hours

_log = logging.getLogger(__name__)


def pause_seconds(refusals: int) -> float:
    """Return how long to wait after so many refusals in a row (from 1): twice as long each time, up to a limit."""
    doublings = min(refusals - 1, _DOUBLINGS_MAX)
    return min(PAUSE_SECONDS_FIRST * float(2**doublings), PAUSE_SECONDS_MAX)


@dataclass(slots=True)
class Line:
    """One channel's line. `is_back`: it was away and is there again, which nobody has acted on yet."""

    channel: Channel
    carrier: MailServer
    refusals: int = 0
    away_since: datetime | None = None
    is_back: bool = True  # what waited for it before a restart is let go, too
    _ask_at: datetime | None = None
    _looking: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        return self.away_since is not None

    @property
    def pause_seconds(self) -> float:
        return pause_seconds(max(self.refusals, 1))

    async def look(self, clock: Clock) -> Trouble | None:
        """See whether the line works; return what is wrong with it."""
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                await self.carrier.connect()
        except Trouble as trouble:
            self._refused(clock.now())
            return trouble
        except TimeoutError:
            self._refused(clock.now())
            return Trouble(f"{self.channel} does not answer", code="channel_unreachable")
        self._there()
        return None

    def look_beside(self, *, now: datetime, clock: Clock, wake: Callable[[], None]) -> None:
        """Look at a line that is away, once its pause is over, while others work; `wake` is called where it works again."""
        is_looking = self._looking is not None and not self._looking.done()
        if is_looking or (self._ask_at is not None and self.away_since is not None and self.away_since <= now < self._ask_at):
            return

        async def look() -> None:
            if await self.look(clock) is None:
                wake()

        self._looking = asyncio.create_task(look(), name=f"notify-{self.channel}-line")

    def note(self, replies: Sequence[Reply], *, now: datetime) -> None:
        """Learn from what came of messages."""
        if any(reply.is_away for reply in replies):
            if not self.is_away:
                self._refused(now)
        elif any(reply.is_taken for reply in replies):
            self.refusals = 0

    def _refused(self, now: datetime) -> None:
        if self.away_since is None or self.away_since > now:  # the clock went back
            self.away_since = now
            _log.warning("a channel is down", extra={"channel": str(self.channel)})
        self.refusals += 1
        self._ask_at = now + timedelta(seconds=self.pause_seconds)

    def _there(self) -> None:
        if self.is_away:
            self.is_back, self.away_since = True, None
            _log.warning("a channel works again", extra={"channel": str(self.channel)})
        if self.channel is Channel.EMAIL:
            self.refusals = 0  # others prove it by taking a message

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
