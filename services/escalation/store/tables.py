"""The tables of this schema as SQLAlchemy Core knows them, and what of a deadline is kept as text: its plan and its pauses."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import orjson
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, SmallInteger, Table, Text, Uuid

from services.escalation.domain.basis import Days
from services.escalation.domain.plan import Step, StepKind

_metadata = MetaData()
INSTANT = DateTime(timezone=True)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KINDS = {kind[0]: kind for kind in StepKind}
"""A plan is short: the first letter says the kind."""

PETITIONS = Table(
    "petitions",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text),
    Column("kind", Text),
    Column("procedure", Text),
    Column("jurisdiction", Text),
    Column("channel", Text),
    Column("urgency", Text),
    Column("traits", Text),
    Column("is_sealed", Boolean),
    Column("lodged_at", INSTANT),
    Column("correlation_id", Uuid),
    Column("source_system", Text),
    Column("source_due_at", INSTANT),
    Column("source_closed_at", INSTANT),
    Column("office", Text),
    Column("superiors", Text),
)

DEADLINES = Table(
    "deadlines",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("petition_id", Uuid),
    Column("rule", Text),
    Column("rule_version", Integer),
    Column("occurrence", SmallInteger),
    Column("step", Text),
    Column("limit_text", Text),
    Column("started_at", INSTANT),
    Column("planned_on", Date),
    Column("given_by", Text),
    Column("pauses", Text),
    Column("extended_by", Integer),
    Column("extension_acts", SmallInteger),
    Column("due_at", INSTANT),
    Column("due_without_extension_at", INSTANT),
    Column("calendar", Text),
    Column("calendar_version", Text),
    Column("plan", SmallInteger),
    Column("steps", Text),
    Column("is_urgent", Boolean),
    Column("is_sealed", Boolean),
    Column("correlation_id", Uuid),
    Column("traceparent", Text),
    Column("cause_id", Uuid),
    Column("cause_source", Text),
    Column("cause_version", Integer),
    Column("office", Text),
    Column("superiors", Text),
    Column("next_step", Integer),
    Column("next_action_at", INSTANT),
    Column("breached_at", INSTANT),
    Column("rung", SmallInteger),
    Column("acknowledged_level", SmallInteger),
    Column("paused_on", Date),
    Column("paused_by", Text),
    Column("ended_at", INSTANT),
    Column("ended_by", Text),
    Column("ended_fact", Text),
    Column("outcome", Text),
)

DERIVATIONS = Table(
    "derivations",
    _metadata,
    Column("deadline_id", Uuid, primary_key=True),
    Column("plan", SmallInteger, primary_key=True),
    Column("sha256", Text),
    Column("derivation", Text),
)

OFFICES = Table(
    "offices",
    _metadata,
    Column("code", Text, primary_key=True),
    Column("jurisdiction", Text),
    Column("parent", Text),
    Column("name_vi", Text),
    Column("name_en", Text),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("head", Text),
    Column("absences", Text),
    Column("is_reception", Boolean),
)

ACKNOWLEDGEMENTS = Table(
    "acknowledgements",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("deadline_id", Uuid),
    Column("level", SmallInteger),
    Column("office", Text),
    Column("actor", Text),
    Column("note", Text),
    Column("acknowledged_at", INSTANT),
)


def steps_text(steps: Sequence[Step]) -> str:
    """Return a plan as JSON text: each step as microseconds, kind, number, climb and when an acknowledgement is due."""
    return orjson.dumps([_packed(step) for step in steps]).decode()


def steps_of(text: str) -> tuple[Step, ...]:
    """Read a plan back."""
    return tuple([_step(*item) for item in orjson.loads(text)])


def days_text(pauses: Sequence[Days]) -> str | None:
    """Return suspended days as JSON text, None where there are none."""
    return orjson.dumps(pauses).decode() if pauses else None


def days_of(text: str | None) -> tuple[Days, ...]:
    """Read suspended days back."""
    if text is None:
        return ()
    return tuple([(date.fromisoformat(begin), date.fromisoformat(end)) for begin, end in orjson.loads(text)])


def _packed(step: Step) -> list[int | str]:
    item: list[int | str] = [_micro(step.at), step.kind[0]]
    if step.number:
        item.append(step.number)
    if step.climb or step.acknowledge_by is not None:
        item.append(step.climb)
    if step.acknowledge_by is not None:
        item.append(_micro(step.acknowledge_by))
    return item


def _step(at: int, kind: str, number: int = 0, climb: int = 0, acknowledge_by: int | None = None) -> Step:
    answer_by = None if acknowledge_by is None else _EPOCH + timedelta(microseconds=acknowledge_by)
    return Step(_EPOCH + timedelta(microseconds=at), _KINDS[kind], number, climb, answer_by)


def _micro(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
