"""How the clocks stood before and after each event: read from what escalation said, never counted.

Invariant: the state before a change is the state after the one before it; a change that does not fit that is an oddity
(services.audit.domain.oddities.clocks), not mended here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.audit.domain.entry import Entry


class Clock(StrEnum):
    """What a clock does. Ended: it was met, came late, fell away, lapsed or came into force."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Stand:
    """How one clock stands. `due_at` is None while it is paused; `outcome` says how it ended; `level` is that of the ladder."""

    state: Clock
    due_at: datetime | None
    is_breached: bool = False
    level: int = 0
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What one entry did to one clock: None before it was set."""

    position: int
    deadline_id: str
    before: Stand | None
    after: Stand


@dataclass(slots=True)
class Timed:
    """A clock of a petition: by which rule and step, where it was set, and how it stands after everything."""

    deadline_id: str
    rule: str
    step: str
    nature: str
    set_at: int
    stand: Stand
    rule_version: int | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """All clocks of a petition in the order in which they were set, and every change in the order of the log."""

    timed: tuple[Timed, ...]
    changes: tuple[Change, ...]

    def by_entry(self, causes: Mapping[int, int | None]) -> Mapping[int, Sequence[Change]]:
        """Return the changes that each entry made itself or through what it caused, each clock once: first before, last after.

        `causes` gives the position of each entry's cause.
        """
        found: dict[int, dict[str, Change]] = {}
        for change in self.changes:
            place: int | None = change.position
            while place is not None:
                known = found.setdefault(place, {}).get(change.deadline_id)
                whole = change if known is None else replace(change, before=known.before)
                found[place][change.deadline_id] = whole
                place = causes.get(place)
        return {position: tuple(by_clock.values()) for position, by_clock in found.items()}


def read_clocks(entries: Iterable[Entry]) -> Clocks:
    """Return what `entries` say of clocks; they are taken in the order in which escalation numbered them."""
    timed: dict[str, Timed] = {}
    changes: list[Change] = []
    for entry in sorted((e for e in entries if e.source == "escalation"), key=lambda e: e.version):
        key = entry.word("deadline_id")
        if not key:
            continue
        known = timed.get(key)
        before = known.stand if known else None
        after = _after(entry, before)
        if after is None:
            continue
        if known is None:
            timed[key] = _timed(entry, key, after)
        else:
            known.stand = after
        if after != before:
            changes.append(Change(entry.position, key, before, after))
    return Clocks(tuple(timed.values()), tuple(sorted(changes, key=lambda change: change.position)))


def _timed(entry: Entry, key: str, stand: Stand) -> Timed:
    version = entry.facts.get("rule_version")
    return Timed(
        deadline_id=key,
        rule=entry.word("rule"),
        step=entry.word("step"),
        nature=entry.word("nature") or "duty",
        set_at=entry.position,
        stand=stand,
        rule_version=version if isinstance(version, int) else None,
    )


def _after(entry: Entry, before: Stand | None) -> Stand | None:  # noqa: PLR0911 - one return for each event
    """Return how the clock stands after an entry; None where the entry says nothing of how it stands."""
    was = before or Stand(Clock.RUNNING, entry.instant("due_at"))
    is_withdrawn = entry.facts.get("withdraws_breach") is True
    match entry.what:
        case "deadline.set":
            return Stand(Clock.RUNNING, entry.instant("due_at"))
        case "deadline.moved":
            breached = was.is_breached and not is_withdrawn
            return Stand(Clock.RUNNING, entry.instant("due_at"), is_breached=breached, level=was.level if breached else 0)
        case "deadline.paused":
            return Stand(Clock.PAUSED, None, is_breached=was.is_breached and not is_withdrawn, level=was.level)
        case "deadline.breached":
            return replace(was, is_breached=True)
        case "petition.escalated":
            level = entry.facts.get("level")
            return replace(was, level=max(was.level, level if isinstance(level, int) else 0))
        case "deadline.met":
            return replace(was, state=Clock.ENDED, due_at=entry.instant("due_at"), outcome="met")
        case "deadline.ended":
            return replace(was, state=Clock.ENDED, due_at=entry.instant("due_at"), outcome=entry.word("reason"))
        case "deadline.reminded":
            return was
    return None
