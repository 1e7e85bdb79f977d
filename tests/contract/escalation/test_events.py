"""What escalation says: whole lives as events, ids that repeat, bodies that fit their schemas, nothing personal."""

from datetime import datetime, timedelta
from uuid import UUID

from services.escalation.domain.clocks import Clocks, Said
from services.escalation.domain.deadline import Holder, advance
from services.escalation.domain.rules import Act
from services.escalation.store.tables import plan_of, plan_text
from services.escalation.wire.events import HANDLED, new_event
from shared.contracts import Cause, NewEvent, event_types, parse
from tests.unit.escalation.parts import hanoi, petition, rulebook

CAUSE = Cause(event_id=UUID(int=7), source="routing", version=3)


def life(at: datetime) -> Clocks:
    clocks = Clocks(petition("complaint", at))
    holder = Holder("hanoi-00070", ("hanoi",))
    clocks.route(rulebook(), holder, kind="complaint", urgency="normal", at=at, lodged_by="lodged")
    clocks.act(rulebook(), Act.ACCEPTED, at=at + timedelta(days=60), ended_by="accepted")
    clocks.act(rulebook(), Act.CLOSED, at=at + timedelta(days=61), ended_by="closed")
    return clocks


def as_events(said: list[Said], *, now: datetime) -> list[NewEvent]:
    return [new_event(item, cause=CAUSE, correlation_id=UUID(int=2), is_sealed=True, traceparent=None, now=now) for item in said]


def test_every_kind_of_event_is_said_and_reads_back() -> None:
    at = hanoi("2026-11-16 09:00")
    on_time = Clocks(petition("field_report", at))
    on_time.route(rulebook(), Holder("hanoi"), kind="field_report", urgency="normal", at=at, lodged_by="lodged")
    on_time.act(rulebook(), Act.REFUSED, at=at, ended_by="refused")
    events = as_events([*life(at).said, *on_time.said], now=at)
    mine = {name for name in event_types() if name.startswith("petitions.escalation.")}
    assert {event.body.TYPE for event in events} == mine
    for event in events:
        assert parse(event.body.TYPE, event.body.model_dump_json()) == event.body
        assert (event.actor, event.cause, event.is_sealed) == ("service:escalation", CAUSE, True)


def test_the_same_step_has_the_same_id_however_often_it_is_said() -> None:
    at = hanoi("2026-11-16 09:00")
    first, again = (as_events(life(at).said, now=now) for now in (at, at + timedelta(days=1)))
    assert [event.id for event in first] == [event.id for event in again]
    assert len({event.id for event in first}) == len(first)


def test_a_plan_reads_back_as_it_was_written() -> None:
    for deadline in life(hanoi("2026-11-16 09:00")).deadlines:
        assert plan_of(plan_text(deadline.steps, deadline.endings)) == (deadline.steps, deadline.endings)


def test_a_plan_read_back_tells_the_same_story() -> None:
    at = hanoi("2026-11-16 09:00")
    clocks = Clocks(petition("complaint", at))
    holder = Holder("hanoi-00070", ("hanoi",))
    clocks.route(rulebook(), holder, kind="complaint", urgency="normal", at=at, lodged_by="lodged")
    for deadline in clocks.deadlines:
        _, said = advance(deadline, holder, through=at + timedelta(days=90))
        assert [item.effective_at for item in said] == [step.at for step in deadline.steps]


def test_only_what_intake_and_routing_say_is_heard() -> None:
    assert {model.TYPE.split(".")[1] for model in HANDLED} == {"intake", "routing"}
