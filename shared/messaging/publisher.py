"""Publishing events into the streams, in order and durably.

With ``sync_interval: always`` nats-server syncs once per message; an atomic batch (ADR-50) syncs four times however many messages
it has, and is stored whole or not at all. So a few events go one by one, more go as batches.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from uuid import uuid4

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError

from shared.kernel.refusals import Trouble
from shared.persistence.ledger import StoredEvent

SINGLES_MAX = 4
BATCH_MAX = 1000
PUBLISH_TIMEOUT_SECONDS = 5.0


class Publisher:
    """Publishes stored events with their ids as `Nats-Msg-Id`, so that a repeat within the window is dropped by the server."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def publish(self, events: Sequence[StoredEvent]) -> None:
        """Publish `events` in order; return when nats-server has synced them. Raises Trouble; then some may be published."""
        try:
            for _, group in groupby(events, key=lambda event: event.envelope.is_sealed):  # a batch stays within one stream
                await self._publish_to_one_stream(list(group))
        except (NatsError, OSError, TimeoutError) as error:
            raise Trouble(f"nats-server does not take events: {type(error).__name__} {error}", code="bus_unreachable") from error

    async def _publish_to_one_stream(self, events: list[StoredEvent]) -> None:
        for start in range(0, len(events), BATCH_MAX):
            part = events[start : start + BATCH_MAX]
            if len(part) <= SINGLES_MAX or not await self._as_batch(part):
                await self._one_by_one(part)

    async def _one_by_one(self, events: Sequence[StoredEvent]) -> None:
        """Publish in order; the acknowledgements are awaited together."""
        pending = [
            self._js.publish(e.envelope.subject, e.body, headers=e.envelope.headers(), timeout=PUBLISH_TIMEOUT_SECONDS)
            for e in events
        ]
        for result in await asyncio.gather(*pending, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _as_batch(self, events: Sequence[StoredEvent]) -> bool:
        """Publish atomically. Returns False where the server refused the batch, for example since it knows one of the ids."""
        connection, batch_id = self._js._nc, uuid4().hex  # noqa: SLF001 - nats-py has no call for atomic batches yet
        for place, event in enumerate(events[:-1], start=1):
            await connection.publish(event.envelope.subject, event.body, headers=_headers(event, batch_id, place))
        last = _headers(events[-1], batch_id, len(events)) | {"Nats-Batch-Commit": "1"}
        try:
            await self._js.publish(events[-1].envelope.subject, events[-1].body, headers=last, timeout=PUBLISH_TIMEOUT_SECONDS)
        except APIError:
            return False
        return True


def _headers(event: StoredEvent, batch_id: str, place: int) -> dict[str, str]:
    headers = event.envelope.headers()
    headers["Nats-Batch-Id"] = batch_id
    headers["Nats-Batch-Sequence"] = str(place)
    return headers
