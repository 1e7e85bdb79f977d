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


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a petitioner can be told. Held only while a mail is written."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


class Neighbours(Protocol):
    """Our own services, as far as notices need them."""

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """Return contacts by petition id. Raises Trouble."""
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
        headers = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}
        asked = {"petition_ids": [str(key) for key in ids], "purpose": PURPOSE}
        try:
            answer = await self._http.post(address, json=asked, headers=headers)
            found: Mapping[str, Any] = answer.raise_for_status().json()[what]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise Trouble(f"the service that knows the {what} does not answer as agreed", code="neighbour_unreachable") from error
        return found

    async def close(self) -> None:
        await self._http.aclose()
