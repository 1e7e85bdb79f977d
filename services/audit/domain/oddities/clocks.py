"""Oddities of clocks: a date that moved without an act, a clock that goes on after its end, more time than the law allows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.oddities.kinds import Oddity, OddityKind
from services.audit.domain.standing import Clock, Stand, read_clocks


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that the law gives a step by extension: in all, in the rule's own unit, and in how many acts."""

    amount: int
    acts: int | None = None


Ceilings = Mapping[tuple[str, int], Ceiling]
"""By rule and version; a rule that is not there knows no extension."""

_REASONS: Mapping[str, frozenset[str]] = {
    "resumed": frozenset({"petition.resumed"}),
    "extended": frozenset({"petition.extended"}),
    "reopened": frozenset({"petition.reopened", "petition.contested", "petition.unmerged"}),
    "unmerged": frozenset({"petition.unmerged", "petition.reopened"}),
}
"""Which acts give a due moment another date. Amendments name themselves."""
_AMENDED = frozenset({"calendar_amended", "rule_amended"})
_LIVING = frozenset({"deadline.reminded", "deadline.breached", "deadline.paused", "petition.escalated"})
"""What only befalls a clock that has not ended."""


@dataclass(slots=True)
class _Seen:
    """One clock as it was read so far."""

    stand: Stand
    rule: tuple[str, int]
    extensions: list[int] = field(default_factory=list)


def of_clocks(entries: Sequence[Entry], ceilings: Ceilings | None) -> Iterator[Oddity]:
    """Yield what is odd about clocks, in the order in which escalation numbered what it said."""
    by_id = {entry.id: entry for entry in entries}
    after = {(change.deadline_id, change.position): change.after for change in read_clocks(entries).changes}
    seen: dict[str, _Seen] = {}
    for entry in sorted((e for e in entries if e.source == "escalation"), key=lambda e: e.version):
        key = entry.word("deadline_id")
        if not key or entry.what == "escalation.acknowledged":
            continue
        known = seen.get(key)
        if known is None and entry.what != "deadline.set":
            yield Oddity(OddityKind.CLOCK_NEVER_SET, entry.position, {"rule": entry.word("rule")})
        if known is not None:
            yield from _of_one(entry, known, by_id, ceilings)
        stand = after.get((key, entry.position)) or (known.stand if known else Stand(Clock.RUNNING, entry.instant("due_at")))
        seen[key] = _Seen(stand, known.rule if known else _rule(entry), known.extensions if known else [])


def _of_one(entry: Entry, known: _Seen, by_id: Mapping[UUID, Entry], ceilings: Ceilings | None) -> Iterator[Oddity]:
    if entry.what in _LIVING and known.stand.state is Clock.ENDED:
        yield Oddity(OddityKind.CLOCK_AFTER_ITS_END, entry.position, {"rule": entry.word("rule")})
    if entry.what == "deadline.met":
        yield from _of_meeting(entry)
    if entry.what == "deadline.moved":
        yield from _of_move(entry, known, by_id)
        yield from _of_extension(entry, known, ceilings)


def _of_meeting(entry: Entry) -> Iterator[Oddity]:
    due_at, ended_at = entry.instant("due_at"), entry.instant("ended_at")
    if due_at is not None and ended_at is not None and ended_at > due_at:
        facts = {"due_at": due_at.isoformat(), "ended_at": ended_at.isoformat(), "rule": entry.word("rule")}
        yield Oddity(OddityKind.MET_AFTER_DUE, entry.position, facts)


def _of_move(entry: Entry, known: _Seen, by_id: Mapping[UUID, Entry]) -> Iterator[Oddity]:
    reason = entry.word("reason")
    cause = by_id.get(entry.cause.event_id) if entry.cause else None
    is_amended = reason in _AMENDED and entry.facts.get("amendment_id") is not None
    is_by_act = cause is not None and cause.what in _REASONS.get(reason, frozenset())
    facts = {"rule": entry.word("rule"), "from": entry.word("from_due_at"), "to": entry.word("due_at"), "reason": reason or "–"}
    if not is_amended and not is_by_act:
        yield Oddity(OddityKind.MOVED_WITHOUT_REASON, entry.position, facts)
    stood, said = known.stand.due_at, entry.instant("from_due_at")
    if known.stand.state is not Clock.PAUSED and stood is not None and said != stood:
        yield Oddity(OddityKind.MOVED_FROM_ANOTHER_DATE, entry.position, {**facts, "stood": stood.isoformat()})


def _of_extension(entry: Entry, known: _Seen, ceilings: Ceilings | None) -> Iterator[Oddity]:
    if entry.word("reason") != "extended" or ceilings is None:
        return
    amount, _, unit = entry.word("limit").partition(" ")
    total = int(amount) if amount.isdigit() else 0
    known.extensions.append(total)
    ceiling = ceilings.get(_rule(entry)) or ceilings.get(known.rule)
    allowed = ceiling.amount if ceiling else 0
    too_often = ceiling is not None and ceiling.acts is not None and len(known.extensions) > ceiling.acts
    if total > allowed or too_often:
        facts = {"rule": entry.word("rule"), "total": f"{total} {unit}".strip(), "ceiling": f"{allowed} {unit}".strip()}
        yield Oddity(OddityKind.EXTENSION_BEYOND_CEILING, entry.position, {**facts, "acts": str(len(known.extensions))})


def _rule(entry: Entry) -> tuple[str, int]:
    version = entry.facts.get("rule_version")
    return entry.word("rule"), version if isinstance(version, int) else 0
