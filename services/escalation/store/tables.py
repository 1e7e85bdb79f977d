"""The tables of this schema as SQLAlchemy Core knows them, and the plan of a deadline as text."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import orjson
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid

from services.escalation.domain.plan import Step, StepKind
from services.escalation.domain.rules import Act, Endings

_metadata = MetaData()
_KINDS = {str(kind): kind for kind in StepKind}
_instant = datetime.fromisoformat
INSTANT = DateTime(timezone=True)

PETITIONS = Table(
    "petitions",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text),
    Column("kind", Text),
    Column("jurisdiction", Text),
    Column("channel", Text),
    Column("urgency", Text),
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
    Column("step", Text),
    Column("limit_text", Text),
    Column("started_at", INSTANT),
    Column("due_at", INSTANT),
    Column("plan", Text),
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
    Column("ended_at", INSTANT),
    Column("ended_by", Text),
    Column("outcome", Text),
)

DERIVATIONS = Table(
    "derivations",
    _metadata,
    Column("deadline_id", Uuid, primary_key=True),
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
)


def plan_text(steps: Sequence[Step], endings: Endings) -> str:
    """Return a plan as JSON text."""
    content = {
        "steps": [(step.at, step.kind, step.number) for step in steps],
        "met_by": sorted(endings.met_by),
        "void_by": sorted(endings.void_by),
    }
    return orjson.dumps(content).decode()


def plan_of(text: str) -> tuple[tuple[Step, ...], Endings]:
    """Read a plan back."""
    content = orjson.loads(text)
    steps = tuple([Step(_instant(at), _KINDS[kind], number) for at, kind, number in content["steps"]])
    return steps, _endings(tuple(content["met_by"]), tuple(content["void_by"]))


@cache
def _endings(met_by: tuple[str, ...], void_by: tuple[str, ...]) -> Endings:
    return Endings(met_by=frozenset(map(Act, met_by)), void_by=frozenset(map(Act, void_by)))
