"""What audit asks of escalation: the law as data, and how its deadlines stand. None of it is believed without counting."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import httpx

from shared.identity import ServiceTokens
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble

TIMEOUT_SECONDS = 60.0

Rows = Sequence[Mapping[str, Any]]


class Books(Protocol):
    """Where the law and the standing of deadlines are."""

    async def rulebook(self) -> Mapping[str, Any]:
        """Return rules and calendars as data, and which wordings of calendars there have been. Raises Trouble."""
        ...

    async def calendar(self, name: str, version: str) -> Mapping[str, Any] | None:
        """Return one wording of a calendar, None where it is not known. Raises Trouble."""
        ...

    async def states(self, petition_ids: Sequence[UUID]) -> Rows:
        """Return the deadlines of petitions as they stand. Raises Trouble."""
        ...

    async def petitions(self, after: UUID) -> Sequence[UUID]:
        """Return ids of petitions that have deadlines, in their order, those after `after`; none at the end. Raises Trouble."""
        ...


class EscalationBooks:
    """Escalation's doors for services."""

    def __init__(self, base_url: str, tokens: ServiceTokens, clock: Clock) -> None:
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def rulebook(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (await self._ask("GET", "/api/rulebook")).json()
        return found

    async def calendar(self, name: str, version: str) -> Mapping[str, Any] | None:
        answer = await self._ask("GET", f"/api/calendars/{name}/versions/{version}")
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.json()

    async def states(self, petition_ids: Sequence[UUID]) -> Rows:
        asked = {"petition_ids": [str(key) for key in petition_ids]}
        found: Rows = (await self._ask("POST", "/api/state", json=asked)).json()["items"]
        return found

    async def petitions(self, after: UUID) -> Sequence[UUID]:
        page = (await self._ask("GET", "/api/state/petitions", params={"cursor": str(after)})).json()
        return [UUID(key) for key in page["items"]]

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}
        try:
            answer = await self._http.request(method, path, headers=headers, **body)
        except httpx.HTTPError as error:
            raise Trouble("escalation does not answer just now", code="escalation_unreachable") from error
        if answer.is_success or answer.status_code == httpx.codes.NOT_FOUND:
            return answer
        raise Trouble(f"escalation answers {answer.status_code}", code="escalation_unreachable")
