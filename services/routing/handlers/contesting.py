"""A petitioner does not agree with the answer: once, in time; then the office above has it, or a second complaint follows.

Intake asks, having proved that it is the petitioner. The same key gets the same answer. What was dealt with
together is so no more: the others keep the answer.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.routing.domain.commands import Contest
from services.routing.domain.deciding import decide
from services.routing.domain.definition import PETITIONER, Act
from services.routing.handlers.acting import Answer, OfficersAct, Seen, carry_out
from services.routing.handlers.merging import release, together
from services.routing.handlers.rerouting import Rules, with_route
from services.routing.handlers.saying import By
from services.routing.store import answers
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from services.routing.wire.events import zone_of
from shared.identity import Principal
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction


@dataclass(frozen=True, slots=True)
class Contesting:
    """Which petition, asked under which key, when; `is_overdue`: its limit has passed without an answer."""

    petition_id: UUID
    key: str
    now: datetime
    traceparent: str | None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Petitioner(Principal):
    """Who lodged it, in the place of an officer."""

    @property
    def actor(self) -> str:
        return PETITIONER


@dataclass(frozen=True, slots=True)
class Possible:
    """Whether an answer can be contested now, and until which day, where a day is known."""

    is_possible: bool
    until: date | None


def possible(petition: Petition, rules: Rules, *, now: datetime) -> Possible:
    """Return whether the answer to a petition can be contested by its petitioner."""
    case, by = petition.case(), rules.procedures[petition.procedure]
    provision = by.provisions.get(Act.CONTEST)
    days = provision.within_days if provision else None
    until = case.answered_on + timedelta(days=days) if case.answered_on and days is not None else None
    try:
        on = now.astimezone(zone_of(petition.jurisdiction)).date()
        decide(case, with_route(Contest(on), petition, rules, now=now), by, roles=frozenset({PETITIONER}))
    except Refused:
        return Possible(is_possible=False, until=until)
    return Possible(is_possible=True, until=until)


async def contest(tx: Transaction, wanted: Contesting, rules: Rules) -> Answer:
    """Return where the petition stands then. Raises Unknown, and Refused: nothing to contest, contested before, too late."""
    code = await store.code_of(tx.connection, wanted.petition_id)
    group = await together(tx, code, Contest(wanted.now.date())) if code else None
    if group is None:
        raise Unknown("no petition has this id", code="petition_not_found")
    petition = group.petition
    known = await answers.act_of(tx.connection, wanted.key)
    if known is not None:
        return known.answer
    case = petition.case()
    on = wanted.now.astimezone(zone_of(petition.jurisdiction)).date()
    command = with_route(Contest(on, is_overdue=wanted.is_overdue), petition, rules, now=wanted.now)
    fact = decide(case, command, rules.procedures[case.procedure], roles=frozenset({PETITIONER}))
    act = OfficersAct(
        code=petition.code,
        act="contest",
        command=command,
        officer=Petitioner(PETITIONER, frozenset()),
        version=None,
        now=wanted.now,
        traceparent=wanted.traceparent,
        digest=b"",
        key=wanted.key,
    )
    await release(tx, group.members, rules.procedures, By(PETITIONER, wanted.now, wanted.now, wanted.traceparent))
    alone = await release(tx, [petition], rules.procedures, By(PETITIONER, wanted.now, wanted.now, wanted.traceparent))
    petition = alone[0] if alone else petition
    return await carry_out(tx, act, Seen(petition, petition.case()), fact, rules)
