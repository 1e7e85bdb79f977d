"""An officer acts: guarded by right, state, version and time; one event; the same key gets the same answer.

Where the time that he states lies further back than one person alone may say, or the procedure wants two, the act becomes a
proposal for a second person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from services.routing.domain.case import Case
from services.routing.domain.commands import Command
from services.routing.domain.deciding import ACT_OF, decide
from services.routing.domain.definition import Need, Procedure
from services.routing.domain.directory import Directory
from services.routing.domain.entry import Bounds, Stated, needs_second
from services.routing.domain.evolving import evolve
from services.routing.domain.facts import Accepted, Answered, Classified, Fact
from services.routing.handlers.merging import Together, count, followers, together, with_lead
from services.routing.handlers.rerouting import Rules, with_route
from services.routing.handlers.saying import By, about, events_of
from services.routing.store import answers, proposals, topics
from services.routing.store import petitions as store
from services.routing.store.answers import StoredAct
from services.routing.store.petitions import Petition
from services.routing.store.proposals import Proposal
from services.routing.wire.acts import facts_said
from services.routing.wire.answers import kept
from services.routing.wire.events import zone_of
from shared.contracts.procedure import EntryV1
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction

Answer = Mapping[str, object]

APPROVAL, STATED_TIME = "approval", "stated_time"
"""Why an act waits for a second person."""


@dataclass(frozen=True, slots=True)
class OfficersAct:
    """The command, with who acts, on which version, and when. Of a route only the office is given.

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
class Seen:
    """A petition as it was locked, and as its procedure sees it; `members` are those on which the act is done too.

    `requests` are what the points of an answer to it answer.
    """

    petition: Petition
    case: Case
    members: Sequence[Petition] = ()
    requests: Sequence[str] = ()


async def act(tx: Transaction, wanted: OfficersAct, rules: Rules) -> Answer:
    """Do it; return what the officer is answered, the same again for the same key.

    Raises Unknown (not there and not yours look the same), and Refused: version_conflict with the present state, or why the act
    is not possible, with its article.
    """
    group = await together(tx, wanted.code, wanted.command)
    repeated = await _repeated(tx, wanted)
    if repeated is not None:
        return repeated
    if group is None or not _is_theirs(group.petition, wanted, rules):
        raise Unknown("no petition has this code", code="petition_not_found")
    petition = group.petition
    case = petition.case(await store.evidence_of(tx.connection, petition.id))
    by = rules.procedures[case.procedure]
    if wanted.version is not None and wanted.version != petition.version:
        facts = {"version": petition.version, "state": case.state, "possible": list(case.possible(by))}
        raise Refused("somebody acted in the meantime", code="version_conflict", facts=facts)
    fact = _decided(wanted, group, case, rules)
    actors = (wanted.officer.actor, wanted.confirmed_by)
    members = followers(group, ACT_OF[type(wanted.command)], by, actors)
    why = _why_two(wanted, petition, by, rules)
    if why is not None:
        return await _propose(tx, wanted, petition, case, rules, why=why)
    return await carry_out(tx, wanted, Seen(petition, case, members), fact, rules)


def _decided(wanted: OfficersAct, group: Together, case: Case, rules: Rules) -> Fact:
    """Return what becomes true. Raises Refused: of a merged petition with the code of the one that is to be acted on."""
    other = group.other
    command = with_lead(wanted.command, group, is_theirs=other is not None and _is_theirs(other, wanted, rules))
    command = with_route(command, group.petition, rules, now=wanted.now)
    roles = roles_in(group.petition, wanted.officer)
    try:
        return decide(case, command, rules.procedures[case.procedure], roles=roles)
    except Refused as refused:
        lead = group.lead.code if group.lead else ""
        raise Refused(refused.detail, code=refused.code, facts={"lead": lead, **refused.facts}) from refused


def roles_in(petition: Petition, officer: Principal) -> frozenset[str]:
    """Return the roles in which somebody acts on a petition: at another office than his own a leader is a leader alone."""
    roles = frozenset(map(str, officer.roles))
    return roles if petition.office == officer.office else roles & {str(Role.LEADER)}


def possible_for(petition: Petition, case: Case, officer: Principal, rules: Rules) -> list[str]:
    """Return what somebody may do about a petition as it stands, by his roles in the office that has it."""
    by = rules.procedures[case.procedure]
    return [act for act in case.possible(by) if by.provisions[act].roles & roles_in(petition, officer)]


def _is_theirs(petition: Petition, wanted: OfficersAct, rules: Rules) -> bool:
    is_theirs = may_act(petition, wanted.officer, rules.directory, now=wanted.now)
    return is_theirs and not petition.excludes(wanted.confirmed_by)


def may_act(petition: Petition, officer: Principal, directory: Directory, *, now: datetime) -> bool:
    """Whether it is in somebody's reach: with the own office, or, for a leader, with one below it; never of who is excluded.

    Who is denounced may be any officer of the office that he belongs to: there its head alone sees it, as long as nobody knows
    who it is. No denunciation is in reach of an office's own system.
    """
    if officer.is_agency and petition.is_sealed:
        return False
    if petition.excludes(officer.actor) or (petition.is_heads_alone and not officer.has(Role.HEAD, Role.LEADER)):
        return False
    if petition.office == officer.office:
        return True
    today = now.astimezone(zone_of(petition.jurisdiction)).date()
    return officer.has(Role.LEADER) and officer.office in directory.superiors(petition.office, today=today)


async def carry_out(tx: Transaction, wanted: OfficersAct, seen: Seen, fact: Fact, rules: Rules) -> Answer:
    """Write what became true of a petition and of those merged into it, and say it of each."""
    petition = seen.petition
    requests = await _answered_requests(tx, petition, fact, rules)
    after, version = await _write(tx, wanted, replace(seen, requests=requests), fact, rules)
    for member in seen.members:
        await _write(tx, wanted, Seen(member, member.case()), fact, rules)
    await count(tx, fact)
    answer = answer_of(wanted.code, after, rules.procedures[after.procedure], version)
    answer["possible"] = possible_for(replace(petition, office=after.office), after, wanted.officer, rules)
    answer |= {"effects": list(wanted.effects)} if wanted.effects else {}
    await _remember(tx, wanted, StoredAct(petition.id, wanted.digest, version, answer))
    return answer


async def _answered_requests(tx: Transaction, petition: Petition, fact: Fact, rules: Rules) -> Sequence[str]:
    """Return what the points of an answer answer. Of petitions merged into it these are another's words: theirs is the answer."""
    sealed = await answers.requests_of(tx.connection, petition.id) if isinstance(fact, Answered) and fact.points else None
    if sealed is None:
        return ()
    found: list[str] = orjson.loads(rules.cipher.open(sealed, context=petition.id.bytes, is_sealed=petition.is_sealed))
    return found


async def _write(tx: Transaction, wanted: OfficersAct, seen: Seen, fact: Fact, rules: Rules) -> tuple[Case, int]:
    """Write and say it of one petition; return how it stands then, and its version. Of none is it true before it was there."""
    petition, case = seen.petition, seen.case
    by, cipher = rules.procedures[case.procedure], rules.cipher
    stated_at = wanted.stated.effective_at if wanted.stated else wanted.now
    effective_at = max(stated_at, petition.last_act_at or petition.lodged_at) if wanted.stated else stated_at
    after = evolve(case, fact, by)
    if isinstance(fact, Answered):
        after = replace(after, answered_on=effective_at.astimezone(zone_of(petition.jurisdiction)).date())
        sealed = cipher.seal(kept(fact, seen.requests), context=petition.id.bytes, is_sealed=petition.is_sealed)
        await answers.put(tx.connection, petition.id, sealed, now=wanted.now)
    if isinstance(fact, Accepted) and fact.requests:
        sealed = cipher.seal(orjson.dumps(fact.requests), context=petition.id.bytes, is_sealed=petition.is_sealed)
        await answers.put_requests(tx.connection, petition.id, sealed)
    if isinstance(fact, Classified):
        await topics.put(tx.connection, petition.id, fact, now=wanted.now)
    said = facts_said(fact, about(petition), _entry(wanted), wanted.confirmed_by)
    version = await store.save(tx.connection, petition.id, after, effective_at=effective_at, said=len(said))
    tx.emit(events_of(petition, said, version, _by(wanted, petition, by, effective_at)))
    return after, version


def _by(wanted: OfficersAct, petition: Petition, by: Procedure, effective_at: datetime) -> By:
    """Return who does it, and by which of his roles: one that the act asks for, in the office that has the petition."""
    suffices = roles_in(petition, wanted.officer) & by.provisions[ACT_OF[type(wanted.command)]].roles
    who = wanted.officer.acting_as(suffices - {str(Role.OFFICER)} if petition.is_heads_alone else suffices)
    return By(who.actor, effective_at, wanted.now, wanted.traceparent, who.authority)


def _why_two(wanted: OfficersAct, petition: Petition, by: Procedure, rules: Rules) -> str | None:
    """Return why a second person has to confirm, None where nobody needs to, or somebody has."""
    if wanted.confirmed_by is not None:
        return None
    if Need.SECOND_PERSON in by.provisions[ACT_OF[type(wanted.command)]].needs:
        return APPROVAL
    if wanted.stated is None:
        return None
    bounds = Bounds(petition.lodged_at, petition.last_act_at, rules.alone_within)
    return STATED_TIME if needs_second(wanted.stated, bounds, now=wanted.now) else None


async def _propose(tx: Transaction, wanted: OfficersAct, petition: Petition, case: Case, rules: Rules, *, why: str) -> Answer:
    """Keep the act until a second person decides."""
    stated = wanted.stated
    proposal_id = derived(petition.id, "proposal", wanted.officer.subject, wanted.digest.hex(), petition.version)
    proposal = Proposal(
        id=proposal_id,
        petition_id=petition.id,
        code=petition.code,
        act=wanted.act,
        office=petition.office,
        subject=wanted.officer.subject,
        roles=" ".join(sorted(wanted.officer.roles)),
        effective_at=stated.effective_at if stated else None,
        evidence=stated.evidence if stated else None,
        request=rules.cipher.seal(wanted.request, context=proposal_id.bytes, is_sealed=petition.is_sealed),
        is_sealed=petition.is_sealed,
        proposed_at=wanted.now,
        why=why,
    )
    await proposals.put(tx.connection, proposal)
    answer = answer_of(wanted.code, case, rules.procedures[case.procedure], petition.version)
    return answer | {"proposal": str(proposal_id), "waits_for": "second_person", "why": why}


def answer_of(code: str, case: Case, by: Procedure, version: int) -> dict[str, object]:
    """Return what an officer is answered: where the petition stands now."""
    return {
        "code": code,
        "version": version,
        "state": case.state,
        "procedure": case.procedure,
        "office": case.office,
        "possible": list(case.possible(by)),
    }


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
