"""An officer acts: guarded by right, state, version and time; one event; the same key gets the same answer.

Where the time that he states lies further back than one person alone may say, the act becomes a proposal for a second person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.routing.domain.commands import Answered, Command, Fact, Transfer, Transferred
from services.routing.domain.competence import Basis, Route
from services.routing.domain.directory import Directory
from services.routing.domain.entry import Bounds, Stated, needs_second
from services.routing.domain.procedure import Case, decide, evolve
from services.routing.store import answers, proposals
from services.routing.store import petitions as store
from services.routing.store.answers import StoredAct
from services.routing.store.petitions import Petition
from services.routing.store.proposals import Proposal
from services.routing.wire.events import fact_said, zone_of
from shared.contracts import NewEvent
from shared.contracts.procedure import EntryV1
from shared.identity import EnvelopeCipher, Principal
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OfficersAct:
    """The command, with who acts, on which version, and when. Of a transfer's route only the office is given.

    `key` is the officer's own idempotency key, `digest` tells whether a repeated request is the same one. `stated` is the time
    at which he says the act became true; None: now. `effects` are what the law says it does to the clocks. `request` is the act
    as it was asked for, kept where it must wait for a second person; `confirmed_by` is that person.
    """

    code: str
    act: str
    command: Command
    officer: Principal
    version: int | None
    now: datetime
    traceparent: str | None
    digest: bytes
    key: str | None = None
    stated: Stated | None = None
    request: bytes = b""
    effects: Sequence[Mapping[str, object]] = ()
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What acting needs: the cipher, the directory, and how far back one person alone may state a time."""

    cipher: EnvelopeCipher
    directory: Directory
    alone_within: timedelta


async def act(tx: Transaction, wanted: OfficersAct, rules: Rules) -> Answer:
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
    if wanted.version is not None and wanted.version != petition.version:
        facts = {"version": petition.version, "state": case.state, "possible": list(case.possible())}
        raise Refused("somebody acted in the meantime", code="version_conflict", facts=facts)
    fact = decide(case, _with_route(wanted, petition, rules.directory))
    if _is_for_two(wanted, petition, rules):
        return await _propose(tx, wanted, petition, case, rules.cipher)
    return await _do(tx, wanted, petition, after=evolve(case, fact), fact=fact, cipher=rules.cipher)


async def _do(
    tx: Transaction, wanted: OfficersAct, petition: Petition, *, after: Case, fact: Fact, cipher: EnvelopeCipher
) -> Answer:
    effective_at = wanted.stated.effective_at if wanted.stated else wanted.now
    version = await store.save(tx.connection, petition.id, after, effective_at=effective_at)
    if isinstance(fact, Answered):
        sealed = cipher.seal(fact.text.encode(), context=petition.id.bytes)
        await answers.put(tx.connection, petition.id, sealed, now=wanted.now)
    tx.emit([_event(petition, wanted, fact, version, effective_at)])
    answer = answer_of(wanted.code, after, version) | ({"effects": list(wanted.effects)} if wanted.effects else {})
    await _remember(tx, wanted, StoredAct(petition.id, wanted.digest, version, answer))
    return answer


def _is_for_two(wanted: OfficersAct, petition: Petition, rules: Rules) -> bool:
    if wanted.stated is None:
        return False
    bounds = Bounds(petition.lodged_at, petition.last_act_at, rules.alone_within)
    return needs_second(wanted.stated, bounds, now=wanted.now) and wanted.confirmed_by is None


async def _propose(tx: Transaction, wanted: OfficersAct, petition: Petition, case: Case, cipher: EnvelopeCipher) -> Answer:
    """Keep the act until a second person decides."""
    stated = wanted.stated
    if stated is None:
        raise Unknown("nothing to propose")
    proposal_id = derived(petition.id, "proposal", wanted.officer.subject, wanted.digest.hex(), petition.version)
    proposal = Proposal(
        id=proposal_id,
        petition_id=petition.id,
        code=petition.code,
        act=wanted.act,
        office=petition.office,
        subject=wanted.officer.subject,
        roles=" ".join(sorted(wanted.officer.roles)),
        effective_at=stated.effective_at,
        evidence=stated.evidence,
        request=cipher.seal(wanted.request, context=proposal_id.bytes),
        proposed_at=wanted.now,
    )
    await proposals.put(tx.connection, proposal)
    return answer_of(wanted.code, case, petition.version) | {"proposal": str(proposal_id), "waits_for": "second_person"}


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


async def _repeated(tx: Transaction, wanted: OfficersAct) -> Answer | None:
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


def _entry(wanted: OfficersAct) -> EntryV1 | None:
    if wanted.stated is None:
        return None
    return EntryV1(
        entered_at=wanted.now,
        entered_by=wanted.officer.actor,
        evidence=wanted.stated.evidence,
        confirmed_by=wanted.confirmed_by,
    )


def _event(petition: Petition, wanted: OfficersAct, fact: Fact, version: int, effective_at: datetime) -> NewEvent:
    return NewEvent(
        id=derived(petition.id, "routing", "act", version),
        aggregate_id=petition.id,
        body=fact_said(fact, _entry(wanted)),
        effective_at=effective_at,
        recorded_at=wanted.now,
        actor=wanted.officer.actor,
        correlation_id=petition.correlation_id,
        office=fact.route.office if isinstance(fact, Transferred) else petition.office,
        is_sealed=petition.is_sealed,
        traceparent=wanted.traceparent,
    )
