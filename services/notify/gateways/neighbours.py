"""Our own services: addresses and proofs from intake, what is due and when people work from escalation, each by right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import httpx

from shared.identity import ServiceTokens
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble

TIMEOUT_SECONDS = 20.0
PURPOSE = "notify"
DUE_MAX = 500
_NOT_PROVED = frozenset({404, 409, 422})


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a petitioner can be told. Held only while a mail is written."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """Who proved to be a petitioner of which petition."""

    petition_id: UUID
    petitioner_id: UUID
    language: str
    is_sealed: bool


class Neighbours(Protocol):
    """Our own services, as far as notices need them."""

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """Return contacts by petition id. Raises Trouble."""
        ...


class Escalation(Protocol):
    """What is due, and when people work."""

    async def calendars(self) -> Sequence[Mapping[str, Any]]:
        """Return every calendar with its days off, worked days and hours. Raises Trouble."""
        ...

    async def due(self, office: str) -> Sequence[Mapping[str, Any]]:
        """Return what runs for an office, overdue first, then what is due first. Raises Trouble."""
        ...


class HttpNeighbours:
    """Intake and escalation over HTTP, with a token of ours."""

    def __init__(self, *, intake_url: str, escalation_url: str | None, tokens: ServiceTokens, clock: Clock) -> None:
        self._intake = intake_url.rstrip("/")
        self._escalation = (escalation_url or "").rstrip("/")
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        found = await self._ask(f"{self._intake}/api/internal/contacts", "contacts", ids)
        return {UUID(key): Contact(value.get("name"), value.get("email"), value.get("phone")) for key, value in found.items()}

    async def _ask(self, address: str, what: str, ids: Sequence[UUID]) -> Mapping[str, Any]:
        asked = {"petition_ids": [str(key) for key in ids], "purpose": PURPOSE}
        try:
            answer = await self._http.post(address, json=asked, headers=self._headers())
            found: Mapping[str, Any] = answer.raise_for_status().json()[what]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise Trouble(f"the service that knows the {what} does not answer as agreed", code="neighbour_unreachable") from error
        return found

    async def proof(self, code: str | None, secret: str) -> Proof | None:
        """Return who knows the secret, None where it is none. Raises Trouble."""
        try:
            answer = await self._http.post(
                f"{self._intake}/api/internal/proofs", json={"code": code, "secret": secret}, headers=self._headers()
            )
            if answer.status_code in _NOT_PROVED:
                return None
            said = answer.raise_for_status().json()
            return Proof(UUID(said["petition_id"]), UUID(said["petitioner_id"]), said["language"], said["is_sealed"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise Trouble("intake does not answer as agreed", code="neighbour_unreachable") from error

    async def calendars(self) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = (await self._look("api/rulebook"))["calendars"]
        return found

    async def due(self, office: str) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = (await self._look(f"api/offices/{office}/due?limit={DUE_MAX}"))["items"]
        return found

    async def _look(self, path: str) -> Mapping[str, Any]:
        try:
            answer = await self._http.get(f"{self._escalation}/{path}", headers=self._headers())
            found: Mapping[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise Trouble("escalation does not answer as agreed", code="neighbour_unreachable") from error
        return found

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}

    async def close(self) -> None:
        await self._http.aclose()
