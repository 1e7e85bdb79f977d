"""Doors to the log as a tree: the checkpoint, the tiles and the key for everybody, proofs by right.

The paths below /log are those of c2sp.org/tlog-tiles: whoever has a tool for such logs needs no other words.
"""

from base64 import b64encode
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from services.audit.handlers import reading
from services.audit.handlers.closing import TheLog
from services.audit.handlers.reading import NO_CHECKPOINT, NO_TILE, NOT_YET
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.persistence import Database
from shared.tlog.tiles import Tile
from shared.tlog.verify import Unreadable
from shared.web import language_of, problems, requires

PLAIN = "text/plain; charset=utf-8"
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

    return routes
