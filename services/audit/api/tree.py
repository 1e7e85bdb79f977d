"""Doors to the log as a tree: the checkpoint, the tiles and the key for everybody, proofs by right.

The paths below /log are those of c2sp.org/tlog-tiles: whoever has a tool for such logs needs no other words.
"""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from services.audit.handlers import reading, witnessing
from services.audit.handlers.closing import TheLog
from services.audit.handlers.reading import NO_CHECKPOINT, NO_TILE, NOT_YET
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.refusals import Malformed, Unknown
from shared.persistence import Database
from shared.tlog.tiles import Tile
from shared.tlog.verify import Unreadable
from shared.web import language_of, problems, requires
from shared.web.paging import number_of

TEXT = "text/plain"
PLAIN = f"{TEXT}; charset=utf-8"
NDJSON = "application/x-ndjson"
LINES: dict[int | str, dict[str, Any]] = {200: {"content": {NDJSON: {"schema": {"type": "string"}}}}}
LINES_AT_ONCE = 100
RECORDS_MAX = 1_000_000
BYTES = "application/octet-stream"
RETRY_SECONDS = 2
FOR_ALL = {"Access-Control-Allow-Origin": "*"}
FOR_EVER = {**FOR_ALL, "Cache-Control": "public, max-age=31536000, immutable"}
FOR_A_MOMENT = {**FOR_ALL, "Cache-Control": "public, max-age=1"}

problems.register(
    {
        NOT_YET: (
            "Sự kiện này chưa nằm dưới điểm kiểm tra nào của nhật ký: hãy thử lại sau vài giây.",
            "This event is not under a checkpoint of the log yet: try again in a few seconds.",
        ),
        NO_CHECKPOINT: (
            "Nhật ký chưa công bố điểm kiểm tra nào: chưa có sự kiện, hoặc chưa cài khoá ký (AUDIT_LOG_KEY_FILE).",
            "The log has published no checkpoint yet: nothing has happened, or it has no key to sign with (AUDIT_LOG_KEY_FILE).",
        ),
        NO_TILE: (
            "Nhật ký không có ô này dưới điểm kiểm tra hiện tại, hoặc đường dẫn không đúng (c2sp.org/tlog-tiles).",
            "The log has no such tile under its present checkpoint, or the path is not right (c2sp.org/tlog-tiles).",
        ),
        "version_said_twice": (
            "Một sự kiện khác đã mang số phiên bản này của cùng dịch vụ: nhật ký giữ sự kiện đến trước.",
            "Another event has this version of the same service already: the log keeps the one that came first.",
        ),
        "bad_checkpoint": (
            "Đây không phải điểm kiểm tra có chữ ký: hãy gửi nguyên văn điểm kiểm tra cùng dòng chữ ký của bạn.",
            "This is no signed checkpoint: send the checkpoint as it is served, with your signature line.",
        ),
        "other_log": (
            "Điểm kiểm tra này của nhật ký khác; đây là {origin}.",
            "That checkpoint is of another log; this one is {origin}.",
        ),
        "checkpoint_unknown": (
            "Nhật ký này chưa ký điểm kiểm tra {size} mục như vậy.",
            "This log has signed no such checkpoint of {size} entries.",
        ),
        "checkpoint_differs": (
            "Điểm kiểm tra mang chữ ký của nhật ký nhưng không phải điểm nhật ký đã ký: việc này đã được ghi nhận là phân nhánh.",
            "The checkpoint bears this log's signature and is not the one that it signed: this was written down as a fork.",
        ),
        "cosignature_not_good": ("Chữ ký của nhân chứng không đúng.", "The witness's signature is not good."),
        "witness_unknown": (
            "Không chữ ký nào thuộc nhân chứng của nhật ký này.",
            "None of the signatures is of a witness of this log.",
        ),
        "cosignature_from_future": (
            "Chữ ký đề thời điểm trong tương lai: kiểm tra đồng hồ của nhân chứng.",
            "The signature is dated in the future: check the witness's clock.",
        ),
        "no_log_key": (
            "Nhật ký chưa có khoá ký: hãy đặt AUDIT_LOG_KEY_FILE.",
            "The log has no key to sign with: set AUDIT_LOG_KEY_FILE.",
        ),
    }
)


class EventProof(BaseModel):
    """Everything that proves one event: SHA-256(salt, record) is entry `index` of the log that `checkpoint` is signed over."""

    index: int = Field(description="number of the entry, from 0")
    record: str = Field(description="the event as it was written down (RFC 8785)")
    salt: str = Field(description="hexadecimal")
    hashes: list[str] = Field(description="base64, from the leaf's neighbour to the root's child")
    checkpoint: str = Field(description="signed note (c2sp.org/tlog-checkpoint)")
    proof: str = Field(description="the proof as a file (c2sp.org/tlog-proof), without extra")


class Brought(BaseModel):
    """What was taken: good signatures of these witnesses."""

    size: int = Field(description="of the checkpoint that they signed")
    witnesses: list[str]


def public_router(log: TheLog) -> APIRouter:
    """Return the doors that are open to everybody."""
    routes = APIRouter(tags=["log"])

    @routes.get("/log/checkpoint", include_in_schema=False)
    async def checkpoint() -> Response:
        """The latest signed checkpoint of the log (c2sp.org/tlog-checkpoint), with the signatures of its witnesses."""
        return Response(await reading.checkpoint(log.tiles), media_type=PLAIN, headers=FOR_A_MOMENT)

    @routes.get("/log/key", include_in_schema=False)
    async def key() -> Response:
        """The public keys that checkpoints are signed with, one a line, the current one first (c2sp.org/signed-note)."""
        if not log.signers:
            raise Unknown("the log has no key", code="no_log_key")
        keys = "".join(f"{signer.vkey}\n" for signer in log.signers)
        return PlainTextResponse(keys, headers=FOR_A_MOMENT)

    @routes.get("/log/tile/{path:path}", include_in_schema=False)
    async def tile(path: str) -> Response:
        """A tile of the tree, or a bundle of entries (c2sp.org/tlog-tiles). What is given once never changes."""
        try:
            wanted = Tile.parse(f"tile/{path}")
        except Unreadable as error:
            raise Unknown(error.detail, code=NO_TILE) from error
        return Response(await reading.tile(log.tiles, wanted), media_type=BYTES, headers=FOR_EVER)

    return routes


def witnesses_router(database: Database, log: TheLog, clock: Clock) -> APIRouter:
    """Return the door through which witnesses bring their signatures."""
    routes = APIRouter(tags=["log"])
    body = {"requestBody": {"required": True, "content": {TEXT: {"schema": {"type": "string"}}}}}

    @routes.post("/api/log/cosignatures", openapi_extra=body)
    async def bring(request: Request) -> Brought:
        """Bring the signature of a witness: the checkpoint as it is served, with its line (c2sp.org/tlog-cosignature)."""
        try:
            text = (await request.body()).decode()
        except UnicodeDecodeError as error:
            raise Malformed("a signed note is UTF-8 text", code="bad_checkpoint") from error
        accepted = await witnessing.bring(database, log, text, now=clock.now())
        return Brought(size=accepted.size, witnesses=list(accepted.witnesses))

    return routes


def proofs_router(database: Database, log: TheLog) -> APIRouter:
    """Return the door to the proofs of single events."""
    routes = APIRouter(tags=["log"])

    @routes.get("/api/log/proofs/{event_id}", response_model=EventProof)
    async def proof(
        event_id: UUID, request: Request, reader: Annotated[Principal, Depends(requires(Role.AUDITOR, Role.SERVICE))]
    ) -> EventProof | Response:
        """The proof that an event is in the log. 404 with Retry-After before it is under a checkpoint."""
        try:
            proven = await reading.prove(database, log, reader, event_id)
        except Unknown as error:
            answer = problems.response_to(error, language=language_of(request))
            answer.headers["Retry-After"] = str(RETRY_SECONDS)
            return answer
        return EventProof(
            index=proven.index,
            record=proven.record.decode(),
            salt=proven.salt.hex(),
            hashes=[b64encode(found).decode() for found in proven.hashes],
            checkpoint=proven.checkpoint,
            proof=proven.proof,
        )

    @routes.get("/api/log/records", response_class=StreamingResponse, responses=LINES)
    async def records(
        reader: Annotated[Principal, Depends(requires(Role.AUDITOR))],
        cursor: Annotated[str | None, Query(description="how many events you have")] = None,
        limit: Annotated[int, Query(ge=1, le=RECORDS_MAX)] = RECORDS_MAX,
    ) -> StreamingResponse:
        """Every event as the log commits to it, with its salt, as lines of JSON: what `caunoi log verify --records` compares."""
        return StreamingResponse(_lines(database, reader, number_of(cursor), limit), media_type=NDJSON)

    return routes


async def _lines(database: Database, reader: Principal, after: int, limit: int) -> AsyncIterator[bytes]:
    lines: list[bytes] = []
    async for index, record, salt in reading.records(database, reader, after, limit=limit):
        line = {"index": index, "record": record.decode(), "salt": salt.hex()}
        lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        if len(lines) == LINES_AT_ONCE:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)
