"""Doors for officers: what they do about a petition."""

import hashlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.domain.competence import Basis, Route
from services.routing.domain.procedure import Accept, Answer, Close, Command, Refuse, Transfer
from services.routing.handlers.acting import Done, OfficersAct, act
from shared.contracts.words import Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import requires

ANSWER_CHARACTERS_MAX = 20_000
EVIDENCE_MAX = 10

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{8,200}$")]


class ActRequest(BaseModel):
    """An act on the version of the petition that the officer has seen."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(description="from GET /petitions/{code}: 409 where somebody acted in the meantime")


class RefuseRequest(ActRequest):
    ground: str = Field(description="code of a listed ground: GET /grounds")


class TransferRequest(ActRequest):
    to_office: str
    reason: str = Field(description="code of a listed reason: GET /grounds")


class AnswerRequest(ActRequest):
    text: str = Field(max_length=ANSWER_CHARACTERS_MAX)
    evidence: list[UUID] = Field(default_factory=list, max_length=EVIDENCE_MAX)


def acts_router(doors: Doors) -> APIRouter:
    """Return the doors of officers."""
    router = APIRouter(prefix="/api", tags=["acts"])

    @router.post("/petitions/{code}/accept")
    async def accept(code: str, asked: ActRequest, officer: Officer, key: Key = None) -> dict[str, Any]:
        """Take the petition on."""
        return await _do(doors, code, Accept(), asked, by=(officer, key))

    @router.post("/petitions/{code}/refuse")
    async def refuse(code: str, asked: RefuseRequest, officer: Officer, key: Key = None) -> dict[str, Any]:
        """Decline it on a listed ground."""
        return await _do(doors, code, Refuse(asked.ground), asked, by=(officer, key))

    @router.post("/petitions/{code}/transfer")
    async def transfer(code: str, asked: TransferRequest, officer: Officer, key: Key = None) -> dict[str, Any]:
        """Pass it to another office for a listed reason; the citizen's clocks run on."""
        command = Transfer(Route(asked.to_office, (), Basis.TRANSFER), asked.reason)
        return await _do(doors, code, command, asked, by=(officer, key))

    @router.post("/petitions/{code}/answer")
    async def answer(code: str, asked: AnswerRequest, officer: Officer, key: Key = None) -> dict[str, Any]:
        """Answer in words; with evidence (uploaded to intake) where the place is physical."""
        command = Answer(asked.text, tuple(str(item) for item in asked.evidence))
        return await _do(doors, code, command, asked, by=(officer, key))

    @router.post("/petitions/{code}/close")
    async def close(code: str, asked: ActRequest, officer: Officer, key: Key = None) -> dict[str, Any]:
        """End the procedure."""
        return await _do(doors, code, Close(), asked, by=(officer, key))

    return router


async def _do(
    doors: Doors, code: str, command: Command, asked: ActRequest, *, by: tuple[Principal, str | None]
) -> dict[str, Any]:
    officer, key = by
    now = doors.clock.now()
    wanted = OfficersAct(
        code=code,
        command=command,
        officer=officer,
        version=asked.version,
        now=now,
        traceparent=current_traceparent(),
        key=f"{officer.subject} {key}" if key else None,
        digest=hashlib.sha256(f"{code} {type(command).__name__} {asked.model_dump_json()}".encode()).digest(),
    )
    directory = await doors.book.directory(now)
    async with doors.database.transaction() as tx:
        result = await act(tx, wanted, cipher=doors.cipher, directory=directory)
    return _done(code, result)


def _done(code: str, result: Done) -> dict[str, Any]:
    case = result.case
    return {
        "code": code,
        "version": result.version,
        "state": case.state,
        "office": case.office,
        "possible": list(case.possible()),
    }
