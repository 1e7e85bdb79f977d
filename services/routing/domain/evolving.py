"""What a petition is after a fact. Pure: the same facts in the same order give the same petition."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from services.routing.domain.case import Case, is_going_back, pair
from services.routing.domain.definition import Act, Procedure, State
from services.routing.domain.facts import (
    Accepted,
    Answered,
    Classified,
    Closed,
    Contested,
    Converted,
    Declined,
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

CONFIRMED = "confirmed"


def evolve(case: Case, fact: Fact, by: Procedure) -> Case:  # noqa: PLR0911 - one return for each fact
    """Return the petition after `fact`."""
    match fact:
        case Accepted(requests=requests):
            return replace(case, state=State.ACCEPTED, requests=len(requests))
        case Transferred() | Returned() | Converted() | Classified():
            return _moved(case, fact)
        case Recorded(step=step):
            return replace(case, steps=case.steps | {step})
        case Resumed() | Reopened():
            return replace(case, state=State.ACCEPTED, ending=None)
        case Merged(into=into):
            return replace(case, merged_into=into)
        case Unmerged(falls_away=falls_away):
            alone = replace(case, merged_into=None)
            return replace(alone, state=State.ACCEPTED, ending=None) if falls_away else alone
        case Withdrawn():
            target = by.provisions[Act.WITHDRAW].target
            return replace(case, state=target, ending=target) if target is not None else case
        case Contested(route=route):
            contested = replace(case, contests=case.contests + 1, merged_into=None)
            if route is None:
                return contested
            moved = replace(contested, state=State.ROUTED, ending=None, office=route.office, basis=route.basis)
            return replace(moved, came_from=None)
        case _:
            return _ended(case, fact)


def _moved(case: Case, fact: Transferred | Returned | Converted | Classified) -> Case:
    """Return the petition where it goes to somebody else, by another procedure, or is about something else."""
    match fact:
        case Transferred(route=route, is_assignment=is_assignment):
            is_over = case.is_over_the_head and not fact.decides_first
            moved = replace(case, state=State.ROUTED, office=route.office, basis=route.basis, is_over_the_head=is_over)
            moved = replace(moved, transfers=case.transfers + (not is_assignment), came_from=fact.from_office)
            between = case.returned | {pair(fact.from_office, route.office)}
            if fact.is_binding:
                return replace(moved, returned=between)
            return replace(moved, came_from=None, returned=between) if is_going_back(case, route.office) else moved
        case Returned(route=route):
            returned = case.returned | {pair(fact.from_office, route.office)}
            return replace(case, office=route.office, basis=route.basis, came_from=None, returned=returned)
        case Converted(route=route):
            converted = replace(case, kind=fact.kind, procedure=fact.procedure, office=route.office, basis=route.basis)
            return replace(converted, came_from=None, is_over_the_head=False, routed_by=route.rule or case.routed_by)
        case Classified(topic=topic, is_physical=is_physical, route=to):
            known = replace(case, topic=topic, topic_origin=CONFIRMED, is_physical=is_physical)
            if to is None:
                return known
            return replace(known, office=to.office, basis=to.basis, came_from=case.office, routed_by=to.rule or case.routed_by)


_TARGETS: Mapping[type[Fact], State] = MappingProxyType(
    {
        Declined: State.REFUSED,
        Guided: State.GUIDED,
        Answered: State.ANSWERED,
        Suspended: State.SUSPENDED,
        Terminated: State.TERMINATED,
        Closed: State.CLOSED,
    }
)


def _ended(case: Case, fact: Fact) -> Case:
    target = _TARGETS.get(type(fact), case.state)
    is_ending = isinstance(fact, Declined | Guided | Answered | Terminated)
    return replace(case, state=target, ending=target if is_ending else case.ending)
