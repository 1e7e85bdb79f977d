"""Lives drawn at random: any acts at any time, some recorded late, with the law amended in between."""

from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st

from services.escalation.wire.amendments import CALENDAR, RULE
from shared.contracts import EventBody
from shared.contracts.intake import AnswerPublishedV1, PetitionWithdrawnV1
from shared.contracts.procedure import (
    PetitionExtendedV1,
    PetitionMergedV1,
    PetitionReopenedV1,
    PetitionResumedV1,
    PetitionSuspendedV1,
    PetitionUnmergedV1,
    StepRecordedV1,
)
from shared.contracts.routing import (
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionTransferredV1,
)
from shared.contracts.words import Kind as PetitionKind
from shared.contracts.words import Step, Trait, Urgency
from tests.contract.audit.laws import AS_IT_IS
from tests.contract.audit.lives import END, LODGED, OTHER, PAPER, Life

A_MOMENT = timedelta(microseconds=7)
"""Between a look at the clock and an act: at the same instant the law puts the act first, whichever was noticed first."""


def bodies(kind: PetitionKind) -> st.SearchStrategy[EventBody]:
    """Return every act that may befall a petition, those that the law refuses among them."""
    steps = [Step.DECISION_SENT, Step.DECISION_RECEIVED, Step.PAPERS_REQUESTED, Step.COMMENTED, Step.SUSPENSION_SENT]
    steps += [Step.CONCLUSION_ISSUED, Step.REPORT_DEMANDED, Step.OVERDUE_DENOUNCED, Step.EXPERT_ASSESSMENT_BEGUN]
    steps += [Step.EXPERT_ASSESSMENT_ENDED, Step.CONCLUSION_SENT, Step.CONCLUSION_PUBLISHED]
    rule = "TC.RESOLVE" if kind is PetitionKind.DENUNCIATION else "KN1.RESOLVE"
    grounds = sorted(AS_IT_IS.law.grounds)
    return st.one_of(
        st.builds(PetitionAcceptedV1, office=st.just("ward"), traits=st.sampled_from([[], [Trait.REMOTE], [Trait.FORWARDED]])),
        st.just(PetitionRefusedV1(office="ward", ground="KN11_1")),
        st.just(PetitionAnsweredV1(office="ward")),
        st.just(PetitionClosedV1(office="ward", outcome="answered")),
        st.just(PetitionTransferredV1(from_office="ward", reason="not_competent", route=OTHER)),
        st.sampled_from(grounds).map(lambda ground: PetitionSuspendedV1(office="ward", ground=ground, document=PAPER)),
        st.just(PetitionResumedV1(office="ward", document=PAPER)),
        st.builds(
            PetitionExtendedV1,
            office=st.just("ward"),
            rule=st.just(rule),
            ground=st.sampled_from(grounds),
            amount=st.integers(1, 40),
            unit=st.just("calendar_day"),
            document=st.just(PAPER),
        ),
        st.sampled_from(steps).map(lambda step: StepRecordedV1(office="ward", step=step)),
        st.integers(5, 40).map(
            lambda days: StepRecordedV1(
                office="ward", step=Step.DIALOGUE_CALLED, planned_on=(LODGED + timedelta(days=days)).date()
            )
        ),
        st.just(PetitionReopenedV1(office="ward", reason="new_facts")),
        st.just(PetitionMergedV1(office="ward", into=UUID(int=5))),
        st.just(PetitionUnmergedV1(office="ward", out_of=UUID(int=5))),
        st.just(PetitionWithdrawnV1()),
        st.just(AnswerPublishedV1(publication_id=UUID(int=6))),
    )


@st.composite
def lives(draw: st.DrawFn) -> Life:
    kind = draw(st.sampled_from(list(PetitionKind)))
    life = Life(kind, draw(st.sampled_from(list(Urgency))))
    life.begin()
    at = last = LODGED + timedelta(minutes=1)
    for _ in range(draw(st.integers(0, 9))):
        at += timedelta(minutes=draw(st.integers(1, 60 * 24 * 15)))
        if draw(st.booleans()):
            life.sweep(at)
        amendment = draw(st.sampled_from([None, None, None, CALENDAR, RULE]))
        if amendment is not None:
            life.amend(amendment, at)
            at += timedelta(minutes=draw(st.integers(1, 60 * 24 * 15)))
        at += A_MOMENT
        body = draw(bodies(kind))
        late = draw(st.sampled_from([0, 0, 1, 60, 60 * 24 * 3, 60 * 24 * 40]))
        late = 0 if isinstance(body, PetitionTransferredV1) else late  # a duty passes on when it is handed over
        last = max(last, at - timedelta(minutes=late))
        life.hear(body, last, recorded_at=at)
    life.sweep(END)
    return life
