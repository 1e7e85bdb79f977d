"""Who is denounced is named: from then on competence looks at him, and officers of other offices than his may deal with it.

Where he leads the office that has it, or the one above that, it goes at once to who is competent (Decree 31/2019 art. 5).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.routing.domain.competence import DENUNCIATION, Basis, Route, is_denounced, route
from services.routing.domain.evolving import evolve
from services.routing.domain.facts import Transferred
from services.routing.handlers.acting import may_act
from services.routing.handlers.rerouting import Rules
from services.routing.handlers.saying import By, about, events_of
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from services.routing.wire.acts import facts_said
from services.routing.wire.events import zone_of
from shared.contracts import EventBody
from shared.contracts.procedure import DenouncedNamedV1
from shared.contracts.words import Rank
from shared.identity import Principal
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction

DENOUNCED_OFFICE = "denounced_office"


@dataclass(frozen=True, slots=True)
class NameDenounced:
    """The command: of which denunciation, to which office he belongs and with what rank, by which head or leader."""

    code: str
    against: str
    rank: Rank
    by: Principal
    now: datetime
    traceparent: str | None


async def name_denounced(tx: Transaction, wanted: NameDenounced, rules: Rules) -> str:
    """Name him; return the office that has it then. Raises Unknown, Refused: no denunciation, no such office."""
    petition = await store.by_code(tx.connection, wanted.code, for_update=True)
    if petition is None or not may_act(petition, wanted.by, rules.directory, now=wanted.now):
        raise Unknown("no petition has this code", code="petition_not_found")
    if petition.kind != DENUNCIATION:
        raise Refused("only a denunciation denounces somebody", code="names_nobody")
    office = rules.directory.get(wanted.against)
    if office is None or office.jurisdiction != petition.jurisdiction:
        raise Refused("there is no such office", code="unknown_office", facts={"office": wanted.against})
    if (petition.against, petition.against_rank) == (wanted.against, wanted.rank):
        return petition.office
    named = replace(petition, against=wanted.against, against_rank=str(wanted.rank))
    await store.name_denounced(tx.connection, petition.id, against=wanted.against, rank=wanted.rank)
    body = DenouncedNamedV1(office=petition.office, against=wanted.against, against_rank=wanted.rank)
    said: list[tuple[EventBody, str]] = [(body, petition.office)]
    by, version = _by(wanted), petition.version + 1
    moved = _away_from_him(named, rules, wanted.now)
    if moved is not None:
        after = evolve(named.case(), moved, rules.procedures[named.procedure])
        more = facts_said(moved, about(named), None, None)
        version = await store.save(tx.connection, petition.id, after, effective_at=wanted.now, said=len(more))
        said += more
    tx.emit(events_of(petition, said, version, by))
    return moved.route.office if moved else petition.office


def _by(wanted: NameDenounced) -> By:
    return By(wanted.by.actor, wanted.now, wanted.now, wanted.traceparent, wanted.by.authority)


def _away_from_him(petition: Petition, rules: Rules, now: datetime) -> Transferred | None:
    """Return how it leaves an office that he leads or that is below his; None where it need not."""
    today = now.astimezone(zone_of(petition.jurisdiction)).date()
    question = petition.question
    if not is_denounced(petition.office, question, directory=rules.directory, today=today):
        return None
    found = route(question, tables=rules.tables, directory=rules.directory, today=today)
    if found is None:
        raise Refused("nobody in the city may have it", code="nobody_above", facts={"office": petition.office})
    to = Route(found.office, found.superiors, Basis.TRANSFER, found.rule, found.table_version)
    return Transferred(petition.office, to, DENOUNCED_OFFICE, is_assignment=True)
