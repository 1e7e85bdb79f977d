"""What intake asks of audit: the proof that an event is in the log."""

import asyncio
from typing import Protocol
from uuid import UUID

import httpx

from services.intake.domain.receipts import LogProof
from shared.identity import ServiceTokens
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble

TIMEOUT_SECONDS = 5.0
ASKED_AGAIN_SECONDS = 0.5
NOT_IN_LOG_YET = "not_in_log_yet"
_NOT_THERE = (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT)


class Log(Protocol):
    """Where it is proved what was recorded."""

    async def proof(self, event_id: UUID, *, within_seconds: float = 0.0) -> LogProof | None:
        """Return the proof of an event; None where no checkpoint stands over it yet, also after `within_seconds`.

        Raises Trouble where audit does not answer.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class AuditLog:
    """Audit's door for services."""

    def __init__(self, base_url: str, tokens: ServiceTokens, clock: Clock) -> None:
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def proof(self, event_id: UUID, *, within_seconds: float = 0.0) -> LogProof | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + within_seconds
        found = await self._proof(event_id)
        while found is None and loop.time() + ASKED_AGAIN_SECONDS <= until:
            await asyncio.sleep(ASKED_AGAIN_SECONDS)
            found = await self._proof(event_id)
        return found

    async def _proof(self, event_id: UUID) -> LogProof | None:
        signed = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}
        try:
            answer = await self._http.get(f"/api/log/proofs/{event_id}", headers=signed)
            body = answer.json()
            if answer.status_code in _NOT_THERE and body["code"] == NOT_IN_LOG_YET:
                return None
            answer.raise_for_status()
            return LogProof(record=str(body["record"]), salt=str(body["salt"]), proof=str(body["proof"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Trouble("audit does not answer just now", code="audit_unreachable") from error

    async def close(self) -> None:
        await self._http.aclose()
