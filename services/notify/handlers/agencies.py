"""The registry of agencies: each change is written and said in one transaction; nats-server is told after the commit.

Invariant: what is written is what is wanted. However often, and by whoever, nats-server is told, it is told the newest.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.agencies import (
    CREDENTIALS_MAX,
    REPLACED,
    REVOKED,
    KeyTaken,
    NoAgency,
    NoCredentials,
    NoOffice,
    TooMany,
)
from services.notify.store import agencies as store
from services.notify.store import knowledge
from services.notify.store.agencies import Credentials, Registered
from shared.contracts import EventBody, NewEvent
from shared.contracts.notify import AgencyRegisteredV1, CredentialsIssuedV1, CredentialsRevokedV1
from shared.kernel.ids import derived, uuid7
from shared.messaging.accounts.authority import NO_GENERATION, Authority
from shared.messaging.accounts.layout import Agency
from shared.messaging.accounts.system import AgencyStream
from shared.persistence import Database, Transaction

BY_TIME = "service:notify"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, when, in which trace."""

    actor: str
    now: datetime
    traceparent: str | None = None


@dataclass(slots=True)
class OnServer:
    """What nats-server said of agencies a few seconds ago: streams by account, public keys of clients that are connected."""

    streams: Mapping[str, AgencyStream] = field(default_factory=dict)
    connected: AbstractSet[str] = frozenset()


async def register(tx: Transaction, office: str, *, account: str, asked: Asked) -> Registered:
    """Register the system of an office, once. Raises NoOffice where the directory does not have it."""
    if not await knowledge.offices(tx.connection, [office]):
        raise NoOffice("the directory has no such office", facts={"office": office})
    new = Registered(office, account, asked.now, asked.actor, None, None)
    if await store.register(tx.connection, new):
        tx.emit([_event(AgencyRegisteredV1(office=office, account=account), office, "registered", asked)])
    return await _locked(tx, office)


async def issue(
    tx: Transaction, office: str, public_key: str, *, label: str | None, others_end_in: timedelta | None, asked: Asked
) -> Credentials:
    """Issue credentials to who has the secret half of `public_key`; repeated, it is the same. Others end after a while, if asked.

    Raises NoAgency, KeyTaken, TooMany.
    """
    await _locked(tx, office)
    known = await store.credentials_by_key(tx.connection, public_key)
    if known is not None and (known.office != office or known.revoked_at is not None):
        raise KeyTaken("this public key cannot be used any more", facts={"public_key": public_key})
    given = known or Credentials(uuid7(asked.now), office, public_key, label, asked.now, asked.actor)
    if known is None:
        held = (await store.credentials_of(tx.connection, [office]))[office]
        if sum(one.revoked_at is None for one in held) >= CREDENTIALS_MAX:
            raise TooMany("this agency has as many credentials as it may have", facts={"limit": CREDENTIALS_MAX})
        await store.issue(tx.connection, given)
        body = CredentialsIssuedV1(office=office, credentials_id=given.id, public_key=public_key, label=label)
        tx.emit([_event(body, office, given.id, asked)])
    if others_end_in is not None:
        await store.end_others(tx.connection, office, but=given.id, at=asked.now + others_end_in)
        await _end(tx, await store.ended(tx.connection, now=asked.now), asked)
    return given


async def revoke(tx: Transaction, office: str, credentials_id: UUID | None, *, asked: Asked) -> list[Credentials]:
    """Revoke one, or all credentials of an agency; return those that were good. Raises NoAgency, NoCredentials."""
    await _locked(tx, office)
    held = (await store.credentials_of(tx.connection, [office]))[office]
    wanted = [one.id for one in held if credentials_id in (None, one.id)]
    if credentials_id is not None and not wanted:
        raise NoCredentials("this agency has no such credentials")
    return await _revoke(tx, wanted, REVOKED, asked)


async def end_replaced(tx: Transaction, *, now: datetime) -> list[Credentials]:
    """Revoke what newer credentials have taken the place of by now."""
    return await _end(tx, await store.ended(tx.connection, now=now), Asked(BY_TIME, now))


async def put_in_force(database: Database, authority: Authority, office: str, *, now: datetime) -> None:
    """Tell nats-server all there is to know of an agency. Raises Trouble; then it is told again later.

    The agency is locked meanwhile: nobody can tell the server what was true before.
    """
    async with database.transaction() as tx:
        registered = await _locked(tx, office)
        held = (await store.credentials_of(tx.connection, [office]))[office]
        generation = await authority.put_in_force(as_told(registered, held))
        await store.put_in_force(tx.connection, office, generation=generation, at=now)


def as_told(registered: Registered, held: Sequence[Credentials]) -> Agency:
    """Return what nats-server is told of an agency."""
    revoked = {one.public_key: one.revoked_at for one in held if one.revoked_at is not None}
    return Agency(registered.office, registered.account, registered.generation or NO_GENERATION, revoked)


async def _end(tx: Transaction, ended: Sequence[Credentials], asked: Asked) -> list[Credentials]:
    return await _revoke(tx, [one.id for one in ended], REPLACED, asked)


async def _revoke(tx: Transaction, ids: Sequence[UUID], reason: str, asked: Asked) -> list[Credentials]:
    revoked = await store.revoke(tx.connection, ids, by=asked.actor, at=asked.now)
    for one in revoked:
        body = CredentialsRevokedV1(office=one.office, credentials_id=one.id, public_key=one.public_key, reason=reason)
        tx.emit([_event(body, one.office, one.id, asked)])
    for office in {one.office for one in revoked}:
        await store.put_in_force(tx.connection, office, generation=None, at=None)
    return revoked


def there(found: Registered | None, office: str) -> Registered:
    """Return what was found. Raises NoAgency where it is nothing."""
    if found is None:
        raise NoAgency("this office has no agency", facts={"office": office})
    return found


async def _locked(tx: Transaction, office: str) -> Registered:
    return there(await store.lock(tx.connection, office), office)


def _event(body: EventBody, office: str, about: object, asked: Asked) -> NewEvent:
    agency = derived("agency", office)
    return NewEvent(
        id=derived(agency, body.TYPE, about),
        aggregate_id=agency,
        body=body,
        effective_at=asked.now,
        recorded_at=asked.now,
        actor=asked.actor,
        correlation_id=agency,
        office=office,
        traceparent=asked.traceparent,
    )
