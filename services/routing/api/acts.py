"""Doors for officers: what they do about a petition.

The officer names the version that he has seen, in the body or as If-Match; who acts on an old one is answered with the present.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.domain.competence import Basis, Route
from services.routing.domain.procedure import Accept, Answer, Close, Command, Refuse, Transfer
from services.routing.handlers.acting import OfficersAct, act
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Malformed
from shared.telemetry import current_traceparent
from shared.web import requires

ANSWER_CHARACTERS_MAX = 20_000
EVIDENCE_MAX = 10
CODE_CHARACTERS_MAX = 64
VERSION_MAX = 2_147_483_647

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{8,200}$")]
IfMatch = Annotated[str | None, Header(alias="If-Match", pattern=r'^(W/)?"?[0-9]{1,9}"?$')]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, about which version, under which key."""

    officer: Principal
    key: str | None
    if_match: str | None


def asking(officer: Officer, key: Key = None, if_match: IfMatch = None) -> Asking:
    """Return who asks: a dependency of the doors below."""
    return Asking(officer, key, if_match)


Asked = Annotated[Asking, Depends(asking)]


class ActRequest(BaseModel):
    """An act on the version of the petition that the officer has seen."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(
        default=None, ge=0, le=VERSION_MAX, description="from GET /petitions/{code}, unless If-Match says it"
    )


class RefuseRequest(ActRequest):
    ground: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed ground: GET /grounds")


class TransferRequest(ActRequest):
    to_office: str = Field(max_length=CODE_CHARACTERS_MAX)
    reason: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed reason: GET /grounds")


class AnswerRequest(ActRequest):
    text: str = Field(max_length=ANSWER_CHARACTERS_MAX)
    evidence: list[UUID] = Field(default_factory=list, max_length=EVIDENCE_MAX)


def acts_router(doors: Doors) -> APIRouter:
    """Return the doors of officers."""
    router = APIRouter(prefix="/api", tags=["acts"])

    @router.post("/petitions/{code}/accept")
    async def accept(code: str, asked: ActRequest, by: Asked) -> Response:
        """Take the petition on."""
        return await _do(doors, code, Accept(), asked, by=by)

    @router.post("/petitions/{code}/refuse")
    async def refuse(code: str, asked: RefuseRequest, by: Asked) -> Response:
        """Decline it on a listed ground."""
        return await _do(doors, code, Refuse(asked.ground), asked, by=by)

    @router.post("/petitions/{code}/transfer")
    async def transfer(code: str, asked: TransferRequest, by: Asked) -> Response:
        """Pass it to another office for a listed reason; the citizen's clocks run on."""
        command = Transfer(Route(asked.to_office, (), Basis.TRANSFER), asked.reason)
        return await _do(doors, code, command, asked, by=by)

    @router.post("/petitions/{code}/answer")
    async def answer(code: str, asked: AnswerRequest, by: Asked) -> Response:
        """Answer in words; with evidence (uploaded to intake) where the place is physical."""
        command = Answer(asked.text, tuple(str(item) for item in asked.evidence))
        return await _do(doors, code, command, asked, by=by)

    @router.post("/petitions/{code}/close")
    async def close(code: str, asked: ActRequest, by: Asked) -> Response:
        """End the procedure."""
        return await _do(doors, code, Close(), asked, by=by)

    return router


async def _do(doors: Doors, code: str, command: Command, asked: ActRequest, *, by: Asking) -> Response:
    now = doors.clock.now()
    wanted = OfficersAct(
        code=code,
        command=command,
        officer=by.officer,
        version=seen_version(asked.version, by.if_match),
        now=now,
        traceparent=current_traceparent(),
        key=f"{by.officer.subject} {by.key}" if by.key else None,
        digest=hashlib.sha256(f"{code} {type(command).__name__} {by.if_match} {asked.model_dump_json()}".encode()).digest(),
    )
    directory = await doors.book.directory(now)
    async with doors.database.transaction() as tx:
        done = await act(tx, wanted, cipher=doors.cipher, directory=directory)
    return _answered(done)


def seen_version(in_body: int | None, if_match: str | None) -> int:
    """Return the version that the officer has seen. Raises Malformed where none is named, or two that differ."""
    in_header = int(if_match.removeprefix("W/").strip('"')) if if_match else None
    named = {version for version in (in_body, in_header) if version is not None}
    if len(named) == 1:
        return named.pop()
    reason = "two different versions" if named else "missing"
    mistake = {"field": "version", "reason": reason, "remedy": "send the version that you have seen, in the body or as If-Match"}
    raise Malformed("the version that you have seen is needed", code="version_needed", errors=[mistake])


def _answered(done: Mapping[str, object]) -> Response:
    headers = {"ETag": f'"{done["version"]}"', "Cache-Control": "no-store"}
    return Response(orjson.dumps(done), media_type="application/json", headers=headers)
