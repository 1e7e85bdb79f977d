"""Doors for operators: which offices' own systems take part over NATS, and with which credentials.

The secret half of a key is made by who asks and never sent; what is answered is a token, which is no secret.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.notify.domain.agencies import OVERLAP_MAX, NotSetUp
from services.notify.handlers import agencies as handlers
from services.notify.handlers.agencies import Asked, OnServer
from services.notify.store import agencies as store
from services.notify.store.agencies import Credentials, Registered
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.messaging.accounts.authority import Authority
from shared.messaging.accounts.keys import Kind, is_public
from shared.messaging.accounts.layout import AGENCY_STREAM
from shared.persistence import Database
from shared.telemetry import current_traceparent
from shared.web import requires

LABEL_CHARACTERS_MAX = 100
OVERLAP_HOURS_MAX = int(OVERLAP_MAX / timedelta(hours=1))

Operator = Annotated[Principal, Depends(requires(Role.OPERATOR))]
Looker = Annotated[Principal, Depends(requires(Role.OPERATOR, Role.AUDITOR))]
Office = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9-]+$", description="code of the office", examples=["hanoi-so-xd"])]


def _users_key(written: str) -> str:
    if not is_public(written, Kind.USER):
        raise PydanticCustomError("users_key", "this is no public key of a user of NATS (it begins with U and has 56 characters)")
    return written


@dataclass(frozen=True, slots=True)
class AgencyDoors:
    """Everything these doors may use. `authority` None: nats-server has no accounts. `tell` says whether the server was told."""

    database: Database
    clock: Clock
    authority: Authority | None
    on_server: OnServer
    tell: Callable[[str], Awaitable[bool]]


class Registration(BaseModel):
    """The office whose own system is to take part."""

    model_config = ConfigDict(extra="forbid")

    office: str = Field(max_length=64, description="code of the directory", examples=["hanoi-so-xd"])


class CredentialsRequest(BaseModel):
    """A public key, and what becomes of the credentials that are there."""

    model_config = ConfigDict(extra="forbid")

    public_key: Annotated[str, AfterValidator(_users_key)] = Field(
        max_length=64,
        description="public half of an nkey of a user; keep the secret half",
        examples=["UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"],
    )
    label: str | None = Field(
        default=None, max_length=LABEL_CHARACTERS_MAX, pattern=r"^[\w ./-]*$", description="what they are for"
    )
    others_end_in_hours: int | None = Field(
        default=None, ge=0, le=OVERLAP_HOURS_MAX, description="end all other credentials after so long; 0: at once; null: never"
    )


class CredentialsAnswer(BaseModel):
    """Credentials without anything secret. `ends_at`: newer ones take their place then."""

    id: UUID
    public_key: str
    label: str | None
    issued_at: datetime
    issued_by: str
    ends_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    last_seen_at: datetime | None
    is_connected: bool


class StreamAnswer(BaseModel):
    """The agency's stream as nats-server had it a few seconds ago; `behind` counts events that it has not taken yet."""

    name: str = AGENCY_STREAM
    messages: int
    stored_bytes: int
    consumers: int
    behind: int | None


class AgencyAnswer(BaseModel):
    """An agency. `is_in_force`: nats-server knows everything; else it is told as soon as it answers."""

    office: str
    name_vi: str | None
    name_en: str | None
    account: str
    registered_at: datetime
    registered_by: str
    is_in_force: bool
    stream: StreamAnswer | None
    credentials: list[CredentialsAnswer]


class Agencies(BaseModel):
    items: list[AgencyAnswer]


class Issued(BaseModel):
    """New credentials: with the secret half of the key the token makes a `.creds` file. The token alone is no secret."""

    id: UUID
    office: str
    account: str
    public_key: str
    token: str
    is_in_force: bool


class Revoked(BaseModel):
    """Which credentials were good until now. `is_in_force` false: nats-server did not answer and is told as soon as it does."""

    revoked: list[UUID]
    is_in_force: bool


def agencies_router(doors: AgencyDoors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["agencies"])
    _looking(router, doors)
    _changing(router, doors)
    return router


def _looking(router: APIRouter, doors: AgencyDoors) -> None:
    @router.get("/agencies")
    async def every(_reader: Looker) -> Agencies:
        """List the offices whose own systems take part, with their credentials and when each was last seen."""
        async with doors.database.reading() as connection:
            registered = await store.every(connection)
            held = await store.credentials_of(connection, [one.office for one in registered])
        return Agencies(items=[_agency(doors.on_server, one, held[one.office]) for one in registered])

    @router.get("/agencies/{office}")
    async def show(office: Office, _reader: Looker) -> AgencyAnswer:
        """Show one of them."""
        return await _shown(doors, office)


def _changing(router: APIRouter, doors: AgencyDoors) -> None:
    @router.post("/agencies", status_code=HTTPStatus.CREATED)
    async def register(asked: Registration, operator: Operator) -> AgencyAnswer:
        """Let an office's own system take part; where it does already nothing changes."""
        authority = _set_up(doors)
        async with doors.database.transaction() as tx:
            await handlers.register(tx, asked.office, account=authority.new_account(), asked=_asked(doors, operator))
        await doors.tell(asked.office)
        return await _shown(doors, asked.office)

    @router.post("/agencies/{office}/credentials", status_code=HTTPStatus.CREATED)
    async def issue(office: Office, asked: CredentialsRequest, operator: Operator) -> Issued:
        """Issue credentials to who holds the secret half of a key; the same key gets the same. May end the others."""
        authority = _set_up(doors)
        others = None if asked.others_end_in_hours is None else timedelta(hours=asked.others_end_in_hours)
        async with doors.database.transaction() as tx:
            given = await handlers.issue(
                tx, office, asked.public_key, label=asked.label, others_end_in=others, asked=_asked(doors, operator)
            )
        is_in_force = await doors.tell(office)
        account = (await _registered(doors, office)).account
        token = authority.token_of(office, account, given.public_key, issued_at=given.issued_at)
        return Issued(
            id=given.id, office=office, account=account, public_key=given.public_key, token=token, is_in_force=is_in_force
        )

    @router.post("/agencies/{office}/credentials/{credentials_id}/revoke")
    async def revoke(office: Office, credentials_id: UUID, operator: Operator) -> Revoked:
        """End credentials at once: nats-server cuts who is connected with them and lets nobody in."""
        return await _revoke(doors, office, credentials_id, operator)

    @router.post("/agencies/{office}/revoke")
    async def revoke_all(office: Office, operator: Operator) -> Revoked:
        """End all credentials of an agency at once; its stream and its consumers stay for new ones."""
        return await _revoke(doors, office, None, operator)


async def _revoke(doors: AgencyDoors, office: str, credentials_id: UUID | None, operator: Principal) -> Revoked:
    _set_up(doors)
    async with doors.database.transaction() as tx:
        revoked = await handlers.revoke(tx, office, credentials_id, asked=_asked(doors, operator))
    return Revoked(revoked=[one.id for one in revoked], is_in_force=await doors.tell(office))


def _set_up(doors: AgencyDoors) -> Authority:
    if doors.authority is None:
        raise NotSetUp("nats-server has no accounts, or notify no key to sign them with")
    return doors.authority


def _asked(doors: AgencyDoors, operator: Principal) -> Asked:
    return Asked(operator.actor, doors.clock.now(), current_traceparent())


async def _registered(doors: AgencyDoors, office: str) -> Registered:
    async with doors.database.reading() as connection:
        found = await store.one(connection, office)
    return handlers.there(found, office)


async def _shown(doors: AgencyDoors, office: str) -> AgencyAnswer:
    async with doors.database.reading() as connection:
        found = handlers.there(await store.one(connection, office), office)
        held = (await store.credentials_of(connection, [office]))[office]
    return _agency(doors.on_server, found, held)


def _agency(on_server: OnServer, one: Registered, held: Sequence[Credentials]) -> AgencyAnswer:
    stream = on_server.streams.get(one.account)
    return AgencyAnswer(
        office=one.office,
        name_vi=one.name_vi,
        name_en=one.name_en,
        account=one.account,
        registered_at=one.registered_at,
        registered_by=one.registered_by,
        is_in_force=one.in_force_at is not None,
        stream=StreamAnswer(
            messages=stream.messages, stored_bytes=stream.stored_bytes, consumers=stream.consumers, behind=stream.behind
        )
        if stream
        else None,
        credentials=[_credentials(on_server, given) for given in held],
    )


def _credentials(on_server: OnServer, given: Credentials) -> CredentialsAnswer:
    names = ("id", "public_key", "label", "issued_at", "issued_by", "ends_at", "revoked_at", "revoked_by", "last_seen_at")
    is_connected = given.public_key in on_server.connected
    return CredentialsAnswer(**{name: getattr(given, name) for name in names}, is_connected=is_connected)
