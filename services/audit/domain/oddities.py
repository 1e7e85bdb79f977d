"""Oddities: what is complete in the log and yet cannot be right, or needs an explanation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from services.audit.domain.entry import Entry

CLOCKS_DIFFER_MAX = timedelta(seconds=5)
"""The clocks of two machines may differ by this much without being remarked upon."""

_ACTS = frozenset(
    {
        "petition.accepted",
        "petition.refused",
        "petition.transferred",
        "petition.answered",
        "petition.routed",
        "petition.closed",
        "petition.reopened",
    }
)


class OddityKind(StrEnum):
    CAUSE_UNKNOWN = "cause_unknown"
    BEFORE_ITS_CAUSE = "before_its_cause"
    AHEAD_OF_TIME = "ahead_of_time"
    ANSWERED_BEFORE_ACCEPTED = "answered_before_accepted"
    CLOSED_WITHOUT_ANSWER = "closed_without_answer"
    ACT_AFTER_CLOSING = "act_after_closing"


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is odd, and about which entry."""

    kind: OddityKind
    position: int


def find_oddities(entries: Sequence[Entry]) -> tuple[Oddity, ...]:
    """Return what is odd in one petition's entries (in the order of the log), in that order."""
    by_id = {entry.id: entry for entry in entries}
    found = [oddity for entry in entries for oddity in _of_one(entry, by_id)]
    found += _of_the_procedure([entry for entry in entries if entry.what in _ACTS])
    return tuple(sorted(found, key=lambda oddity: (oddity.position, oddity.kind)))


def _of_one(entry: Entry, by_id: Mapping[UUID, Entry]) -> Iterator[Oddity]:
    if entry.effective_at - entry.recorded_at > CLOCKS_DIFFER_MAX:
        yield Oddity(OddityKind.AHEAD_OF_TIME, entry.position)
    if entry.cause is None:
        return
    cause = by_id.get(entry.cause.event_id)
    if cause is None:
        yield Oddity(OddityKind.CAUSE_UNKNOWN, entry.position)
    elif cause.recorded_at - entry.recorded_at > CLOCKS_DIFFER_MAX:
        yield Oddity(OddityKind.BEFORE_ITS_CAUSE, entry.position)


def _of_the_procedure(acts: Sequence[Entry]) -> Iterator[Oddity]:
    """Look at the acts of the office in the order in which routing numbered them."""
    done: set[str] = set()
    for entry in sorted(acts, key=lambda entry: entry.version):
        if entry.what == "petition.reopened":
            done -= {"petition.closed", "petition.answered"}
        if "petition.closed" in done:
            yield Oddity(OddityKind.ACT_AFTER_CLOSING, entry.position)
        if entry.what == "petition.answered" and "petition.accepted" not in done:
            yield Oddity(OddityKind.ANSWERED_BEFORE_ACCEPTED, entry.position)
        if entry.what == "petition.closed" and entry.facts.get("outcome") == "answered" and "petition.answered" not in done:
            yield Oddity(OddityKind.CLOSED_WITHOUT_ANSWER, entry.position)
        done.add(entry.what)
