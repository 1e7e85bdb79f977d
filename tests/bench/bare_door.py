"""The bare limit: a door that writes petition, event and outbox row in one transaction, request by request, and nothing else.

No validation, no idempotency, no encryption, no publishing. Run: ``python -m tests.bench.bare_door URL PORT``
"""

import os
import sys
from contextlib import closing
from uuid import uuid4

import asyncpg
import orjson
from starlette.types import Receive, Scope, Send

from deploy.local.hosting import listening, run, serve

POOL_SIZE = 8
TABLES = """
    CREATE TABLE petitions (id uuid PRIMARY KEY, code text NOT NULL UNIQUE, body text NOT NULL, lodged_at timestamptz NOT NULL);
    CREATE TABLE events (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL UNIQUE, body text NOT NULL);
    CREATE TABLE outbox (seq bigint PRIMARY KEY);
"""
_PETITION = "INSERT INTO petitions (id, code, body, lodged_at) VALUES ($1, $2, $3, now())"
_EVENT = "INSERT INTO events (id, body) VALUES ($1, $2) RETURNING seq"
_OUTBOX = "INSERT INTO outbox (seq) VALUES ($1)"


class BareDoor:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        petition = orjson.loads(body)
        petition_id, code = uuid4(), os.urandom(8).hex()
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_PETITION, petition_id, code, body.decode())
            said = orjson.dumps({"code": code, "kind": petition["kind"]}).decode()
            seq = await connection.fetchval(_EVENT, uuid4(), said)
            await connection.execute(_OUTBOX, seq)
        answer = orjson.dumps({"code": code, "petition_id": petition_id})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def work(url: str, port: int) -> None:
    async with asyncpg.create_pool(url, min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
        with closing(listening("127.0.0.1", port)) as listener:
            await serve(BareDoor(pool), listener)


if __name__ == "__main__":
    run(work(sys.argv[1], int(sys.argv[2])))
