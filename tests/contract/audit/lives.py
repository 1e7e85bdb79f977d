"""Lives of a petition, told to escalation's clocks, with everything that is said kept as audit keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from services.audit.domain.entry import Entry, facts_of
from services.audit.domain.recount.comparing import Difference, compare, gaps_in
from services.audit.domain.recount.days import Days
from services.audit.domain.recount.law import Law
from services.audit.domain.recount.reading import reckon, sayings
from services.audit.domain.recount.tree import Tree as AuditTree
from services.escalation.domain.clocks import Clocks
from services.escalation.domain.deadline import Breached, advance
from services.escalation.domain.tree import Tree
from services.escalation.wire.calendars import calendar_content
from services.escalation.wire.events import fact, new_event, petition_of
from services.escalation.wire.rulebook import read_law
from shared.contracts import Cause, Envelope, EventBody
from shared.contracts.intake import PetitionLodgedV1, PetitionWithdrawnV1
from shared.contracts.procedure import (
    DocumentV1,
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
    PetitionRoutedV1,
    PetitionTransferredV1,
    RouteBasis,
    RouteV1,
)
from shared.contracts.words import Channel, Language, Step, Trait, Urgency
from shared.contracts.words import Kind as PetitionKind
from tests.unit.escalation.parts import RULES, hanoi

LAW = read_law(RULES)
RULEBOOK = LAW.rulebook()
CONTENT = calendar_content(RULEBOOK.calendar("hanoi").calendar)
PRESENT = ("hanoi", str(CONTENT["version"]))
AUDIT_LAW = Law(
    [entry.model_dump(mode="json", by_alias=True) for entry in LAW.rules], {PRESENT: Days.of(CONTENT)}, {"hanoi": PRESENT}
)
AUDIT_TREE = AuditTree({}, {"hanoi": ZoneInfo("Asia/Ho_Chi_Minh")})
LODGED = hanoi("2026-06-22 10:15")
PAPER = DocumentV1(number="1", issued_on=LODGED.date())
WARD = RouteV1(office="ward", superiors=["area", "city"], basis=RouteBasis.COMPETENCE)
OTHER = RouteV1(office="other", superiors=["city"], basis=RouteBasis.TRANSFER)
END = LODGED + timedelta(days=500)


@dataclass
class Life:
    """A petition told to escalation's clocks; everything that is said goes into a log as audit keeps it."""

    kind: PetitionKind
    urgency: Urgency = Urgency.NORMAL
    id: UUID = field(default_factory=uuid4)
    log: list[Entry] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    clocks: Clocks | None = None

    def begin(self) -> None:
        body = PetitionLodgedV1(
            code="HN-1",
            kind=self.kind,
            jurisdiction="hanoi",
            channel=Channel.COUNTER,
            language=Language.VI,
            is_reachable=True,
            is_physical=False,
        )
        envelope = self._envelope("intake", body, LODGED)
        self.clocks = Clocks(petition_of(envelope, body), RULEBOOK, Tree())
        routed = PetitionRoutedV1(
            code="HN-1",
            kind=self.kind,
            jurisdiction="hanoi",
            topic=None,
            topic_origin="none",
            commune=None,
            urgency=self.urgency,
            is_physical=False,
            route=WARD,
        )
        self.hear(routed, LODGED + timedelta(minutes=1))

    def hear(self, body: EventBody, at: datetime) -> None:
        assert self.clocks is not None
        envelope = self._envelope(body.TYPE.split(".")[1], body, at)
        self.clocks.hear(fact(envelope, body))
        self._say(at)

    def sweep(self, now: datetime) -> None:
        assert self.clocks is not None
        before = -1
        while before < len(self.log):
            before = len(self.log)
            for place, deadline in enumerate(self.clocks.deadlines):
                self.clocks.deadlines[place], said = advance(deadline, self.clocks.holder, self.clocks.tree, through=now)
                self.clocks.said.extend(said)
                for item in said:
                    if isinstance(item, Breached):
                        self.clocks.breached(item)
            self._say(now)

    def _say(self, now: datetime) -> None:
        assert self.clocks is not None
        cause = Cause(self.id, "routing", 1)
        for item in self.clocks.said:
            event = new_event(
                item, cause=cause, correlation_id=self.id, is_sealed=False, traceparent=None, now=now, rulebook=RULEBOOK
            )
            self._note("escalation", event.body, event.effective_at, now, event.office)
        self.clocks.said.clear()

    def _envelope(self, source: str, body: EventBody, at: datetime) -> Envelope:
        entry = self._note(source, body, at, at, "_")
        return Envelope(
            id=entry.id,
            type=body.TYPE,
            source=source,
            aggregate_id=self.id,
            version=entry.version,
            effective_at=at,
            recorded_at=at,
            actor="person:x",
            correlation_id=self.id,
            cause=None,
            office="_",
            is_sealed=False,
            traceparent=None,
        )

    def _note(self, source: str, body: EventBody, at: datetime, recorded_at: datetime, office: str) -> Entry:
        self.versions[source] = self.versions.get(source, 0) + 1
        raw = body.model_dump_json().encode()
        entry = Entry(
            position=len(self.log) + 1,
            id=uuid4(),
            aggregate_id=self.id,
            source=source,
            version=self.versions[source],
            type=body.TYPE,
            effective_at=at,
            recorded_at=recorded_at,
            heard_at=recorded_at,
            actor="x",
            office=office,
            correlation_id=self.id,
            cause=None,
            is_sealed=False,
            traceparent=None,
            stream="PETITIONS",
            stream_seq=len(self.log) + 1,
            body=raw,
            facts=facts_of(raw),
        )
        self.log.append(entry)
        return entry

    def rows(self) -> list[dict[str, Any]]:
        """Return escalation's standing as its door gives it."""
        assert self.clocks is not None
        return [
            {
                "id": str(item.id),
                "petition_id": str(self.id),
                "rule": item.rule,
                "due_at": item.due_at.isoformat(),
                "plan": item.plan,
                "steps": [
                    {"at": step.at.isoformat(), "kind": str(step.kind), "number": step.number, "climb": step.climb}
                    for step in item.steps
                ],
                "next_step": item.progress.next_step,
                "paused_on": item.pausing.since_on.isoformat() if item.pausing else None,
                "extended_by": item.basis.extended_by,
                "outcome": item.ending.outcome if item.ending else None,
            }
            for item in self.clocks.deadlines
        ]

    def differences(
        self, *, log: Sequence[Entry] | None = None, rows: Sequence[dict[str, Any]] | None = None, until: datetime = END
    ) -> list[Difference]:
        entries = self.log if log is None else log
        missing = list(gaps_in(entries))
        if missing:
            return missing
        reckoning = reckon(self.id, entries, AUDIT_LAW, AUDIT_TREE, [], until=until)
        assert reckoning is not None
        return compare(reckoning, sayings(entries), self.rows() if rows is None else rows, until=until)


def bodies(kind: PetitionKind) -> st.SearchStrategy[EventBody]:
    """Return every act that may befall a petition, those that the law refuses among them."""
    steps = [Step.DECISION_SENT, Step.DECISION_RECEIVED, Step.PAPERS_REQUESTED, Step.COMMENTED, Step.SUSPENSION_SENT]
    steps += [Step.CONCLUSION_ISSUED, Step.REPORT_DEMANDED, Step.OVERDUE_DENOUNCED, Step.EXPERT_ASSESSMENT_BEGUN]
    steps += [Step.EXPERT_ASSESSMENT_ENDED]
    rule = "TC.RESOLVE" if kind is PetitionKind.DENUNCIATION else "KN1.RESOLVE"
    grounds = sorted(LAW.grounds)
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
    )


@st.composite
def lives(draw: st.DrawFn) -> Life:
    kind = draw(st.sampled_from(list(PetitionKind)))
    life = Life(kind, draw(st.sampled_from(list(Urgency))))
    life.begin()
    at = LODGED + timedelta(minutes=1)
    for _ in range(draw(st.integers(0, 9))):
        at += timedelta(minutes=draw(st.integers(1, 60 * 24 * 15)))
        if draw(st.booleans()):
            life.sweep(at)
        life.hear(draw(bodies(kind)), at)
    life.sweep(END)
    return life
