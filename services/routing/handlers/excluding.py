"""Who has a conflict of interest is excluded from a petition: he neither sees it nor acts on it, in any service.

The denounced himself, his subordinates and relatives (Decree 31/2019 art. 5 and 10(3)); whoever has an interest of his own.
"""

from dataclasses import dataclass
from datetime import datetime

from services.routing.handlers.acting import may_act
from services.routing.handlers.rerouting import Rules
from services.routing.store import petitions as store
from shared.contracts import NewEvent
from shared.contracts.procedure import PersonExcludedV1
from shared.contracts.words import Conflict
from shared.identity import Principal
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction


@dataclass(frozen=True, slots=True)
class Exclude:
    """The command: from which petition, whom (his id at the identity provider), why, by which head or leader."""

    code: str
    subject: str
    why: Conflict
    by: Principal
    now: datetime
    traceparent: str | None


async def exclude(tx: Transaction, wanted: Exclude, rules: Rules) -> None:
    """Exclude somebody; saying so twice changes nothing. Raises Unknown (not there and not yours), Refused for oneself."""
    petition = await store.by_code(tx.connection, wanted.code, for_update=True)
    if petition is None or not may_act(petition, wanted.by, rules.directory, now=wanted.now):
        raise Unknown("no petition has this code", code="petition_not_found")
    if wanted.subject == wanted.by.subject:
        raise Refused("pass it on to your superior instead", code="excludes_oneself")
    person = f"person:{wanted.subject}"
    if petition.excludes(person):
        return
    await store.exclude(tx.connection, petition.id, person)
    tx.emit(
        [
            NewEvent(
                id=derived(petition.id, "excluded", person),
                aggregate_id=petition.id,
                body=PersonExcludedV1(office=petition.office, person=person, why=wanted.why),
                effective_at=wanted.now,
                recorded_at=wanted.now,
                actor=wanted.by.actor,
                authority=wanted.by.authority,
                correlation_id=petition.correlation_id,
                office=petition.office,
                is_sealed=petition.is_sealed,
                traceparent=wanted.traceparent,
            )
        ]
    )
