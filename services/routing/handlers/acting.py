"""An officer acts: guarded by right, state and version; one event; the same key gets the same answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.routing.domain.competence import Basis, Route
from services.routing.domain.directory import Directory
from services.routing.domain.procedure import Answered, Case, Command, Fact, Transfer, Transferred, decide, evolve
from services.routing.store import answers
from services.routing.store import petitions as store
from services.routing.store.answers import StoredAct
from services.routing.store.petitions import Petition
from services.routing.wire.events import fact_said, zone_of
from shared.contracts import NewEvent
from shared.identity import EnvelopeCipher, Principal
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction


@dataclass(frozen=True, slots=True)
class OfficersAct:
    """The command, with who acts, on which version, and when. Of a transfer's route only the office is given.

    `key` is the officer's own idempotency key, `digest` tells whether a repeated request is the same one.
    """

    code: str
    command: Command
    officer: Principal
    version: int
    now: datetime
    traceparent: str | None
    digest: bytes
    key: str | None = None


async def act(tx: Transaction, wanted: OfficersAct, *, cipher: EnvelopeCipher, directory: Directory) -> Mapping[str, object]:
    """Do it; return what the officer is answered, the same again for the same key.

    Raises Unknown (not there and not yours look the same), and Refused: version_conflict with the present state, or why the act
    is not possible.
    """
    petition = await store.by_code(tx.connection, wanted.code, for_update=True)
    repeated = await _repeated(tx, wanted)
    if repeated is not None:
        return repeated
    if petition is None or petition.office != wanted.officer.office:
        raise Unknown("no petition has this code", code="petition_not_found")
    case = petition.case(await store.evidence_of(tx.connection, petition.id))
    if wanted.version != petition.version:
        facts = {"version": petition.version, "state": case.state, "possible": list(case.possible())}
        raise Refused("somebody acted in the meantime", code="version_conflict", facts=facts)
    fact = decide(case, _with_route(wanted, petition, directory))
    after = evolve(case, fact)
    version = await store.save(tx.connection, petition.id, after)
    if isinstance(fact, Answered):
        sealed = cipher.seal(fact.text.encode(), context=petition.id.bytes)
        await answers.put(tx.connection, petition.id, sealed, now=wanted.now)
    tx.emit([_event(petition, wanted, fact, version)])
    answer = answer_of(wanted.code, after, version)
    await _remember(tx, wanted, StoredAct(petition.id, wanted.digest, version, answer))
    return answer


def answer_of(code: str, case: Case, version: int) -> dict[str, object]:
    """Return what an officer is answered: where the petition stands now."""
    return {
        "code": code,
        "version": version,
        "state": case.state,
        "office": case.office,
        "possible": list(case.possible()),
    }


def _with_route(wanted: OfficersAct, petition: Petition, directory: Directory) -> Command:
    """Return the command; a transfer with its whole route. Raises Refused where the office is not there or closed."""
    command = wanted.command
    if not isinstance(command, Transfer):
        return command
    code = command.route.office
    today = wanted.now.astimezone(zone_of(petition.jurisdiction)).date()
    office = directory.get(code)
    if office is None or office.jurisdiction != petition.jurisdiction:
        raise Refused("there is no such office", code="unknown_office", facts={"office": code})
    if not office.is_valid_on(today):
        facts = {"office": code, "successors": ", ".join(office.successors) or "-"}
        raise Refused("this office is not competent today", code="closed_office", facts=facts)
    return Transfer(Route(code, tuple(directory.superiors(code, today=today)), Basis.TRANSFER), command.reason)


async def _repeated(tx: Transaction, wanted: OfficersAct) -> Mapping[str, object] | None:
    """Return the answer to the act that was done under the same key. Raises Refused where the key was for another act."""
    known = await answers.act_of(tx.connection, wanted.key) if wanted.key is not None else None
    if known is None:
        return None
    if known.digest != wanted.digest:
        raise Refused("this Idempotency-Key was used for another act", code="idempotency_key_reused")
    return known.answer


async def _remember(tx: Transaction, wanted: OfficersAct, done: StoredAct) -> None:
    if wanted.key is not None and not await answers.put_act(tx.connection, wanted.key, done, now=wanted.now):
        raise Refused("this Idempotency-Key was used for another act", code="idempotency_key_reused")


def _event(petition: Petition, wanted: OfficersAct, fact: Fact, version: int) -> NewEvent:
    return NewEvent(
        id=derived(petition.id, "routing", "act", version),
        aggregate_id=petition.id,
        body=fact_said(fact),
        effective_at=wanted.now,
        recorded_at=wanted.now,
        actor=wanted.officer.actor,
        correlation_id=petition.correlation_id,
        office=fact.route.office if isinstance(fact, Transferred) else petition.office,
        is_sealed=petition.is_sealed,
        traceparent=wanted.traceparent,
    )
