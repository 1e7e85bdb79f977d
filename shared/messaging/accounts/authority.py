"""What the registry of agencies says, nats-server is told here; and what the server says of agencies is asked here.

Invariant: claims go first and the stream second, so that revoking works whatever state the streams are in.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from nats.aio.client import Client
from nats.js import JetStreamContext

from shared.kernel.clock import Clock
from shared.messaging.accounts.agency_stream import ensure_stream, present_generation
from shared.messaging.accounts.keys import Key, Kind, Secret, secrets_in
from shared.messaging.accounts.layout import Accounts, Agency, Signers, agency_token, client_token
from shared.messaging.accounts.server import accounts_in
from shared.messaging.accounts.system import AgencyStream, ServerSystem, connect
from shared.messaging.settings import BusSettings

NO_GENERATION = "g0"
SYSTEM_USER = "system"


class Authority:
    """Signs for agencies and tells nats-server. All calls to the server raise Trouble where it does not answer."""

    def __init__(self, bus: BusSettings, accounts: Accounts, secrets: Sequence[Secret], clock: Clock) -> None:
        self._bus = bus
        self._accounts = accounts
        self._clock = clock
        self._signers = Signers.of(secrets[0])
        self._scoped = tuple(Signers.of(secret).scoped.public for secret in secrets)
        self._core: Client | None = None
        user = secrets[0].key(Kind.USER, SYSTEM_USER)
        self._system = ServerSystem(bus, accounts.system, user=user, by=self._signers.system, clock=clock)

    @classmethod
    def from_files(cls, bus: BusSettings, *, signing_key: Path, accounts_file: Path, clock: Clock) -> "Authority":
        """Read the secrets and the server's accounts. Raises Malformed."""
        return cls(bus, accounts_in(accounts_file), secrets_in(signing_key), clock)

    @property
    def losses(self) -> int:
        """How often the server was lost: afterwards it may know less than it did."""
        return self._system.losses

    @staticmethod
    def new_account() -> str:
        """Return the name of a new account. Its own key is thrown away: others sign for it."""
        return Key.new(Kind.ACCOUNT).public

    async def close(self) -> None:
        """Leave the server."""
        await self._system.close()
        if self._core is not None:
            await self._core.close()
            self._core = None

    def token_of(self, office: str, account: str, public_key: str, *, issued_at: datetime) -> str:
        """Return the token that goes with a public key: the same however often it is asked for."""
        return client_token(office, account, public_key, self._signers, now=issued_at)

    async def put_in_force(self, agency: Agency) -> str:
        """Have the server know all of an agency; return which life of PETITIONS its stream takes its events from."""
        await self._push(agency)
        core = await self._jetstream()
        present = replace(agency, generation=await present_generation(core))
        if present.generation != agency.generation:
            await self._push(present)
        await ensure_stream(self._bus, present, core, by=self._signers.own, now=self._clock.now())
        return present.generation

    async def knows(self, agency: Agency) -> bool:
        """Whether the server has the account as it must be."""
        return await self._system.has(agency.account, self._token(agency))

    async def generation(self) -> str:
        """Return which life of PETITIONS there is."""
        return await present_generation(await self._jetstream())

    @property
    def present(self) -> set[str]:
        """Public keys of the clients that are connected: always the same set, kept as the server tells."""
        return self._system.present

    async def look(self) -> dict[str, AgencyStream]:
        """Return the streams of agencies by account, and count who is connected."""
        await self._system.count_present()
        return await self._system.streams()

    def take_seen(self) -> dict[str, datetime]:
        """Return which clients came or went since this was last asked, and when."""
        seen, self._system.seen = self._system.seen, {}
        return seen

    async def _push(self, agency: Agency) -> None:
        await self._system.push(self._token(agency))

    def _token(self, agency: Agency) -> str:
        return agency_token(agency, self._accounts.core, self._signers, scoped=self._scoped, now=self._clock.now())

    async def _jetstream(self) -> JetStreamContext:
        if self._core is None or self._core.is_closed:
            self._core = await connect(self._bus, self._bus.signing_in(), name="agencies-core", lasting=True)
        return self._core.jetstream()
