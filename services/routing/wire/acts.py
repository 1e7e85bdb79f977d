"""What acts made true, as the contracts say it. Of the words of answers and requests a digest and a count are said."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from services.routing.domain.commands import Document
from services.routing.domain.competence import Route
from services.routing.domain.definition import Act
from services.routing.domain.facts import (
    Accepted,
    Answered,
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
from services.routing.wire.events import route_said
from shared.contracts import EventBody
from shared.contracts.intake import PetitionWithdrawnV1
from shared.contracts.procedure import (
    DocumentV1,
    EntryV1,
    PetitionContestedV1,
    PetitionExtendedV1,
    PetitionGuidedV1,
    PetitionMergedV1,
    PetitionReopenedV1,
    PetitionResumedV1,
    PetitionReturnedV1,
    PetitionSuspendedV1,
    PetitionTerminatedV1,
    PetitionUnmergedV1,
    StepRecordedV1,
)
from shared.contracts.routing import (
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClassifiedV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
)
from shared.contracts.words import Kind, Procedure, Step, Trait, Urgency

CONTESTED = "contested"
UNMERGED = "unmerged"
GIVEN = "given"
CLASSIFIED = "classified"


EVENTS: Mapping[Act, type[EventBody]] = MappingProxyType(
    {
        Act.ACCEPT: PetitionAcceptedV1,
        Act.REFUSE: PetitionRefusedV1,
        Act.GUIDE: PetitionGuidedV1,
        Act.TRANSFER: PetitionTransferredV1,
        Act.RETURN: PetitionReturnedV1,
        Act.CONVERT: PetitionRoutedV1,
        Act.CLASSIFY: PetitionClassifiedV1,
        Act.ANSWER: PetitionAnsweredV1,
        Act.SUSPEND: PetitionSuspendedV1,
        Act.RESUME: PetitionResumedV1,
        Act.EXTEND: PetitionExtendedV1,
        Act.TERMINATE: PetitionTerminatedV1,
        Act.RECORD: StepRecordedV1,
        Act.CLOSE: PetitionClosedV1,
        Act.REOPEN: PetitionReopenedV1,
        Act.MERGE: PetitionMergedV1,
        Act.UNMERGE: PetitionUnmergedV1,
        Act.WITHDRAW: PetitionWithdrawnV1,
        Act.CONTEST: PetitionContestedV1,
    }
)
"""What follows from each act, in every procedure; intake says that a petition was withdrawn."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said again of a petition that is treated by another procedure."""

    code: str
    jurisdiction: str
    topic: str | None
    commune: str | None
    urgency: str
    is_physical: bool


def facts_said(  # noqa: PLR0911 - one return for each fact
    fact: Fact, about: About, entry: EntryV1 | None, approved_by: str | None
) -> list[tuple[EventBody, str]]:
    """Return what became true and the office that it concerns.

    `entry` is given where its time was stated by a person, `approved_by` where a second person approved it.
    """
    said: list[tuple[EventBody, str]]
    match fact:
        case Transferred(from_office=from_office, route=route, reason=reason):
            moved = PetitionTransferredV1(from_office=from_office, reason=reason, route=route_said(route), entry=entry)
            return [(moved, route.office)]
        case Returned(from_office=from_office, route=route, reason=reason):
            superiors = list(route.superiors)
            back = PetitionReturnedV1(
                office=route.office, from_office=from_office, reason=reason, superiors=superiors, entry=entry
            )
            return [(back, route.office)]
        case Converted(route=route):
            return [(_routed(fact, about), route.office)]
        case Classified(office=office, route=route):
            said = [(_classified(fact, entry), office)]
            return said + ([(_moved(office, route, CLASSIFIED), route.office)] if route else [])
        case Contested(office=office, route=route):
            said = [(PetitionContestedV1(office=office, entry=entry), office)]
            if route is not None:
                said.append((_moved(office, route, CONTESTED), route.office))
            return said
        case Unmerged(office=office, out_of=out_of, falls_away=falls_away):
            said = [(PetitionUnmergedV1(office=office, out_of=out_of, entry=entry), office)]
            return said + ([(PetitionReopenedV1(office=office, reason=UNMERGED), office)] if falls_away else [])
        case Withdrawn():
            return []
        case _:
            return [(_done(fact, entry, approved_by), fact.office)]


def _moved(office: str, route: Route, reason: str) -> PetitionTransferredV1:
    return PetitionTransferredV1(from_office=office, reason=reason, route=route_said(route))


def _classified(fact: Classified, entry: EntryV1 | None) -> PetitionClassifiedV1:
    return PetitionClassifiedV1(
        office=fact.office,
        topic=fact.topic,
        before=fact.before,
        is_physical=fact.is_physical,
        suggested=None if fact.suggested is None else list(fact.suggested),
        model=fact.model,
        entry=entry,
    )


def _routed(fact: Converted, about: About) -> PetitionRoutedV1:
    return PetitionRoutedV1(
        code=about.code,
        kind=Kind(fact.kind),
        jurisdiction=about.jurisdiction,
        topic=about.topic,
        topic_origin=GIVEN if about.topic else "none",
        commune=about.commune,
        urgency=Urgency(about.urgency),
        is_physical=about.is_physical,
        route=route_said(fact.route),
        procedure=Procedure(fact.procedure),
    )


Written = Suspended | Resumed | Extended | Terminated | Recorded | Reopened
Done = Accepted | Declined | Guided | Merged | Answered | Closed | Written


def _done(fact: Done, entry: EntryV1 | None, approved_by: str | None) -> EventBody:  # noqa: PLR0911 - one for each fact
    office = fact.office
    match fact:
        case Accepted(traits=traits, requests=requests):
            number = len(requests) or None
            return PetitionAcceptedV1(office=office, traits=[Trait(trait) for trait in traits], requests=number, entry=entry)
        case Declined(ground=ground):
            return PetitionRefusedV1(office=office, ground=ground, entry=entry)
        case Guided(ground=ground, to_body=to_body):
            return PetitionGuidedV1(office=office, ground=ground, to_body=to_body, entry=entry)
        case Answered(text=text, evidence=evidence):
            digest = hashlib.sha256(text.encode()).hexdigest()
            files = [UUID(item) for item in evidence]
            return PetitionAnsweredV1(office=office, answer_sha256=digest, evidence=files, approved_by=approved_by, entry=entry)
        case Merged(into=into):
            return PetitionMergedV1(office=office, into=into, entry=entry)
        case Closed(outcome=outcome):
            return PetitionClosedV1(office=office, outcome=str(outcome), entry=entry)
        case _:
            return _written(fact, entry)


def _written(fact: Written, entry: EntryV1 | None) -> EventBody:
    """Return what a written decision or a note in the file made true."""
    office = fact.office
    match fact:
        case Suspended(ground=ground, document=document):
            return PetitionSuspendedV1(office=office, ground=ground, document=_paper(document), entry=entry)
        case Resumed(document=document):
            return PetitionResumedV1(office=office, document=_paper(document), entry=entry)
        case Extended(rule=rule, ground=ground, amount=amount, unit=unit, document=document):
            paper = _paper(document)
            return PetitionExtendedV1(
                office=office, rule=rule, ground=ground, amount=amount, unit=unit, document=paper, entry=entry
            )
        case Terminated(ground=ground, document=document):
            return PetitionTerminatedV1(office=office, ground=ground, document=_paper(document), entry=entry)
        case Recorded(step=step, document=found, planned_on=planned_on):
            paper_ = _paper(found) if found else None
            return StepRecordedV1(office=office, step=Step(step), document=paper_, planned_on=planned_on, entry=entry)
        case Reopened(reason=reason):
            return PetitionReopenedV1(office=office, reason=reason, entry=entry)


def _paper(document: Document) -> DocumentV1:
    return DocumentV1(number=document.number, issued_on=document.issued_on)
