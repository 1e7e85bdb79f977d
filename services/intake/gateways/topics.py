"""Which topics there are, as routing says it: kept in memory, so that no petitioner waits for another service."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble

TIMEOUT_SECONDS = 5.0
FRESH = timedelta(minutes=5)
AGAIN = timedelta(seconds=15)
"""Routing does not answer: so long nobody asks it again while there are topics of before."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a petition may be about."""

    code: str
    name_vi: str
    name_en: str
    is_physical: bool


class RoutingTopics:
    """Routing's public list. `known` is what was read last, None: never yet."""

    def __init__(self, base_url: str, clock: Clock) -> None:
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._clock = clock
        self._ask_at: datetime | None = None
        self.known: Mapping[str, Topic] | None = None

    async def topics(self) -> Mapping[str, Topic]:
        """Return the topics by code, asked for again after five minutes; where routing is away, as they were.

        Raises Trouble where they were never read.
        """
        now = self._clock.now()
        if self.known is not None and self._ask_at is not None and now < self._ask_at:
            return self.known
        self._ask_at = now + AGAIN
        try:
            answer = await self._http.get("/api/topics")
            items = answer.raise_for_status().json()["items"]
            self.known = {item["code"]: Topic(item["code"], item["vi"], item["en"], item["is_physical"]) for item in items}
            self._ask_at = now + FRESH
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            if self.known is None:
                raise Trouble("routing does not say just now which topics there are", code="routing_unreachable") from error
        return self.known

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()
