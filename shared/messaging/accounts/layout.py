"""Which accounts there are, what each exports and imports, and what an agency's clients may do. Pure.

Three accounts are ours: the operator signs them, SYS watches the server, CORE holds the streams. An agency's account imports the
events of its own office, as a source for its one stream, and the subject of its own commands. Nothing else is in it.

Invariant: the office is in the subject of each import, and an account's claims are signed by us alone, so what an agency's
clients write into a request can never widen what they get.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.envelope import SUBJECT_ROOT
from shared.messaging.accounts.claims import VERSION, signed
from shared.messaging.accounts.keys import Key, Kind, Secret

SOURCE_STREAM = "PETITIONS"
AGENCY_STREAM = "AGENCY"
COMMANDS = "agency"
DELIVERY = "deliver"
SERVICES_USER = "services"
GENERATION = "caunoi-generation"
"""Of the metadata of an agency's stream: which life of PETITIONS it takes its events from."""

CONNECTIONS_MAX = 20
SUBSCRIPTIONS_MAX = 200
CONSUMERS_MAX = 50
COMMAND_BYTES_MAX = 128 * 1024
STREAM_MESSAGES_MAX = 2_000_000

_ANY_SOURCE = f"$JS.API.CONSUMER.CREATE.{SOURCE_STREAM}.*."
_FLOW = f"$JS.FC.{SOURCE_STREAM}.>"
_UNLIMITED = -1
_NO_LIMITS = {
    "subs": _UNLIMITED,
    "data": _UNLIMITED,
    "payload": _UNLIMITED,
    "imports": _UNLIMITED,
    "exports": _UNLIMITED,
    "wildcards": True,
    "conn": _UNLIMITED,
    "leaf": 0,
}
_ALL_OF_JETSTREAM = {"mem_storage": _UNLIMITED, "disk_storage": _UNLIMITED, "streams": _UNLIMITED, "consumer": _UNLIMITED}


def events_of(office: str) -> str:
    """Return the subjects of an office's events: ``petitions.<service>.<noun>.<verb>.<version>.<office>.<id>``."""
    return f"{SUBJECT_ROOT}.*.*.*.*.{office}.>"


def source_api(generation: str) -> str:
    """Return the prefix under which an agency's account knows CORE's JetStream.

    `generation` names one life of the stream PETITIONS. A stream made anew counts from one again, and a source that goes on from
    the old count would miss what is before it; another prefix is another source, which begins where it is told to.
    """
    return f"JS.CORE.{generation}.API"


def may_publish(office: str) -> list[str]:
    """Return what an agency's client may publish: requests about its own consumers, acknowledgements, its own commands."""
    api, stream = "$JS.API", AGENCY_STREAM
    return [
        f"{api}.INFO",
        f"{api}.STREAM.INFO.{stream}",
        f"{api}.STREAM.NAMES",
        f"{api}.STREAM.LIST",
        f"{api}.CONSUMER.CREATE.{stream}.>",
        f"{api}.CONSUMER.CREATE.{stream}",
        f"{api}.CONSUMER.DURABLE.CREATE.{stream}.*",
        f"{api}.CONSUMER.INFO.{stream}.*",
        f"{api}.CONSUMER.NAMES.{stream}",
        f"{api}.CONSUMER.LIST.{stream}",
        f"{api}.CONSUMER.MSG.NEXT.{stream}.*",
        f"{api}.CONSUMER.DELETE.{stream}.*",
        f"{api}.CONSUMER.PAUSE.{stream}.*",
        f"{api}.CONSUMER.UNPIN.{stream}.*",
        f"$JS.ACK.{stream}.>",
        f"{COMMANDS}.{office}.>",
    ]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Public names of our own accounts."""

    core: str
    system: str


@dataclass(frozen=True, slots=True)
class Signers:
    """The keys of day-to-day signing, made from the signing secret.

    `scoped` signs the clients of agencies: what they may do stands in their account's claims, not in their token, so that it can
    be changed for all of them at once. `own` signs our own short-lived users in an agency's account, who see to its stream.
    """

    operator: Key
    core: Key
    system: Key
    scoped: Key
    own: Key

    @classmethod
    def of(cls, secret: Secret) -> "Signers":
        return cls(
            operator=secret.key(Kind.OPERATOR, "operator"),
            core=secret.key(Kind.ACCOUNT, "core"),
            system=secret.key(Kind.ACCOUNT, "system"),
            scoped=secret.key(Kind.ACCOUNT, "agencies"),
            own=secret.key(Kind.ACCOUNT, "agencies-own"),
        )


@dataclass(frozen=True, slots=True)
class Agency:
    """What the claims of an agency's account are made of. `revoked` are public keys with the instant that ended them."""

    office: str
    account: str
    generation: str
    revoked: Mapping[str, datetime] = field(default_factory=dict)


def operator_token(identity: Secret, signers: Signers, accounts: Accounts, *, now: datetime) -> str:
    """Return what nats-server trusts: who the operator is, by which key accounts are signed, which account is SYS."""
    operator = identity.key(Kind.OPERATOR, "operator")
    nats = {"signing_keys": [signers.operator.public], "system_account": accounts.system, "type": "operator", "version": VERSION}
    return signed({"name": "caunoi", "sub": operator.public, "nats": nats}, operator, now=now)


def accounts_of(identity: Secret) -> Accounts:
    """Return the names of CORE and SYS: they stay the same whatever signs for them."""
    return Accounts(identity.key(Kind.ACCOUNT, "core").public, identity.key(Kind.ACCOUNT, "system").public)


def system_token(accounts: Accounts, signers: Signers, *, now: datetime) -> str:
    """Return the claims of SYS."""
    nats = {"limits": _NO_LIMITS, "signing_keys": [signers.system.public], "type": "account", "version": VERSION}
    return signed({"name": "SYS", "sub": accounts.system, "nats": nats}, signers.operator, now=now)


def core_token(accounts: Accounts, signers: Signers, *, now: datetime) -> str:
    """Return the claims of CORE: the streams, and what agencies import of them, each its own office's part."""
    nats = {
        "limits": {**_NO_LIMITS, **_ALL_OF_JETSTREAM},
        "signing_keys": [signers.core.public],
        "exports": [
            _export("source", f"{_ANY_SOURCE}{events_of('*')}", "service", response_type="Stream"),
            _export("flow", _FLOW, "service", response_type="Stream"),
            _export("events", f"{DELIVERY}.*.>", "stream"),
            _export("commands", f"{COMMANDS}.*.>", "service", response_type="Singleton"),
        ],
        "type": "account",
        "version": VERSION,
    }
    return signed({"name": "CORE", "sub": accounts.core, "nats": nats}, signers.operator, now=now)


def agency_token(agency: Agency, core: str, signers: Signers, *, scoped: tuple[str, ...], now: datetime) -> str:
    """Return the claims of an agency's account. `scoped` are the public keys whose users are accepted, the newest first."""
    office = agency.office
    source = f"{_ANY_SOURCE}{events_of(office)}"
    here = f"{source_api(agency.generation)}.{source.removeprefix('$JS.API.')}"
    template = {
        "pub": {"allow": may_publish(office)},
        "sub": {"allow": ["_INBOX.>"]},
        "subs": SUBSCRIPTIONS_MAX,
        "data": _UNLIMITED,
        "payload": COMMAND_BYTES_MAX,
    }
    nats = {
        "limits": {
            **_NO_LIMITS,
            "conn": CONNECTIONS_MAX,
            "mem_storage": _UNLIMITED,  # nats-server reserves what an account may have; messages are limited by their number
            "disk_storage": _UNLIMITED,
            "streams": 1,
            "consumer": CONSUMERS_MAX,
        },
        "imports": [
            {"name": "source", "account": core, "subject": source, "local_subject": here, "type": "service"},
            {"name": "flow", "account": core, "subject": _FLOW, "type": "service"},
            {"name": "events", "account": core, "subject": f"{DELIVERY}.{office}.>", "type": "stream"},
            {"name": "commands", "account": core, "subject": f"{COMMANDS}.{office}.>", "type": "service"},
        ],
        "signing_keys": [
            signers.own.public,
            *({"kind": "user_scope", "key": key, "role": "agency", "template": template} for key in scoped),
        ],
        "revocations": {key: int(at.timestamp()) for key, at in sorted(agency.revoked.items())},
        "type": "account",
        "version": VERSION,
    }
    return signed({"name": f"AGENCY-{office}", "sub": agency.account, "nats": nats}, signers.operator, now=now)


def client_token(office: str, account: str, public_key: str, signers: Signers, *, now: datetime) -> str:
    """Return the token of an agency's client. It says who he is; what he may do stands in the account."""
    nats = {"issuer_account": account, "type": "user", "version": VERSION}
    return signed({"name": office, "sub": public_key, "nats": nats}, signers.scoped, now=now)


def own_user(account: str, user: Key, by: Key, *, name: str, now: datetime, ends_at: datetime | None = None) -> str:
    """Return the token of a user of ours who may do anything in `account`, until `ends_at` where that is given."""
    nats: dict[str, Any] = {"issuer_account": account, "type": "user", "version": VERSION}
    nats |= {"subs": _UNLIMITED, "data": _UNLIMITED, "payload": _UNLIMITED, "pub": {}, "sub": {}}
    claims: dict[str, Any] = {"name": name, "sub": user.public, "nats": nats}
    if ends_at is not None:
        claims["exp"] = int(ends_at.timestamp())
    return signed(claims, by, now=now)


def _export(name: str, subject: str, kind: str, **more: str) -> dict[str, str]:
    return {"name": name, "subject": subject, "type": kind, **more}
