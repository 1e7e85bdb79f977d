"""A small server that plays routing, so that intake's doors can ask it; away until a test says what it knows."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.testing import wait_until

AWAY = 503


@dataclass
class PlayedRouting:
    """Routing as a test says it is. `parts` are answers by petition id; `topics` the codes that it has, None: it is away."""

    parts: dict[str, Mapping[str, Any]] | None = None
    contest: Mapping[str, Any] = field(default_factory=lambda: {"is_possible": True, "until": "2026-12-23"})
    topics: tuple[str, ...] | None = None
    contested: list[str] | None = None
    """Of each contest that came in, whether it says that there is no answer in time; None: it is away."""
    tokens: list[str] = field(default_factory=list)
    url: str = ""

    async def answers(self, request: Request) -> Response:
        self.tokens.append(request.headers["Authorization"])
        if self.parts is None:
            return JSONResponse({}, status_code=AWAY)
        ids = (await request.json())["petition_ids"]
        return JSONResponse({"answers": {}, "parts": {key: self.parts[key] for key in ids if key in self.parts}})

    async def contestable(self, _request: Request) -> Response:
        return JSONResponse(dict(self.contest))

    async def take_contest(self, request: Request) -> Response:
        if self.contested is None:
            return JSONResponse({}, status_code=AWAY)
        self.contested.append(request.query_params["overdue"])
        return JSONResponse({"procedure": "complaint.first", "state": "accepted"})

    async def known_topics(self, _request: Request) -> Response:
        if self.topics is None:
            return JSONResponse({}, status_code=AWAY)
        items = [{"code": code, "vi": code, "en": code, "is_physical": True} for code in self.topics]
        return JSONResponse({"version": "1", "items": items})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve below /routing on a free port."""
        app = Starlette(
            routes=[
                Route("/routing/api/internal/answers", self.answers, methods=["POST"]),
                Route("/routing/api/internal/petitions/{petition_id}/contest", self.contestable, methods=["GET"]),
                Route("/routing/api/internal/petitions/{petition_id}/contest", self.take_contest, methods=["POST"]),
                Route("/routing/api/topics", self.known_topics, methods=["GET"]),
            ]
        )
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
        listener = server.config.bind_socket()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await wait_until(lambda: server.started)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/routing"
        yield
        server.should_exit = True
        await running
        listener.close()
