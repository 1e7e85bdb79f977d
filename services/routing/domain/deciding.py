"""What follows from an act, by the definition of the petition's procedure. Pure.

An act that is not possible is refused with a code that never changes, the article that says so, and what is possible instead.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from services.routing.domain.answering import answered
from services.routing.domain.case import POOL, Case, is_going_back, pair
from services.routing.domain.commands import (
    Accept,
    Answer,
    Classify,
    Close,
    Command,
    Contest,
    Convert,
    Extend,
    Guide,
    Lead,
    Merge,
    Record,
    Refuse,
    Reopen,
    Resume,
    Return,
    Suspend,
    Terminate,
    Transfer,
    Unmerge,
    Withdraw,
)
from services.routing.domain.competence import Route
from services.routing.domain.definition import Act, Need, Procedure, Provision, State
from services.routing.domain.evolving import CONFIRMED
from services.routing.domain.facts import (
    Accepted,
    Classified,
    Closed,
    Contested,
    Converted,
    Declined,
    Extended,
    Fact,
    Guided,
    Merged,
    Recorded,
    Reopened,
    Resumed,
    Returned,
    Suspended,
    Terminated,
    Transferred,
    Unmerged,
    Withdrawn,
)
from shared.kernel.refusals import Refused

CALLS = frozenset({"dialogue_called", "online_session_called", "commitment_made"})
"""Steps that announce a day: their clocks are counted from it."""
SUPERIOR_DECISION = "superior_decision"
OVER_THE_HEAD, OVER_THE_HEAD_ARTICLE = "over_the_head", "Luật Khiếu nại 02/2011/QH13, Điều 7 khoản 1"
LEADER = "leader"


ACT_OF: Mapping[type[Command], Act] = MappingProxyType(
    {
        Accept: Act.ACCEPT,
        Refuse: Act.REFUSE,
        Guide: Act.GUIDE,
        Transfer: Act.TRANSFER,
        Return: Act.RETURN,
        Convert: Act.CONVERT,
        Classify: Act.CLASSIFY,
        Answer: Act.ANSWER,
        Close: Act.CLOSE,
        Suspend: Act.SUSPEND,
        Resume: Act.RESUME,
        Extend: Act.EXTEND,
        Terminate: Act.TERMINATE,
        Record: Act.RECORD,
        Reopen: Act.REOPEN,
        Merge: Act.MERGE,
        Unmerge: Act.UNMERGE,
        Withdraw: Act.WITHDRAW,
        Contest: Act.CONTEST,
    }
)


def decide(  # noqa: C901, PLR0911 - one return for each act
    case: Case, command: Command, by: Procedure, *, roles: frozenset[str]
) -> Fact:
    """Return what becomes true by `command` of somebody with `roles`. Raises Refused with the article, and what is possible."""
    provision = provided(case, ACT_OF[type(command)], by, roles=roles)
    ground = getattr(command, "ground", None) or getattr(command, "reason", None)
    if provision.grounds and ground not in provision.grounds:
        code = "unlisted_ground" if hasattr(command, "ground") else "unlisted_reason"
        facts = {"ground": ground, "reason": ground, "possible": ", ".join(provision.grounds), "article": provision.article}
        raise Refused("this is no listed ground", code=code, facts=facts)
    match command:
        case Answer():
            return answered(case.office, command, provision, evidence=_evidence_of(case), requests=case.requests)
        case Transfer():
            return _transferred(case, command, roles)
        case Return(route=Route() as route, reason=reason):
            return Returned(case.office, route, reason)
        case Convert():
            return _converted(case, command, provision)
        case Classify():
            return _classified(case, command)
        case Contest():
            return _contested(case, command, provision)
        case Record(step=step, planned_on=planned_on):
            if step in CALLS and planned_on is None:
                raise Refused("a call names the day", code="planned_on_missing", facts={"step": step})
            return Recorded(case.office, step, command.document, planned_on)
        case Merge(lead=Lead() as lead):
            return _merged(case, lead)
        case Unmerge() if case.merged_into is not None:
            return Unmerged(case.office, case.merged_into, falls_away=case.ending is not None)
        case _:
            return _plain(case, command, provision)


def provided(case: Case, act: Act, by: Procedure, *, roles: frozenset[str]) -> Provision:
    """Return the provision for an act now. Raises Refused: the procedure forbids it, not now, or not by these roles."""
    prohibition = by.prohibitions.get(act)
    facts: dict[str, object] = {"act": act, "state": case.state, "possible": ", ".join(case.possible(by)) or "-"}
    if prohibition is not None:
        reasons = {"reason_vi": prohibition.reason_vi, "reason_en": prohibition.reason_en, "article": prohibition.article}
        raise Refused(prohibition.reason_en, code="forbidden_by_law", facts=facts | reasons)
    provision = by.provisions[act]
    facts["article"] = provision.article
    if case.is_unassigned and act not in POOL:
        raise Refused("assign it to the competent office first", code="unassigned", facts=facts)
    if case.state not in provision.sources:
        raise Refused(f"{act} is not possible in state {case.state}", code="not_possible_now", facts=facts)
    obstacle = case.obstacle(act, by)
    if obstacle == OVER_THE_HEAD:
        facts["article"] = OVER_THE_HEAD_ARTICLE
    if obstacle is not None:
        raise Refused(f"{act} is not possible: {obstacle}", code=obstacle, facts=facts)
    if not roles & provision.roles:
        needed = ", ".join(sorted(provision.roles))
        raise Refused(f"{act} needs one of: {needed}", code="right_missing", facts=facts | {"needed": needed})
    if Need.DIALOGUE in provision.needs and not case.steps & {"dialogue_held", "dialogue_unattended"}:
        raise Refused("a dialogue comes first", code="dialogue_missing", facts=facts)
    return provision


def _plain(case: Case, command: Command, provision: Provision) -> Fact:  # noqa: C901, PLR0911 - one return for each act
    match command:
        case Accept(traits=traits, requests=requests):
            if Need.REQUESTS in provision.needs and not requests:
                facts = {"article": provision.article}
                raise Refused("write down what is asked for", code="requests_missing", facts=facts)
            return Accepted(case.office, traits, requests)
        case Refuse(ground=ground):
            return Declined(case.office, ground)
        case Guide(ground=ground, to_body=to_body):
            return Guided(case.office, ground, to_body)
        case Close():
            return Closed(case.office, str(case.ending or State.ANSWERED))
        case Suspend(ground=ground, document=document):
            return Suspended(case.office, ground, document)
        case Resume(document=document):
            return Resumed(case.office, document)
        case Extend():
            return Extended(case.office, command.rule, command.ground, command.amount, command.unit, command.document)
        case Terminate(ground=ground, document=document):
            return Terminated(case.office, ground, document)
        case Reopen(reason=reason):
            return Reopened(case.office, reason)
        case Withdraw():
            return Withdrawn(case.office)
        case _:
            raise TypeError(f"no such command: {type(command).__name__}")


def _contested(case: Case, command: Contest, provision: Provision) -> Contested:
    on, route = command.on, command.route
    is_answered = case.ending is State.ANSWERED
    if not is_answered and not (command.is_overdue and case.ending is None and provision.when_overdue):
        raise Refused("there is nothing to contest", code="nothing_to_contest", facts={"state": case.state})
    if is_answered and provision.within_days is not None and case.answered_on is not None:
        last_on = case.answered_on + timedelta(days=provision.within_days)
        if on > last_on:
            facts = {"until": last_on.isoformat(), "article": provision.article}
            raise Refused("the time to contest is over", code="contested_too_late", facts=facts)
    if provision.target is not None and route is None:
        raise Refused("nobody is above this office", code="nobody_above", facts={"office": case.office})
    return Contested(case.office, route if provision.target is not None else None)


def _merged(case: Case, lead: Lead) -> Merged:
    """Merge into a petition that stands where this one stands: what is done about that one is then right for both."""
    obstacles = (
        ("merge_chain", lead.into is not None, {"lead": lead.into}),
        ("merge_other_office", lead.office != case.office, {"office": lead.office}),
        ("merge_other_procedure", lead.procedure != case.procedure, {"procedure": lead.procedure}),
        ("merge_other_state", lead.state != case.state, {"lead_state": lead.state, "state": case.state}),
    )
    for code, stands, facts in obstacles:
        if stands:
            raise Refused("these two cannot be dealt with together", code=code, facts=facts)
    return Merged(case.office, lead.id)


def _classified(case: Case, command: Classify) -> Classified:
    if case.topic_origin == CONFIRMED and case.topic == command.topic:
        raise Refused("a person said so before", code="classified_before", facts={"topic": case.topic})
    route = command.route if command.route and command.route.office != case.office else None
    return Classified(case.office, command.topic, case.topic, command.is_physical, command.suggested, command.model, route)


def _evidence_of(case: Case) -> tuple[frozenset[str], bool]:
    return case.evidence, case.is_physical


def _transferred(case: Case, command: Transfer, roles: frozenset[str]) -> Transferred:
    route, reason = command.route, command.reason
    if reason == SUPERIOR_DECISION and LEADER not in roles:
        raise Refused("a superior decides that", code="right_missing", facts={"act": Act.TRANSFER, "needed": LEADER})
    if is_going_back(case, route.office) and pair(case.office, route.office) in case.returned and LEADER not in roles:
        raise Refused("it went back once already", code="return_needs_superior", facts={"office": route.office})
    if route.office == case.office and not case.is_unassigned:  # from its pool the reception office may take it itself
        raise Refused("it is with this office already", code="same_office", facts={"office": case.office})
    return Transferred(
        case.office,
        route,
        reason,
        is_assignment=case.is_unassigned,
        decides_first=command.decides_first,
        is_binding=reason == SUPERIOR_DECISION,
    )


def _converted(case: Case, command: Convert, provision: Provision) -> Converted:
    if command.procedure not in provision.into or command.route is None:
        facts = {"procedure": command.procedure, "possible": ", ".join(sorted(provision.into)), "article": provision.article}
        raise Refused("it cannot be converted into this", code="unlisted_procedure", facts=facts)
    return Converted(case.office, command.kind, command.procedure, command.route)
