"""A small server that plays audit's log, so that intake can ask it for proofs; away until a test says what it knows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import orjson
import uvicorn
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.persistence import Database
from shared.testing import wait_until
from shared.tlog.verify import entry_for
from tests.unit.tlog import receipts

AWAY, CONFLICT = 503, 409


@dataclass
class PlayedLog:
    """The log as a test says it is: `knows` is whose events it has. `late`: how often it says "not yet" before it has them."""

    knows: Database | None = None
    late: int = 0
    nonsense: bytes | None = None
    tokens: list[str] = field(default_factory=list)
    url: str = "http://127.0.0.1:9/audit"

    async def proof(self, request: Request) -> Response:
        self.tokens.append(request.headers["Authorization"])
        if self.nonsense is not None:
            return Response(self.nonsense)
        if self.knows is None:
            return JSONResponse({"code": "trouble"}, status_code=AWAY)
        if self.late > 0:
            self.late -= 1
            return JSONResponse({"code": "not_in_log_yet"}, status_code=CONFLICT)
        record = await self._record(self.knows, UUID(request.path_params["event_id"]))
        log = receipts.log_of(entry_for(receipts.ENTRY_SALT, record.encode()))
        lines = receipts.receipt(log=log, said=record).split("\n")
        return JSONResponse({"record": record, "salt": receipts.ENTRY_SALT.hex(), "proof": "\n".join([lines[0], *lines[2:]])})

    async def _record(self, database: Database, event_id: UUID) -> str:
        query = text("SELECT type, is_sealed, actor, body FROM events WHERE id = :id")
        async with database.reading() as connection:
            row = (await connection.execute(query, {"id": event_id})).one()
        return receipts.record(type=row.type, sealed=row.is_sealed, actor=row.actor, data=orjson.loads(row.body))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve below /audit on a free port."""
        app = Starlette(routes=[Route("/audit/api/log/proofs/{event_id}", self.proof)])
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
        listener = server.config.bind_socket()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await wait_until(lambda: server.started)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/audit"
        yield
        server.should_exit = True
        await running
        listener.close()
