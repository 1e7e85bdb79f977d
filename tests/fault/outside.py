"""Who listens to the city from outside: an office's own system on its NATS stream, and another's endpoint for webhooks."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy.names import DATABASE, SERVICES
from shared.messaging.accounts.claims import credentials as credentials_file
from shared.messaging.accounts.keys import Key, Kind
from shared.testing import wait_until
from tests.component.notify.receiver import Receiver, receiving
from tests.fault.fleets import Fleet

AGENCY, HOOKED = "hanoi-so-xd", "hanoi-00070"
OPERATOR = "vanhanh"
HEARD_SECONDS_MAX = 60.0
FETCHED_MAX = 500
QUIET_SECONDS = 1.0
CREATED = 201


@dataclass
class Outside:
    """What two offices have got, by nothing but what the city promised them."""

    fleet: Fleet
    credentials: Path
    receiver: Receiver
    secret: str
    _taken: set[UUID] = field(default_factory=set)
    _sent: set[tuple[str, UUID]] = field(default_factory=set)
    _checked: int = 0

    async def has_heard_all(self, petitions: Collection[UUID]) -> None:
        """Wait until both have every event of `petitions` that is theirs; then see that they have no other."""
        wanted = {office: await self._said(petitions, office) for office in (AGENCY, HOOKED)}
        assert all(wanted.values()), "both offices have petitions in every run"
        await wait_until(lambda: self._is_in_stream(wanted[AGENCY]), HEARD_SECONDS_MAX, what="the agency's stream has all")
        await wait_until(lambda: wanted[HOOKED] <= self._hooked(), HEARD_SECONDS_MAX, what="the endpoint has all")
        assert self._taken <= await self._said(None, AGENCY), "no event of another office is in the stream"
        assert self._hooked() <= await self._said(None, HOOKED), "no event of another office is sent to the endpoint"
        assert len(self._sent) == len(self._hooked()), "an event has one webhook-id, however often it is sent"

    async def _is_in_stream(self, wanted: set[UUID]) -> bool:
        self._taken |= {UUID(key) for key in await _everything(self.fleet.nats.url, self.credentials)}
        return wanted <= self._taken

    def _hooked(self) -> set[UUID]:
        """Return the events that the endpoint got; each request is checked once."""
        fresh = self.receiver.got[self._checked :]
        self._checked += len(fresh)
        self._sent |= {(got.id, UUID(got.verified(self.secret)["id"])) for got in fresh}
        return {event for _, event in self._sent}

    async def _said(self, petitions: Collection[UUID] | None, office: str) -> set[UUID]:
        """Return the ids of what was said of an office's petitions: `petitions`, or all; of no denunciation.

        Webhooks do not tell what notify itself says: which notices went out stands in its delivery log.
        """
        told = SERVICES if office == AGENCY else [name for name in SERVICES if name not in ("notify", "audit")]
        postgres = self.fleet.postgres
        connection = await asyncpg.connect(postgres.url_of("postgres", postgres.password, database=DATABASE))
        try:
            found: set[UUID] = set()
            for service in told:
                query = f"SELECT id FROM {service}.events WHERE office = $1 AND NOT is_sealed AND ($2::uuid[] IS NULL OR aggregate_id = ANY($2))"
                found |= {row["id"] for row in await connection.fetch(query, office, petitions and list(petitions))}
            return found
        finally:
            await connection.close()


async def _everything(url: str, credentials: Path) -> Sequence[str]:
    """Return the ids of all events in an agency's stream, read with a stock client."""
    connection = await nats.connect(url, user_credentials=str(credentials), connect_timeout=5)
    try:
        js = connection.jetstream()
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE, inactive_threshold=30)
        heard = await js.pull_subscribe(">", stream="AGENCY", config=config)
        ids: list[str] = []
        while True:
            try:
                messages = await heard.fetch(FETCHED_MAX, timeout=QUIET_SECONDS)
            except TimeoutError:
                return ids
            ids += [(message.headers or {})["ce-id"] for message in messages]
    finally:
        await connection.close()


@asynccontextmanager
async def outside_of(fleet: Fleet) -> AsyncIterator[Outside]:
    """Let two offices listen, one in each way."""
    key = Key.new(Kind.USER)
    async with receiving() as receiver:
        people = fleet.people()
        with closing(people):
            http, operator = people.http, people.bearer(OPERATOR)
            _post(http, "/notify/api/agencies", operator, office=AGENCY)
            issued = _post(http, f"/notify/api/agencies/{AGENCY}/credentials", operator, public_key=key.public)
            hook = _post(http, "/notify/api/webhooks", operator, url=receiver.url, office=HOOKED)
        credentials = fleet.directory / "agency.creds"
        credentials.write_text(credentials_file(issued["token"], key.seed))
        yield Outside(fleet, credentials, receiver, hook["secret"])


def _post(http: httpx.Client, path: str, bearer: dict[str, str], **asked: str) -> dict[str, Any]:
    answer = http.post(path, json=asked, headers=bearer)
    assert answer.status_code == CREATED, answer.text
    made: dict[str, Any] = answer.json()
    return made
