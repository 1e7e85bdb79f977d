"""A quiet, correct life has no oddity: whatever escalation's clocks really say, and whatever routing's procedures really allow."""

from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.audit.domain.entry import Entry, facts_of
from services.audit.domain.gaps import Known
from services.audit.domain.lifecycle import Lifecycle, tell
from services.audit.domain.oddities import Ceilings, OddityKind
from services.audit.domain.oddities.clocks import Ceiling
from services.audit.domain.standing import Clock
from services.routing.domain.competence import Basis
from services.routing.domain.deciding import decide
from services.routing.domain.evolving import evolve
from services.routing.wire.acts import facts_said
from shared.contracts import EventBody
from shared.contracts.routing import PetitionRoutedV1, RouteV1
from shared.contracts.words import Kind, Urgency
from shared.kernel.refusals import Refused
from tests.contract.audit.drawing import lives
from tests.contract.audit.laws import AS_IT_IS
from tests.contract.audit.lives import LODGED, Life
from tests.unit.routing.test_procedures import ABOUT, PROCEDURES, case, commands

OF_CLOCKS = {
    OddityKind.MOVED_WITHOUT_REASON,
    OddityKind.MOVED_FROM_ANOTHER_DATE,
    OddityKind.CLOCK_NEVER_SET,
    OddityKind.CLOCK_AFTER_ITS_END,
    OddityKind.MET_AFTER_DUE,
    OddityKind.EXTENSION_BEYOND_CEILING,
    OddityKind.CAUSE_UNKNOWN,
    OddityKind.UNREADABLE,
}


def ceilings() -> Ceilings:
    return {
        (str(rule["id"]), int(rule["version"])): Ceiling(
            max(int(item["ceiling"]) for item in rule["extensions"]), sum(int(item["acts_max"]) for item in rule["extensions"])
        )
        for rule in AS_IT_IS.as_data.rules
        if rule["extensions"]
    }


def told(life: Life) -> Lifecycle:
    return tell(life.log, Known(), ceilings=ceilings())


@settings(max_examples=150, deadline=None)
@given(lives())
def test_no_clock_that_escalation_really_keeps_is_odd(life: Life) -> None:
    assert [oddity for oddity in told(life).oddities if oddity.kind in OF_CLOCKS] == []


@settings(max_examples=60, deadline=None)
@given(lives())
def test_clocks_stand_in_the_trace_as_they_stand_in_escalation(life: Life) -> None:
    assert life.clocks is not None
    shown = {clock.deadline_id: clock.stand for clock in told(life).clocks.timed}
    for deadline in life.clocks.deadlines:
        stand = shown.pop(str(deadline.id))
        assert (stand.state is Clock.ENDED) == (deadline.ending is not None)
        assert (stand.state is Clock.PAUSED) == (deadline.ending is None and deadline.pausing is not None)
        assert stand.state is Clock.PAUSED or stand.due_at == deadline.due_at
        assert stand.outcome == (deadline.ending.outcome if deadline.ending else None)
    assert shown == {}


@settings(max_examples=60, deadline=None)
@given(lives())
def test_each_change_of_a_clock_begins_where_the_one_before_it_ended(life: Life) -> None:
    last: dict[str, object] = {}
    for change in told(life).clocks.changes:
        assert change.before == last.get(change.deadline_id)
        last[change.deadline_id] = change.after


class File:
    """What routing says of a petition, numbered, as audit keeps it."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.entries: list[Entry] = []
        self.at = LODGED

    def say(self, body: EventBody, *, actor: str, authority: str | None, office: str = "_") -> None:
        source = body.TYPE.split(".")[1]
        raw = body.model_dump_json().encode()
        self.entries.append(
            Entry(
                position=len(self.entries) + 1,
                id=uuid4(),
                aggregate_id=self.id,
                source=source,
                version=sum(entry.source == source for entry in self.entries) + 1,
                type=body.TYPE,
                effective_at=self.at,
                recorded_at=self.at,
                heard_at=self.at,
                actor=actor,
                office=office,
                correlation_id=self.id,
                cause=None,
                is_sealed=False,
                traceparent=None,
                stream="PETITIONS",
                stream_seq=len(self.entries) + 1,
                body=raw,
                facts=facts_of(raw),
                authority=authority,
            )
        )


def _routed(office: str) -> PetitionRoutedV1:
    return PetitionRoutedV1(
        code="C0DE",
        kind=Kind.FIELD_REPORT,
        jurisdiction="hanoi",
        topic=None,
        topic_origin="none",
        commune=None,
        urgency=Urgency.NORMAL,
        is_physical=False,
        route=RouteV1(office=office, superiors=["hanoi"], basis="competence"),
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(PROCEDURES)), st.sampled_from([Basis.COMPETENCE, Basis.UNASSIGNED]), st.data())
def test_no_file_that_the_procedures_allow_is_odd(name: str, basis: Basis, data: st.DataObject) -> None:
    present, file = case(name, basis=basis), File()
    file.say(_routed(present.office), actor="service:routing", authority="service", office=present.office)
    for _ in range(12):
        by = PROCEDURES[present.procedure]
        command = data.draw(commands(by))
        role = data.draw(st.sampled_from(["officer", "head", "petitioner"]))
        file.at += timedelta(hours=data.draw(st.integers(0, 100)))
        try:
            fact = decide(present, command, by, roles=frozenset({role}))
        except Refused:
            continue
        holder, actor = present.office, "petitioner" if role == "petitioner" else f"person:{role}"
        authority = role if role == "petitioner" else f"{role}@{holder}"
        for body, office in facts_said(fact, ABOUT, None, None):
            file.say(body, actor=actor, authority=authority, office=office)
        present = evolve(present, fact, by)
    found = tell(file.entries, Known()).oddities
    assert [(oddity, [entry.what for entry in file.entries]) for oddity in found] == []
