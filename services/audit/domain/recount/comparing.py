"""What was said and how escalation stands, held against what the facts and the law give. Every difference is named."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.recount.clock import Clock, Expected
from services.audit.domain.recount.story import Reckoning

Told = tuple[UUID, str, tuple[object, ...]]
"""A deadline, a verb, and what tells this saying from others of the verb."""


class Kind(StrEnum):
    """What is wrong; docs/reconciliation.md explains each."""

    EVENT_MISSING = "event_missing"
    DEADLINE_MISSING = "deadline_missing"
    DEADLINE_UNKNOWN = "deadline_unknown"
    DUE_DIFFERS_FROM_LAW = "due_differs_from_law"
    DATE_EDITED = "date_edited"
    STEP_SKIPPED = "step_skipped"
    STEP_UNTIMELY = "step_untimely"
    STEP_DOUBLED = "step_doubled"
    STEP_UNFOUNDED = "step_unfounded"
    OUTCOME_DIFFERS = "outcome_differs"
    STATE_DIFFERS = "state_differs"
    CANNOT_BE_COUNTED = "cannot_be_counted"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of one petition. `expected` and `found` are short texts without personal data."""

    kind: Kind
    deadline_id: UUID | None
    rule: str | None
    expected: str
    found: str


_IDENT = {"set": 0, "paused": 1, "moved": 1, "reminded": 2, "breached": 1, "escalated": 3}
"""How many of the details tell one saying from another; the others are what it says."""


def compare(
    reckoning: Reckoning, said: Sequence[Expected], rows: Sequence[Mapping[str, Any]], *, until: datetime
) -> list[Difference]:
    """Return every difference; what became true after `until` is too fresh to be judged."""
    rules = {clock.id: str(clock.rule["id"]) for clock in reckoning.clocks}
    found = [*_sayings(reckoning.said, said, rules, until), *_states(reckoning.clocks, said, rows, until)]
    return sorted(found, key=lambda item: (str(item.deadline_id), item.kind, item.expected, item.found))


def _sayings(
    expected: Sequence[Expected], said: Sequence[Expected], rules: Mapping[UUID, str], until: datetime
) -> Iterator[Difference]:
    wanted = {_ident(item): item for item in expected}
    counts, due_counts = Counter(_ident(item) for item in said), Counter(_ident(item) for item in expected)
    heard = {_ident(item): item for item in said}
    for ident, item in wanted.items():
        rule, other = rules.get(item.deadline_id), heard.get(ident)
        if other is None:
            kind = Kind.EVENT_MISSING if item.verb == "set" else Kind.STEP_SKIPPED
            yield Difference(kind, item.deadline_id, rule, _text(item), "")
            continue
        if item.effective_at != other.effective_at:
            yield Difference(Kind.STEP_UNTIMELY, item.deadline_id, rule, _text(item), _text(other))
        if item.detail != other.detail:
            kind = Kind.DUE_DIFFERS_FROM_LAW if item.verb in ("set", "moved") else Kind.OUTCOME_DIFFERS
            yield Difference(kind, item.deadline_id, rule, _text(item), _text(other))
    for ident, item in heard.items():
        rule = rules.get(item.deadline_id)
        if counts[ident] > max(due_counts[ident], 1):
            yield Difference(
                Kind.STEP_DOUBLED, item.deadline_id, rule, str(due_counts[ident]), f"{counts[ident]} × {_text(item)}"
            )
        if ident not in wanted and item.effective_at <= until:
            yield Difference(Kind.STEP_UNFOUNDED, item.deadline_id, rule, "", _text(item))


def _states(
    clocks: Sequence[Clock], said: Sequence[Expected], rows: Sequence[Mapping[str, Any]], until: datetime
) -> Iterator[Difference]:
    by_id = {UUID(str(row["id"])): row for row in rows}
    named = {item.deadline_id for item in said}
    for clock in clocks:
        row, rule = by_id.get(clock.id), str(clock.rule["id"])
        if row is None:
            if clock.id in named:
                yield Difference(Kind.DEADLINE_MISSING, clock.id, rule, "a row", "")
            continue
        steps = [(_instant(step["at"]), step["kind"], step["number"], step["climb"]) for step in row["steps"]]
        yield from _dates(clock, row, steps)
        for name, ours in _stand(clock).items():
            if str(row[name]) != str(ours):
                yield Difference(Kind.STATE_DIFFERS, clock.id, rule, f"{name} {ours}", f"{name} {row[name]}")
        place = row["next_step"]
        if clock.is_running and place < len(steps) and steps[place][0] <= until:
            yield Difference(
                Kind.STEP_SKIPPED, clock.id, rule, f"nothing due before {until}", f"{steps[place][1]} {steps[place][0]}"
            )
    for deadline_id in sorted(by_id.keys() - {clock.id for clock in clocks} - named):
        yield Difference(
            Kind.DEADLINE_UNKNOWN, deadline_id, str(by_id[deadline_id]["rule"]), "", str(by_id[deadline_id]["due_at"])
        )


def _dates(clock: Clock, row: Mapping[str, Any], steps: Sequence[tuple[object, ...]]) -> Iterator[Difference]:
    """Yield the instants that are others than those of our count."""
    rule = str(clock.rule["id"])
    if _instant(row["started_at"]) != clock.started_at:
        yield Difference(Kind.DATE_EDITED, clock.id, rule, f"started {clock.started_at}", f"started {row['started_at']}")
    if clock.paused_since is None and _instant(row["due_at"]) != clock.due_at:
        yield Difference(Kind.DATE_EDITED, clock.id, rule, str(clock.due_at), str(row["due_at"]))
    if clock.is_running and steps != [tuple(step) for step in clock.steps]:
        text = f"{len(steps)} steps, or other instants"
        yield Difference(Kind.DATE_EDITED, clock.id, rule, f"{len(clock.steps)} steps", text)


def _stand(clock: Clock) -> dict[str, object]:
    return (
        {
            "plan": clock.plan,
            "outcome": clock.outcome,
            "paused_on": clock.paused_since if clock.outcome is None else None,
            "extended_by": clock.extended_by,
        }
        if clock.outcome is None
        else {"plan": clock.plan, "outcome": clock.outcome, "extended_by": clock.extended_by}
    )


def gaps_in(entries: Sequence[Entry]) -> Iterator[Difference]:
    """Yield the versions that are missing between what a service said: something was dropped."""
    for source in sorted({entry.source for entry in entries}):
        versions = {entry.version for entry in entries if entry.source == source}
        missing = sorted(set(range(1, max(versions) + 1)) - versions)
        if missing:
            words = ", ".join(map(str, missing[:10]))
            yield Difference(Kind.EVENT_MISSING, None, None, f"{source} {words}", "")


def _ident(item: Expected) -> Told:
    number = _IDENT.get(item.verb)
    if number is None:  # an end is told from another end of the same deadline by when it was
        return item.deadline_id, "ended", (item.effective_at,)
    return item.deadline_id, item.verb, item.detail[:number]


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _text(item: Expected) -> str:
    return f"{item.verb} {item.effective_at.isoformat()} {' '.join(map(str, item.detail))}".rstrip()
