"""What audit asks of the other services: what each of them keeps of what it said; of escalation the law and its standing, too.

None of it is believed without counting.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import httpx
import orjson

from services.audit.domain.records import Recorded
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


class Ledger(Protocol):
    """What one service keeps of what it said."""

    async def of(self, aggregate_id: UUID) -> Sequence[Recorded]:
        """Return what it said of one petition or office. Raises Trouble."""
        ...

    async def after(self, aggregate_id: UUID, version: int, *, limit: int) -> Sequence[Recorded]:
        """Return what stands behind a version of an aggregate, in the order of both. Raises Trouble."""
        ...


class Neighbour:
    """A service at an address, asked with a token of our own."""

    def __init__(self, name: str, base_url: str, tokens: ServiceTokens, clock: Clock) -> None:
        self.name = name
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Return its answer, also that there is no such thing. Raises Trouble."""
        headers = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}
        code = f"{self.name}_unreachable"
        try:
            answer = await self._http.request(method, path, headers=headers, **body)
        except httpx.HTTPError as error:
            raise Trouble(f"{self.name} does not answer just now", code=code) from error
        if answer.is_success or answer.status_code == httpx.codes.NOT_FOUND:
            return answer
        raise Trouble(f"{self.name} answers {answer.status_code}", code=code)

    async def close(self) -> None:
        await self._http.aclose()


class ServiceLedger:
    """The ledger door of a service."""

    def __init__(self, service: Neighbour) -> None:
        self._service = service

    async def of(self, aggregate_id: UUID) -> Sequence[Recorded]:
        return await self._read(f"/api/ledger/{aggregate_id}", {})

    async def after(self, aggregate_id: UUID, version: int, *, limit: int) -> Sequence[Recorded]:
        return await self._read("/api/ledger", {"cursor": f"{aggregate_id}:{version}", "limit": str(limit)})

    async def _read(self, path: str, parameters: Mapping[str, str]) -> Sequence[Recorded]:
        answer = await self._service.ask("GET", path, params=parameters)
        if answer.status_code == httpx.codes.NOT_FOUND:  # an older release without this door
            raise Trouble(f"{self._service.name} does not show its ledger", code=f"{self._service.name}_unreachable")
        return [_recorded(item) for item in orjson.loads(answer.content)["items"]]


def _recorded(item: Mapping[str, Any]) -> Recorded:
    return Recorded(
        id=UUID(item["id"]),
        aggregate_id=UUID(item["aggregate_id"]),
        version=item["version"],
        type=item["type"],
        effective_at=datetime.fromisoformat(item["effective_at"]),
        recorded_at=datetime.fromisoformat(item["recorded_at"]),
        actor=item["actor"],
        authority=item["authority"],
        office=item["office"],
        is_sealed=item["is_sealed"],
        cause_id=UUID(item["cause_id"]) if item["cause_id"] else None,
        body_sha256=item["body_sha256"],
    )


class EscalationBooks:
    """Escalation's doors for services."""

    def __init__(self, service: Neighbour) -> None:
        self._ask = service.ask

    async def rulebook(self) -> Mapping[str, Any]:
        answer = await self._ask("GET", "/api/rulebook")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise Trouble("escalation does not show its law", code="escalation_unreachable")
        found: Mapping[str, Any] = answer.json()
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
