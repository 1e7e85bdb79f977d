"""What routing asks of intake: the words of petitions that have no topic yet, by right, for the lexicon only."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

import httpx

from shared.identity import ServiceTokens
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble

TIMEOUT_SECONDS = 10.0
PURPOSE = "classify"


class Texts(Protocol):
    """Where the words of petitions are."""

    async def of(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return texts by petition id. Raises Trouble."""
        ...


class IntakeTexts:
    """Intake's door for services."""

    def __init__(self, base_url: str, tokens: ServiceTokens, clock: Clock) -> None:
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def of(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        headers = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}
        asked = {"petition_ids": [str(petition_id) for petition_id in ids], "purpose": PURPOSE}
        try:
            answer = await self._http.post("/api/internal/texts", json=asked, headers=headers)
            answer.raise_for_status()
            return {UUID(petition_id): text for petition_id, text in answer.json()["texts"].items()}
        except (httpx.HTTPError, ValueError, KeyError) as error:  # also where somebody else answers at intake's address
            raise Trouble("intake does not give texts just now", code="intake_unreachable") from error

    async def close(self) -> None:
        await self._http.aclose()
