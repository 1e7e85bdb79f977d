"""From a petition's life to the answer that tells it: what calls for a word first, then who read it, its clocks, every event."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from services.audit.domain.entry import Entry
from services.audit.domain.lifecycle import Step
from services.audit.domain.oddities import Oddity
from services.audit.domain.readings import Reading
from services.audit.domain.records import Compared
from services.audit.domain.related import Related
from services.audit.domain.standing import Change, Stand, Timed
from services.audit.domain.told import Told
from services.audit.wire.comparing import KINDS, STATES, VERDICTS
from services.audit.wire.oddity_words import oddity_text, oddity_why
from services.audit.wire.telling import gap_answers
from services.audit.wire.trace_answers import (
    CauseAnswer,
    ClockAnswer,
    ClockChangeAnswer,
    EventAnswer,
    OddityAnswer,
    ReadingAnswer,
    RecordAnswer,
    RecordDifferenceOfOne,
    RelatedAnswer,
    StandAnswer,
    TraceAnswer,
)
from services.audit.wire.words import event_title, in_language

_TRACE_ID = slice(3, 35)
_BACK = {"follows": "followed_by", "part_of": "has_part", "merged_into": "has_merged", "unmerged_from": "has_unmerged"}
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


def trace_answer(told: Told, *, language: str) -> TraceAnswer:
    """Return a petition's life as an answer."""
    life = told.life
    rules = _rules(step.entry for step in life.steps)
    clocks = {clock.deadline_id: clock for clock in life.clocks.timed}
    lodged = next((step.entry for step in life.steps if step.entry.what == "petition.lodged"), None)
    return TraceAnswer(
        petition_id=told.petition_id,
        code=told.code,
        kind=lodged.word("kind") or None if lodged else None,
        is_sealed=life.is_sealed,
        office=life.holders.last.office if life.holders.last else None,
        is_complete=life.is_complete,
        is_verified=told.is_verified,
        verdict=told.verdict,
        verdict_text=in_language(VERDICTS[told.verdict], language),
        gaps=gap_answers(life.gaps, language=language),
        oddities=[_oddity(oddity, language) for oddity in life.oddities],
        unjudged=list(told.unjudged),
        records=None if told.compared is None else [_record(item, language) for item in told.compared],
        readings=[_reading(reading, language) for reading in life.readings],
        related=[_related(item) for item in told.related],
        clocks=[_clock(clock) for clock in life.clocks.timed],
        events=[_event(step, rules, clocks, language) for step in life.steps],
    )


def _record(item: Compared, language: str) -> RecordAnswer:
    found = item.comparison.differences if item.comparison else ()
    return RecordAnswer(
        service=item.source,
        state=item.state,
        text=in_language(STATES[item.state], language),
        events=item.events,
        on_their_way=item.comparison.on_their_way if item.comparison else 0,
        differences=[
            RecordDifferenceOfOne(
                kind=difference.kind,
                means=in_language(KINDS[difference.kind], language),
                version=difference.version,
                event_id=difference.event_id,
                type=difference.type,
                position=difference.position,
                fields=list(difference.fields),
            )
            for difference in found
        ],
    )


def _oddity(oddity: Oddity, language: str) -> OddityAnswer:
    return OddityAnswer(
        kind=oddity.kind,
        position=oddity.position,
        text=oddity_text(oddity.kind, language=language),
        why=oddity_why(oddity, language=language),
        facts=oddity.facts,
    )


def _reading(reading: Reading, language: str) -> ReadingAnswer:
    entry = reading.entry
    return ReadingAnswer(
        position=entry.position,
        at=entry.effective_at,
        what=reading.what,
        title=event_title(entry.what, language=language),
        actor=entry.actor,
        authority=entry.authority,
        fields=list(reading.fields),
        purpose=reading.purpose,
        verifiers=list(reading.verifiers),
    )


def _related(item: Related) -> RelatedAnswer:
    relation = item.relation if item.is_ours else _BACK.get(item.relation, item.relation)
    return RelatedAnswer(relation=relation, petition_id=item.petition_id, code=item.code)


def _clock(clock: Timed) -> ClockAnswer:
    return ClockAnswer(
        deadline_id=clock.deadline_id,
        rule=clock.rule,
        rule_version=clock.rule_version,
        step=clock.step,
        nature=clock.nature,
        set_at=clock.set_at,
        stand=_stand(clock.stand),
    )


def _stand(stand: Stand) -> StandAnswer:
    return StandAnswer(
        state=stand.state, due_at=stand.due_at, is_breached=stand.is_breached, level=stand.level, outcome=stand.outcome
    )


def _change(change: Change, clocks: Mapping[str, Timed]) -> ClockChangeAnswer:
    clock = clocks[change.deadline_id]
    return ClockChangeAnswer(
        deadline_id=change.deadline_id,
        rule=clock.rule,
        step=clock.step,
        before=_stand(change.before) if change.before else None,
        after=_stand(change.after),
    )


def _event(step: Step, rules: Mapping[int, dict[str, object]], clocks: Mapping[str, Timed], language: str) -> EventAnswer:
    entry = step.entry
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
        cause=_cause(step),
        effects=list(step.effects),
        rule=rules.get(entry.position),
        clocks=[_change(change, clocks) for change in step.clocks],
        facts=entry.facts,
        is_readable=entry.is_readable,
        body_sha256=sha256(entry.body).hexdigest(),
        body_bytes=len(entry.body),
        is_sealed=entry.is_sealed,
        stream=entry.stream,
        stream_seq=entry.stream_seq,
        correlation_id=entry.correlation_id,
        trace_id=entry.traceparent[_TRACE_ID] if entry.traceparent else None,
    )


def _cause(step: Step) -> CauseAnswer | None:
    cause = step.entry.cause
    if cause is None:
        return None
    return CauseAnswer(event_id=cause.event_id, source=cause.source, version=cause.version, position=step.cause_position)


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
