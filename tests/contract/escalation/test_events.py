"""What escalation says: whole lives as events, ids that repeat, bodies that fit their schemas, nothing personal."""

from datetime import datetime, timedelta
from uuid import UUID

from services.escalation.domain.clocks import Clocks, Said
from services.escalation.domain.deadline import advance
from services.escalation.domain.tree import Holder
from services.escalation.store.tables import days_of, days_text, steps_of, steps_text
from services.escalation.wire.events import HANDLED, new_event
from shared.contracts import Cause, NewEvent, event_types, parse
from tests.unit.escalation.parts import act, hanoi, petition, routed, rulebook

CAUSE = Cause(event_id=UUID(int=7), source="routing", version=3)
SAID_BY_OTHERS = {"escalation.acknowledged", "calendar.amended", "calendar.missing", "rule.amended"}
"""What handlers say without a clock: tests/component/escalation."""


def life(at: datetime) -> Clocks:
    clocks = routed(petition("complaint", at))
    clocks.hear(act("accepted", at + timedelta(days=1)))
    clocks.hear(act("suspended", at + timedelta(days=3), ground=_ground("pauses")))
    clocks.hear(act("resumed", at + timedelta(days=9)))
    clocks.hear(act("extended", at + timedelta(days=12), rule="KN1.RESOLVE", amount=5, ground=_ground("extensions")))
    clocks.hear(act("answered", at + timedelta(days=80)))
    clocks.hear(act("reopened", at + timedelta(days=81)))
    clocks.hear(act("closed", at + timedelta(days=82)))
    return clocks


def _ground(of: str) -> str:
    rule = next(rule for rule in rulebook().rules if rule.id == "KN1.RESOLVE")
    return min((rule.pauses if of == "pauses" else rule.extensions)[0].grounds)


def as_events(said: list[Said], *, now: datetime) -> list[NewEvent]:
    return [
        new_event(item, cause=CAUSE, correlation_id=UUID(int=2), is_sealed=True, traceparent=None, now=now, rulebook=rulebook())
        for item in said
    ]


def test_every_kind_of_event_is_said_and_reads_back() -> None:
    at = hanoi("2026-11-16 09:00")
    on_time = routed(petition("field_report", at), holder=Holder("hanoi"))
    on_time.hear(act("refused", at))
    events = as_events([*life(at).said, *on_time.said], now=at)
    mine = {name for name in event_types() if name.startswith("petitions.escalation.")}
    assert {event.body.TYPE for event in events} == {
        name for name in mine if name.removeprefix("petitions.escalation.").removesuffix(".v1") not in SAID_BY_OTHERS
    }
    for event in events:
        assert parse(event.body.TYPE, event.body.model_dump_json()) == event.body
        assert (event.actor, event.cause, event.is_sealed) == ("service:escalation", CAUSE, True)


def test_the_same_step_has_the_same_id_however_often_it_is_said() -> None:
    at = hanoi("2026-11-16 09:00")
    first, again = (as_events(life(at).said, now=now) for now in (at, at + timedelta(days=1)))
    assert [event.id for event in first] == [event.id for event in again]
    assert len({event.id for event in first}) == len(first)


def test_a_plan_and_its_pauses_read_back_as_they_were_written() -> None:
    for deadline in life(hanoi("2026-11-16 09:00")).deadlines:
        assert steps_of(steps_text(deadline.steps)) == deadline.steps
        assert days_of(days_text(deadline.basis.pauses)) == deadline.basis.pauses


def test_a_plan_tells_every_step_that_can_be_told() -> None:
    at = hanoi("2026-11-16 09:00")
    clocks = routed(petition("complaint", at))
    for deadline in clocks.deadlines:
        _, said = advance(deadline, clocks.holder, clocks.tree, through=at + timedelta(days=90))
        assert [item.effective_at for item in said] == [step.at for step in deadline.steps if not step.climb]


def test_only_what_intake_and_routing_say_is_heard() -> None:
    assert {model.TYPE.split(".")[1] for model in HANDLED} == {"intake", "routing"}
