"""What is asked of nats-server itself, over its account SYS: take these claims, who is connected, which streams are there.

Invariant: claims are in force with the server that we speak to when `push` returns; it has cut by then whom they revoke.
Others of a cluster hear of them at the same time, one that was cut off within seconds of its return.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import nats
from nats.aio.client import Client, RawCredentials
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.messaging.accounts.claims import credentials, say_the_same
from shared.messaging.accounts.keys import Key
from shared.messaging.accounts.layout import AGENCY_STREAM, GENERATION, own_user
from shared.messaging.settings import BusSettings

ANSWER_SECONDS_MAX = 3.0
QUIET_SECONDS = 0.2  # every server of a cluster answers; after so long without another answer all have
CONNECT_SECONDS_MAX = 3
CONNECTIONS_AT_ONCE = 10_000
RETRY_SECONDS = 0.5
PING_SECONDS = 2
PINGS_OUTSTANDING_MAX = 2  # a server that was cut off closes nothing: nats-py would wait for minutes
FOREVER = -1
T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgencyStream:
    """The stream of an agency as the server has it. `behind` counts events of CORE that it has not taken yet."""

    generation: str | None
    messages: int
    stored_bytes: int
    consumers: int
    behind: int | None


async def connect(
    bus: BusSettings, signing_in: Mapping[str, Any], *, name: str, lasting: bool = False, closed: Callable[[], None] | None = None
) -> Client:
    """Return a connection; a `lasting` one comes back by itself. Raises Trouble where nats-server does not answer."""

    async def quiet(error: Exception) -> None:
        _log.debug("%s: %s", name, error)

    async def told() -> None:
        if closed is not None:
            closed()

    try:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):  # nats-py tries for ever where it may reconnect
            return await nats.connect(
                bus.servers(),
                name=f"caunoi-{name}",
                connect_timeout=CONNECT_SECONDS_MAX,
                allow_reconnect=lasting,
                max_reconnect_attempts=FOREVER if lasting else 1,
                reconnect_time_wait=RETRY_SECONDS,
                ping_interval=PING_SECONDS,
                max_outstanding_pings=PINGS_OUTSTANDING_MAX,
                error_cb=quiet,
                disconnected_cb=told,
                **signing_in,
            )
    except (NatsError, OSError, TimeoutError) as error:
        raise Trouble(f"nats-server does not let us in: {error or type(error).__name__}", code="bus_unreachable") from error


def as_user(account: str, user: Key, by: Key, *, name: str, now: datetime, ends_at: datetime | None = None) -> dict[str, Any]:
    """Return how a user of ours signs in to `account`."""
    token = own_user(account, user, by, name=name, now=now, ends_at=ends_at)
    return {"user_credentials": RawCredentials(credentials(token, user.seed))}


class ServerSystem:
    """One connection to SYS, sought again when it is lost. `seen` collects which users came and went since it was last taken.

    `present` are the users that are connected, as the server told of their coming and going and as it was last asked.
    """

    def __init__(self, bus: BusSettings, account: str, *, user: Key, by: Key, clock: Clock) -> None:
        self._bus = bus
        self._account = account
        self._user = user
        self._by = by
        self._clock = clock
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self.seen: dict[str, datetime] = {}
        self.present: set[str] = set()
        self.losses = 0
        """How often the connection was lost: what was pushed before may be gone since."""

    async def close(self) -> None:
        """Leave."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def push(self, token: str) -> None:
        """Put the claims of an account in force. Raises Trouble where the server does not take them."""
        answer = json.loads(await self._one("$SYS.REQ.CLAIMS.UPDATE", token.encode()))
        if "error" in answer:
            raise Trouble(f"nats-server does not take the account: {answer['error'].get('description')}", code="bus_unreachable")

    async def has(self, account: str, token: str) -> bool:
        """Whether the server has these claims, or ones that say the same. Raises Trouble."""
        found = (await self._one(f"$SYS.REQ.ACCOUNT.{account}.CLAIMS.LOOKUP", b"")).decode()
        return bool(found) and say_the_same(found, token)

    async def streams(self) -> dict[str, AgencyStream]:
        """Return the streams of agencies by account. Raises Trouble."""
        asked = {"accounts": True, "streams": True, "config": True}
        found: dict[str, AgencyStream] = {}
        for data in await self._all("$SYS.REQ.SERVER.PING.JSZ", asked):
            for account in data.get("account_details") or ():
                for stream in account.get("stream_detail") or ():
                    if stream["name"] == AGENCY_STREAM:
                        found[account["id"]] = _stream(stream)
        return found

    async def count_present(self) -> None:
        """Ask which users are connected. Raises Trouble."""
        asked = {"auth": True, "limit": CONNECTIONS_AT_ONCE}
        answers = await self._all("$SYS.REQ.SERVER.PING.CONNZ", asked)
        users = {each.get("authorized_user") for data in answers for each in data.get("connections") or ()}
        self.present.clear()
        self.present.update(user for user in users if user)

    async def _one(self, subject: str, content: bytes) -> bytes:
        client = await self._connected()

        async def ask() -> bytes:
            return (await client.request(subject, content, timeout=ANSWER_SECONDS_MAX)).data

        return await self._asked(ask)

    async def _all(self, subject: str, asked: Mapping[str, object]) -> list[dict[str, Any]]:
        """Ask every server of a cluster."""
        client = await self._connected()

        async def ask() -> list[dict[str, Any]]:
            subscription = await client.subscribe(inbox := client.new_inbox())
            await client.publish(subject, json.dumps(asked).encode(), reply=inbox)
            found = [await subscription.next_msg(timeout=ANSWER_SECONDS_MAX)]
            with suppress(TimeoutError):
                while True:
                    found.append(await subscription.next_msg(timeout=QUIET_SECONDS))
            await subscription.unsubscribe()
            return [json.loads(message.data)["data"] for message in found]

        return await self._asked(ask)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            return await ask()
        except (NatsError, OSError, TimeoutError) as error:
            raise Trouble(f"nats-server does not answer: {type(error).__name__}", code="bus_unreachable") from error

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None or self._client.is_closed:
                how = as_user(self._account, self._user, self._by, name="system", now=self._clock.now())
                self._client = await connect(self._bus, how, name="agencies", lasting=True, closed=self._lost)
                for what in ("CONNECT", "DISCONNECT"):
                    await self._client.subscribe(f"$SYS.ACCOUNT.*.{what}", cb=self._note)
            return self._client

    def _lost(self) -> None:
        self.losses += 1

    async def _note(self, message: Msg) -> None:
        user = (json.loads(message.data).get("client") or {}).get("user")
        if user:
            self.seen[user] = self._clock.now()
            (self.present.add if message.subject.endswith(".CONNECT") else self.present.discard)(user)


def _stream(detail: Mapping[str, Any]) -> AgencyStream:
    sources = detail.get("sources") or [{}]
    return AgencyStream(
        generation=(detail["config"].get("metadata") or {}).get(GENERATION),
        messages=detail["state"]["messages"],
        stored_bytes=detail["state"]["bytes"],
        consumers=detail["state"]["consumer_count"],
        behind=sources[0].get("lag"),
    )
