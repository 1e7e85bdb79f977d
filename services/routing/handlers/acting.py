"""An officer acts: guarded by right, state and version; one event; the same key gets the same answer."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.routing.domain.competence import Basis, Route
from services.routing.domain.directory import Directory
from services.routing.domain.procedure import Accept, Answer, Case, Close, Command, Refuse, Transfer, decide
from services.routing.store import answers
from services.routing.store import petitions as store
from services.routing.store.answers import StoredAct
from services.routing.store.petitions import Petition
from services.routing.wire.events import route_said, zone_of
from shared.contracts import EventBody, NewEvent
from shared.contracts.routing import (
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionTransferredV1,
)
from shared.contracts.words import Role
from shared.identity import EnvelopeCipher, Principal
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction


@dataclass(frozen=True, slots=True)
class OfficersAct:
    """The command, with who acts, on which version, and when. `to_office` is given for a transfer."""

    code: str
    command: Command
    officer: Principal
    version: int | None
    now: datetime
    traceparent: str | None
    key: str | None = None
    digest: bytes = field(default=b"")


@dataclass(frozen=True, slots=True)
class Done:
    """What an act led to."""

    petition_id: UUID
    version: int
    case: Case


def new_route(to_office: str, *, directory: Directory, petition: Petition, now: datetime) -> Route:
    """Return the route of a transfer. Raises Refused where the office does not exist or is closed, naming its successors."""
    today = now.astimezone(zone_of(petition.jurisdiction)).date()
    office = directory.get(to_office)
    if office is None or office.jurisdiction != petition.jurisdiction:
        raise Refused("there is no such office", code="unknown_office", facts={"office": to_office})
    if not office.is_valid_on(today):
        facts = {"office": to_office, "successors": ", ".join(office.successors) or "-"}
        raise Refused("this office is closed", code="closed_office", facts=facts)
    return Route(office.code, tuple(directory.superiors(office.code, today=today)), Basis.TRANSFER)


async def find(tx: Transaction, code: str, officer: Principal) -> Petition:
    """Return the petition, locked. Raises Unknown: not there and not yours look the same."""
    petition = await store.by_code(tx.connection, code, for_update=True)
    if petition is None or petition.office != officer.office or not officer.has(Role.OFFICER, Role.HEAD):
        raise Unknown("no petition has this code", code="petition_not_found")
    return petition


async def act(tx: Transaction, wanted: OfficersAct, *, cipher: EnvelopeCipher, directory: Directory) -> Done:
    """Do it. Raises Unknown, and Refused: version_conflict with the present state, or why the act is not possible."""
    repeated = await _repeated(tx, wanted)
    if repeated is not None:
        return repeated
    petition = await find(tx, wanted.code, wanted.officer)
    case = petition.case(await store.evidence_of(tx.connection, petition.id))
    if wanted.version is not None and wanted.version != petition.version:
        facts = {"version": petition.version, "state": case.state, "possible": list(case.possible())}
        raise Refused("somebody acted in the meantime", code="version_conflict", facts=facts)
    command = wanted.command
    if isinstance(command, Transfer):
        route = new_route(command.route.office, directory=directory, petition=petition, now=wanted.now)
        command = Transfer(route, command.reason)
    after = decide(case, command)
    version = await store.save(tx.connection, petition.id, after)
    if isinstance(command, Answer):
        sealed = cipher.seal(command.text.strip().encode(), context=petition.id.bytes)
        await answers.put(tx.connection, petition.id, sealed, now=wanted.now)
    tx.emit([_event(petition, wanted, _said(command, case, after), version)])
    if wanted.key is not None:
        await answers.put_act(tx.connection, wanted.key, StoredAct(petition.id, wanted.digest, version))
    return Done(petition.id, version, after)


async def _repeated(tx: Transaction, wanted: OfficersAct) -> Done | None:
    """Return the answer to an act that was done under the same key. Raises Refused where the key was for another act."""
    known = await answers.act_of(tx.connection, wanted.key) if wanted.key is not None else None
    if known is None:
        return None
    if known.digest != wanted.digest:
        raise Refused("this Idempotency-Key was used for another act", code="idempotency_key_reused")
    petition = await store.by_code(tx.connection, wanted.code)
    if petition is None or petition.id != known.petition_id:
        raise Unknown("no petition has this code", code="petition_not_found")
    return Done(petition.id, known.version, petition.case())


def _said(command: Command, before: Case, after: Case) -> EventBody:
    match command:
        case Accept():
            return PetitionAcceptedV1(office=before.office)
        case Refuse(ground=ground):
            return PetitionRefusedV1(office=before.office, ground=ground)
        case Transfer(route=route, reason=reason):
            return PetitionTransferredV1(from_office=before.office, reason=reason, route=route_said(route))
        case Answer(text=words, evidence=evidence):
            digest = hashlib.sha256(words.strip().encode()).hexdigest()
            return PetitionAnsweredV1(office=before.office, answer_sha256=digest, evidence=[UUID(item) for item in evidence])
        case Close():
            return PetitionClosedV1(office=before.office, outcome="refused" if after.was_refused else "answered")


def _event(petition: Petition, wanted: OfficersAct, body: EventBody, version: int) -> NewEvent:
    return NewEvent(
        id=derived(petition.id, "routing", "act", version),
        aggregate_id=petition.id,
        body=body,
        effective_at=wanted.now,
        recorded_at=wanted.now,
        actor=wanted.officer.actor,
        correlation_id=petition.correlation_id,
        office=petition.office if not isinstance(body, PetitionTransferredV1) else body.route.office,
        is_sealed=petition.is_sealed,
        traceparent=wanted.traceparent,
    )
