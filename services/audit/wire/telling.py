"""From the domain to answers: the trace, the list of gaps, the lines of an export."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import orjson
from pydantic import BaseModel, Field

from services.audit.domain.entry import Entry
from services.audit.domain.gaps import Gap
from services.audit.domain.lifecycle import Lifecycle, Step
from services.audit.wire.words import event_title, gap_text, oddity_text

_TRACE_ID = slice(3, 35)
_RULE_FACTS = (
    "rule",
    "rule_version",
    "table_version",
    "citation",
    "confirmation",
    "limit",
    "calendar",
    "calendar_version",
    "ground",
)


class CauseAnswer(BaseModel):
    """The event that this one answers. `position` is null where it is not in the log."""

    event_id: UUID
    source: str
    version: int
    position: int | None


class EventAnswer(BaseModel):
    """One event of a petition's life."""

    position: int = Field(description="place in the log")
    depth: int = Field(description="0: caused by no event; else one more than its cause")
    id: UUID
    source: str
    version: int
    type: str
    title: str
    effective_at: datetime = Field(description="when it became true in law")
    recorded_at: datetime = Field(description="when its service noticed")
    heard_at: datetime = Field(description="when audit wrote it down")
    lateness_seconds: float = Field(description="recorded_at minus effective_at")
    actor: str
    authority: str | None = Field(description="right that was used, as officer@hanoi-00070; null before it was recorded")
    office: str | None
    cause: CauseAnswer | None
    rule: dict[str, object] | None = Field(description="the rule, table or ground that it was decided by")
    facts: Mapping[str, object]
    is_sealed: bool
    stream: str
    stream_seq: int
    correlation_id: UUID
    trace_id: str | None


class GapAnswer(BaseModel):
    """What of one service is not in the log: missing versions, and those that wait among the parked messages."""

    source: str
    said: int
    missing: list[int]
    waiting: list[int]
    text: str


class OddityAnswer(BaseModel):
    kind: str
    position: int
    text: str


class TraceAnswer(BaseModel):
    """A petition's whole life in the order of the log. It is complete when no service's numbering has a gap."""

    petition_id: UUID
    code: str | None
    is_complete: bool
    gaps: list[GapAnswer]
    oddities: list[OddityAnswer]
    events: list[EventAnswer]


class GapsOfOne(BaseModel):
    """A petition (or an office of the directory: then `code` is null) with gaps. Codes of denunciations: for auditors."""

    petition_id: UUID
    code: str | None
    gaps: list[GapAnswer]


class GapsAnswer(BaseModel):
    """`next` is the value of `cursor` for the next page; `unplaced` counts parked messages that name no petition."""

    items: list[GapsOfOne]
    next: str | None
    unplaced: int


def trace_answer(petition_id: UUID, code: str | None, life: Lifecycle, *, language: str) -> TraceAnswer:
    """Return a petition's life as an answer."""
    rules = _rules(step.entry for step in life.steps)
    return TraceAnswer(
        petition_id=petition_id,
        code=code,
        is_complete=life.is_complete,
        gaps=gap_answers(life.gaps, language=language),
        oddities=[
            OddityAnswer(kind=oddity.kind, position=oddity.position, text=oddity_text(oddity.kind, language=language))
            for oddity in life.oddities
        ],
        events=[_event(step, rules, language) for step in life.steps],
    )


def gap_answers(gaps: Iterable[Gap], *, language: str) -> list[GapAnswer]:
    """Return gaps as answers."""
    return [
        GapAnswer(
            source=gap.source,
            said=gap.said,
            missing=list(gap.missing),
            waiting=list(gap.waiting),
            text=gap_text(gap, language=language),
        )
        for gap in gaps
    ]


def _event(step: Step, rules: Mapping[int, dict[str, object]], language: str) -> EventAnswer:
    entry, cause = step.entry, step.entry.cause
    return EventAnswer(
        position=entry.position,
        depth=step.depth,
        id=entry.id,
        source=entry.source,
        version=entry.version,
        type=entry.type,
        title=event_title(entry.what, language=language),
        effective_at=entry.effective_at,
        recorded_at=entry.recorded_at,
        heard_at=entry.heard_at,
        lateness_seconds=entry.lateness.total_seconds(),
        actor=entry.actor,
        authority=entry.authority,
        office=entry.office if entry.office != "_" else None,
        cause=CauseAnswer(event_id=cause.event_id, source=cause.source, version=cause.version, position=step.cause_position)
        if cause
        else None,
        rule=rules.get(entry.position),
        facts=entry.facts,
        is_sealed=entry.is_sealed,
        stream=entry.stream,
        stream_seq=entry.stream_seq,
        correlation_id=entry.correlation_id,
        trace_id=entry.traceparent[_TRACE_ID] if entry.traceparent else None,
    )


def _rules(entries: Iterable[Entry]) -> dict[int, dict[str, object]]:
    """Return what each entry was decided by. What befalls a deadline was decided by the rule that set it."""
    found: dict[int, dict[str, object]] = {}
    of_deadline: dict[object, dict[str, object]] = {}
    for entry in entries:
        route = entry.facts.get("route")
        facts = {**entry.facts, **route} if isinstance(route, dict) else entry.facts
        rule = {name: facts[name] for name in _RULE_FACTS if facts.get(name) is not None}
        if isinstance(route, dict):
            rule["basis"] = route.get("basis")
        deadline = entry.facts.get("deadline_id")
        if entry.what == "deadline.set":
            of_deadline[deadline] = rule
        elif deadline is not None:
            rule = {**of_deadline.get(deadline, {}), **rule}
        if rule:
            found[entry.position] = rule
    return found


def export_line(entry: Entry) -> bytes:
    """Return an entry as one line of JSON: a CloudEvent (1.0, JSON format) with its place in the log."""
    cause = entry.cause
    line: dict[str, object] = {
        "specversion": "1.0",
        "id": entry.id,
        "type": entry.type,
        "source": entry.source,
        "subject": entry.aggregate_id,
        "time": entry.recorded_at,
        "effectiveat": entry.effective_at,
        "version": entry.version,
        "actor": entry.actor,
        "correlationid": entry.correlation_id,
        "office": entry.office,
        "position": entry.position,
        "heardat": entry.heard_at,
        "stream": entry.stream,
        "streamseq": entry.stream_seq,
        "datacontenttype": "application/json",
    }
    if cause is not None:
        line["cause"] = f"{cause.event_id} {cause.source} {cause.version}"
    if entry.authority is not None:
        line["authority"] = entry.authority
    if entry.is_sealed:
        line["sealed"] = "1"
    if entry.traceparent:
        line["traceparent"] = entry.traceparent
    line.update(_data(entry))
    return orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE)


def _data(entry: Entry) -> dict[str, object]:
    """Return the body as it came; what is not JSON travels as base64, as the format says."""
    try:
        return {"data": orjson.loads(entry.body)}
    except orjson.JSONDecodeError:
        return {"data_base64": b64encode(entry.body).decode()}
