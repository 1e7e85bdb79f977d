"""What routing asks of its neighbours: of intake the words of petitions without a topic, of escalation what the law says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import httpx

from shared.identity import ServiceTokens
from shared.kernel.clock import Clock
from shared.kernel.refusals import Refused, Trouble

TIMEOUT_SECONDS = 10.0
PURPOSE = "classify"


class Texts(Protocol):
    """Where the words of petitions are."""

    async def of(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return texts by petition id. Raises Trouble."""
        ...


@dataclass(frozen=True, slots=True)
class LegalQuestion:
    """An act that is about to be done; `heard` is the petition's version that escalation must know to answer."""

    petition_id: UUID
    act: str
    effective_at: datetime
    roles: Sequence[str]
    heard: int
    ground: str | None = None
    rule: str | None = None
    amount: int | None = None
    document: tuple[str, date] | None = None


class Law(Protocol):
    """Where the law's limits are known."""

    async def effects(self, question: LegalQuestion, *, language: str) -> Sequence[Mapping[str, object]]:
        """Return what the act would do to each clock. Raises Refused naming the article, Trouble."""
        ...


class EscalationLaw:
    """Escalation's door for services."""

    def __init__(self, base_url: str, tokens: ServiceTokens, clock: Clock) -> None:
        self._http = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def effects(self, question: LegalQuestion, *, language: str) -> Sequence[Mapping[str, object]]:
        headers = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}", "Accept-Language": language}
        number, issued_on = question.document or ("", None)
        asked = {
            "act": question.act,
            "rule": question.rule,
            "ground": question.ground,
            "amount": question.amount,
            "document": {"number": number, "issued_on": issued_on.isoformat()} if issued_on else None,
            "effective_at": question.effective_at.isoformat(),
            "roles": list(question.roles),
            "heard": question.heard,
        }
        try:
            answer = await self._http.post(f"/api/petitions/{question.petition_id}/acts/check", json=asked, headers=headers)
            body = answer.json()
            if answer.status_code == httpx.codes.CONFLICT:
                raise _refused(body)
            answer.raise_for_status()
            found: list[Mapping[str, object]] = body["effects"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise Trouble("escalation does not answer just now", code="escalation_unreachable") from error
        return found

    async def close(self) -> None:
        await self._http.aclose()


def _refused(body: Mapping[str, object]) -> Refused:
    """Return escalation's refusal in its own words, which are in the officer's language already."""
    told = {"type", "title", "status", "detail", "code"}
    facts = {name: value for name, value in body.items() if name not in told}
    return Refused(str(body["detail"]), code=str(body["code"]), facts=facts)


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
