"""What intake asks of routing: what was answered, whether that can be contested, and that it is."""

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

    async def contest(self, petition_id: UUID, *, key: str, language: str, is_overdue: bool) -> Mapping[str, Any]:
        """Contest the answer, or that there is none in time; return where the petition stands.

        Raises Refused in the petitioner's language, Trouble.
        """
        ...

    async def answer(self, petition_id: UUID) -> Mapping[str, Any] | None:
        """Return the parts of the latest answer, also to a denunciation; None where no words are kept. Raises Trouble."""
        ...

    async def contestable(self, petition_id: UUID) -> Mapping[str, Any]:
        """Return whether it can be contested now, and until which day. Raises Trouble."""
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

    async def contest(self, petition_id: UUID, *, key: str, language: str, is_overdue: bool) -> Mapping[str, Any]:
        headers = self._signed() | {"Accept-Language": language}
        path = f"/api/internal/petitions/{petition_id}/contest"
        try:
            answer = await self._http.post(path, params={"key": key, "overdue": is_overdue}, headers=headers)
            body: Mapping[str, Any] = answer.json()
            if answer.status_code == httpx.codes.CONFLICT:
                raise Refused(str(body["detail"]), code=str(body["code"]), facts=_facts(body))
            answer.raise_for_status()
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise _unreachable() from error
        return body

    async def answer(self, petition_id: UUID) -> Mapping[str, Any] | None:
        asked = {"petition_ids": [str(petition_id)]}
        try:
            answer = await self._http.post("/api/internal/answers", json=asked, headers=self._signed())
            found: Mapping[str, Any] | None = answer.raise_for_status().json()["parts"].get(str(petition_id))
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise _unreachable() from error
        return found

    async def contestable(self, petition_id: UUID) -> Mapping[str, Any]:
        try:
            answer = await self._http.get(f"/api/internal/petitions/{petition_id}/contest", headers=self._signed())
            found: Mapping[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise _unreachable() from error
        return found

    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}

    async def close(self) -> None:
        await self._http.aclose()


def _unreachable() -> Trouble:
    return Trouble("routing does not answer just now", code="routing_unreachable")


def _facts(body: Mapping[str, Any]) -> dict[str, Any]:
    told = {"type", "title", "status", "detail", "code"}
    return {name: value for name, value in body.items() if name not in told}
