"""What intake asks of routing: whether an answer can be contested, and that it is."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import httpx

from shared.identity import ServiceTokens
from shared.kernel.clock import Clock
from shared.kernel.refusals import Refused, Trouble

TIMEOUT_SECONDS = 10.0


class Answers(Protocol):
    """Where answers can be contested."""

    async def contest(self, petition_id: UUID, *, key: str, language: str) -> Mapping[str, Any]:
        """Contest the answer; return where the petition stands. Raises Refused in the petitioner's language, Trouble."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class RoutingAnswers:
    """Routing's door for services."""

    def __init__(self, base_url: str, tokens: ServiceTokens, clock: Clock) -> None:
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def contest(self, petition_id: UUID, *, key: str, language: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}", "Accept-Language": language}
        path = f"/api/internal/petitions/{petition_id}/contest"
        try:
            answer = await self._http.post(path, params={"key": key}, headers=headers)
            body: Mapping[str, Any] = answer.json()
            if answer.status_code == httpx.codes.CONFLICT:
                raise Refused(str(body["detail"]), code=str(body["code"]), facts=_facts(body))
            answer.raise_for_status()
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise Trouble("routing does not answer just now", code="routing_unreachable") from error
        return body

    async def close(self) -> None:
        await self._http.aclose()


def _facts(body: Mapping[str, Any]) -> dict[str, Any]:
    told = {"type", "title", "status", "detail", "code"}
    return {name: value for name, value in body.items() if name not in told}
