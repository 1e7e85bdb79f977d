"""What offices wrote about a petition is read for a purpose, and the reading is said: both or neither.

Of a denunciation the head of the office alone reads, and a leader above (Law on Denunciations art. 47, 49); a second person reads
what he is to confirm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.routing.domain import rights
from services.routing.domain.rights import FIELDS
from services.routing.handlers.acting import may_act, roles_in
from services.routing.handlers.confirming import LASTS, may_decide
from services.routing.handlers.rerouting import Rules
from services.routing.store import answers, proposals
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from services.routing.store.proposals import Proposal
from services.routing.wire.answers import read_kept
from shared.contracts import NewEvent
from shared.contracts.procedure import ContentRevealedV1
from shared.contracts.words import ReadingPurpose
from shared.identity import NotAllowed, Principal, Sealed
from shared.kernel.ids import uuid7
from shared.kernel.refusals import Unknown
from shared.kernel.rights import hidden_from
from shared.persistence import Transaction


@dataclass(frozen=True, slots=True)
class Reveal:
    """The command: which fields of a petition, by whom, for what."""

    code: str
    fields: Sequence[str]
    purpose: ReadingPurpose
    reader: Principal
    now: datetime
    traceparent: str | None


async def reveal(tx: Transaction, wanted: Reveal, rules: Rules) -> Mapping[str, Any]:
    """Return the fields. Raises Unknown (not there and not yours look the same), NotAllowed where the role may not read them."""
    petition = await store.by_code(tx.connection, wanted.code)
    if petition is None or not may_act(petition, wanted.reader, rules.directory, now=wanted.now):
        raise Unknown("no petition has this code", code="petition_not_found")
    hidden = hidden_from(FIELDS, roles_in(petition, wanted.reader), wanted.fields, is_sealed=petition.is_sealed)
    if hidden:
        facts = {"fields": ", ".join(hidden)}
        raise NotAllowed("the role may not read these fields", code="field_not_allowed", facts=facts)
    found = {field: await _read(tx, field, petition, wanted, rules) for field in dict.fromkeys(wanted.fields)}
    tx.emit([_said(wanted, petition)])
    return found


async def _read(tx: Transaction, field: str, petition: Petition, wanted: Reveal, rules: Rules) -> object:
    match field:
        case rights.REQUESTS:
            return await _requests(tx, petition, rules)
        case rights.ANSWER:
            return await _answer(tx, petition, rules)
        case rights.CONTESTED:
            return await _contested(tx, petition, rules)
        case _:
            return [
                _proposed(item, rules)
                for item in await proposals.open_ones(tx.connection, petition.code)
                if item.proposed_at + LASTS > wanted.now and _is_for(item, wanted, rules)
            ]


async def _requests(tx: Transaction, petition: Petition, rules: Rules) -> Sequence[str]:
    opened = _opened(await answers.requests_of(tx.connection, petition.id), petition, rules)
    return list(orjson.loads(opened)) if opened else []


async def _answer(tx: Transaction, petition: Petition, rules: Rules) -> Mapping[str, Any] | None:
    opened = _opened(await answers.latest_of(tx.connection, petition.id), petition, rules)
    return read_kept(opened) if opened else None


async def _contested(tx: Transaction, petition: Petition, rules: Rules) -> Mapping[str, Any] | None:
    """Return what the petition that this one contests asked for, and what it was answered."""
    code = await store.code_of(tx.connection, petition.follows) if petition.follows else None
    first = await store.by_code(tx.connection, code) if code else None
    if first is None:
        return None
    return {"code": code, "requests": await _requests(tx, first, rules), "answer": await _answer(tx, first, rules)}


def _is_for(proposal: Proposal, wanted: Reveal, rules: Rules) -> bool:
    is_own = proposal.subject == wanted.reader.subject
    return is_own or may_decide(proposal, wanted.reader, rules.directory, now=wanted.now)


def _opened(sealed: Sealed | None, petition: Petition, rules: Rules) -> bytes | None:
    if sealed is None:
        return None
    return rules.cipher.open(sealed, context=petition.id.bytes, is_sealed=petition.is_sealed)


def _proposed(proposal: Proposal, rules: Rules) -> dict[str, Any]:
    """Return an act as it was asked for: what the second person confirms."""
    body = rules.cipher.open(proposal.request, context=proposal.id.bytes, is_sealed=proposal.is_sealed)
    return {"proposal": str(proposal.id), "act": proposal.act, "request": orjson.loads(body)}


def _said(wanted: Reveal, petition: Petition) -> NewEvent:
    return NewEvent(
        id=uuid7(wanted.now),
        aggregate_id=petition.id,
        body=ContentRevealedV1(fields=list(wanted.fields), purpose=wanted.purpose),
        effective_at=wanted.now,
        recorded_at=wanted.now,
        actor=wanted.reader.actor,
        authority=wanted.reader.authority,
        correlation_id=petition.correlation_id,
        office=petition.office,
        is_sealed=petition.is_sealed,
        traceparent=wanted.traceparent,
    )
