"""The topics of routing, which Open311 calls services: asked for now and then, kept in between."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx

from services.intake.domain.open311 import Topic
from shared.kernel.refusals import Trouble

FRESH = timedelta(minutes=5)
AGAIN = timedelta(seconds=15)
"""Routing does not answer: so long nobody asks it again while there are topics of before."""
TIMEOUT_SECONDS = 5.0


class RoutingTopics:
    """Routing's public door of topics. Only physical ones: of a place that can be looked at."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._known: Mapping[str, Topic] | None = None
        self._ask_at: datetime | None = None

    async def topics(self, now: datetime) -> Mapping[str, Topic]:
        """Return the topics by code, in routing's order. Raises Trouble where routing never told them."""
        if self._known is not None and self._ask_at is not None and now < self._ask_at:
            return self._known
        self._ask_at = now + AGAIN
        try:
            answer = await self._http.get("/api/topics")
            answer.raise_for_status()
            known = {
                item["code"]: Topic(item["code"], item["vi"], item["en"]) for item in answer.json()["items"] if _is_place(item)
            }
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            if self._known is None:
                raise Trouble("routing does not tell its topics just now", code="routing_unreachable") from error
            return self._known
        self._known, self._ask_at = known, now + FRESH
        return known

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()


def _is_place(item: Mapping[str, object]) -> bool:
    return item["is_physical"] is True
