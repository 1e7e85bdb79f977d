"""Doors for officers: what they do about a petition.

The officer names the version that he has seen, in the body or as If-Match; who acts on an old one is answered with the present.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response

from services.routing.api.doors import Doors
from services.routing.api.requests import (
    AcceptRequest,
    ActRequest,
    AnswerRequest,
    ClassifyRequest,
    CloseRequest,
    ConvertRequest,
    ExtendRequest,
    GuideRequest,
    MergeRequest,
    RecordRequest,
    RefuseRequest,
    ReopenRequest,
    ResumeRequest,
    ReturnRequest,
    SuspendRequest,
    TerminateRequest,
    TransferRequest,
    UnmergeRequest,
)
from services.routing.handlers.acting import OfficersAct, act
from services.routing.handlers.asking_law import with_effects
from services.routing.handlers.suggesting import with_suggestions
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Malformed, Outdated, Refused
from shared.telemetry import current_traceparent
from shared.web import requires
from shared.web.language import language_of

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, Role.LEADER))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{8,200}$")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", description='the version that you have seen, as in ETag: `"3"`', json_schema_extra={"examples": ['"3"']}
    ),
]
_ENTITY_TAG = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')
_SEND_VERSION = (
    "gửi phiên bản mà bạn đã xem: version trong nội dung, hoặc If-Match"
    " · send the version that you have seen: version in the body, or If-Match"
)
_SEND_ONE_TAG = (
    'ghi một phiên bản như ETag của câu trả lời, ví dụ "3"; * hay danh sách không nói bạn đã xem phiên bản nào'
    ' · one version as in the ETag of the answer, for example "3"; * or a list does not say which version you have seen'
)


VERSION_CONFLICT = "version_conflict"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, about which version, under which key."""

    officer: Principal
    key: str | None
    if_match: str | None
    language: str


def asking(request: Request, officer: Officer, key: Key = None, if_match: IfMatch = None) -> Asking:
    """Return who asks: a dependency of the doors below."""
    return Asking(officer, key, if_match, language_of(request))


Asked = Annotated[Asking, Depends(asking)]


def acts_router(doors: Doors) -> APIRouter:
    """Return the doors of officers."""
    router = APIRouter(prefix="/api", tags=["acts"])

    @router.post("/petitions/{code}/accept")
    async def accept(code: str, asked: AcceptRequest, by: Asked) -> Response:
        """Take the petition on."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/refuse")
    async def refuse(code: str, asked: RefuseRequest, by: Asked) -> Response:
        """Decline it on a listed ground."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/answer")
    async def answer(code: str, asked: AnswerRequest, by: Asked) -> Response:
        """Answer in words; with evidence (uploaded to intake) where the place is physical."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/close")
    async def close(code: str, asked: CloseRequest, by: Asked) -> Response:
        """End the procedure."""
        return await do(doors, code, asked, by)

    return router


def moving_router(doors: Doors) -> APIRouter:
    """Return the doors of acts by which a petition goes to somebody else, or by another procedure."""
    router = APIRouter(prefix="/api", tags=["acts"])

    @router.post("/petitions/{code}/guide")
    async def guide(code: str, asked: GuideRequest, by: Asked) -> Response:
        """Show the petitioner the competent body, for a listed reason."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/return")
    async def give_back(code: str, asked: ReturnRequest, by: Asked) -> Response:
        """Give it back to the office that sent it; between the same two offices once, then their superior decides."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/convert")
    async def convert(code: str, asked: ConvertRequest, by: Asked) -> Response:
        """Treat it by another procedure instead of refusing it; the citizen's clocks count from when it was lodged."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/classify")
    async def classify(code: str, asked: ClassifyRequest, by: Asked) -> Response:
        """Say what it is about: confirm a suggested topic or correct it. From the pool it goes to who is competent."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/transfer")
    async def transfer(code: str, asked: TransferRequest, by: Asked) -> Response:
        """Pass it to another office for a listed reason; the citizen's clocks run on."""
        return await do(doors, code, asked, by)

    return router


def merging_router(doors: Doors) -> APIRouter:
    """Return the doors of acts by which petitions of the same content are dealt with together, and by themselves again."""
    router = APIRouter(prefix="/api", tags=["acts"])

    @router.post("/petitions/{code}/merge")
    async def merge(code: str, asked: MergeRequest, by: Asked) -> Response:
        """Deal with it together with another one: what is done there is done for both. Each keeps its clocks and its answer."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/unmerge")
    async def unmerge(code: str, asked: UnmergeRequest, by: Asked) -> Response:
        """Deal with it by itself again; an answer given in common falls away, and the clocks that it ended run on."""
        return await do(doors, code, asked, by)

    return router


def legal_acts_router(doors: Doors) -> APIRouter:
    """Return the doors of acts that pause, lengthen or revive clocks, and of steps recorded in the file."""
    router = APIRouter(prefix="/api", tags=["acts"])

    @router.post("/petitions/{code}/suspend")
    async def suspend(code: str, asked: SuspendRequest, by: Asked) -> Response:
        """Suspend by a written decision on a listed ground: clocks stop. The head of the office decides."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/resume")
    async def resume(code: str, asked: ResumeRequest, by: Asked) -> Response:
        """Continue by a written decision: the remaining time runs on from that day."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/extend")
    async def extend(code: str, asked: ExtendRequest, by: Asked) -> Response:
        """Take more time for one step, on a listed ground and up to what the law allows."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/terminate")
    async def terminate(code: str, asked: TerminateRequest, by: Asked) -> Response:
        """End the resolution by a written decision without deciding the matter, on a listed ground."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/record")
    async def record(code: str, asked: RecordRequest, by: Asked) -> Response:
        """Note a step of the file: a decision sent, a dialogue held, papers asked for (which pauses nothing)."""
        return await do(doors, code, asked, by)

    @router.post("/petitions/{code}/reopen")
    async def reopen(code: str, asked: ReopenRequest, by: Asked) -> Response:
        """Take the answer back for a listed reason: clocks that it had ended run on towards the same due moment."""
        return await do(doors, code, asked, by)

    return router


async def do(doors: Doors, code: str, asked: ActRequest, by: Asking) -> Response:
    """Do it and answer; 202 where a second person is needed. Raises Outdated where If-Match names an older version."""
    try:
        return answered(await _done(doors, code, asked, by))
    except Refused as refused:
        if refused.code != VERSION_CONFLICT or by.if_match is None:
            raise
        raise Outdated(refused.detail, code=refused.code, facts=refused.facts) from refused


async def _done(doors: Doors, code: str, asked: ActRequest, by: Asking) -> Mapping[str, object]:
    """Ask the law where the act moves a clock, and do it in one transaction."""
    now = doors.clock.now()
    wanted = OfficersAct(
        code=code,
        act=asked.ACT,
        command=asked.command(),
        officer=by.officer,
        version=seen_version(asked.version, by.if_match),
        now=now,
        traceparent=current_traceparent(),
        key=f"{by.officer.subject} {by.key}" if by.key else None,
        digest=hashlib.sha256(f"{code} {asked.ACT} {by.if_match} {asked.model_dump_json()}".encode()).digest(),
        stated=asked.stated(),
        request=asked.model_dump_json().encode(),
    )
    wanted = await with_effects(doors.database, doors.law, doors.procedures, wanted, language=by.language)
    wanted = await with_suggestions(doors.database, doors.topics, wanted)
    rules = await doors.rules(now)
    async with doors.database.transaction() as tx:
        return await act(tx, wanted, rules)


def seen_version(in_body: int | None, if_match: str | None) -> int:
    """Return the version that the officer has seen. Raises Malformed where none is named, or two that differ."""
    in_header = _version_in(if_match) if if_match is not None else None
    named = {version for version in (in_body, in_header) if version is not None}
    if len(named) == 1:
        return named.pop()
    raise _no_version("version", "two_versions" if named else "missing", _SEND_VERSION)


def _version_in(if_match: str) -> int:
    """Return the version that the header names. Raises Malformed: ``*`` is met by every version (RFC 9110, 13.1.1)."""
    tag = _ENTITY_TAG.fullmatch(if_match.strip())
    if tag is None:
        raise _no_version("If-Match", "not_one_version", _SEND_ONE_TAG)
    return int(tag[1])


def _no_version(field: str, reason: str, remedy: str) -> Malformed:
    mistake = {"field": field, "reason": reason, "remedy": remedy}
    return Malformed("the version that you have seen is needed", code="version_needed", errors=[mistake])


def answered(done: Mapping[str, object]) -> Response:
    """Return what was done with its version; 202 where it waits for a second person."""
    headers = {"ETag": f'"{done["version"]}"', "Cache-Control": "no-store"}
    status = HTTPStatus.ACCEPTED if "proposal" in done else HTTPStatus.OK
    return Response(orjson.dumps(done), status_code=status, media_type="application/json", headers=headers)
