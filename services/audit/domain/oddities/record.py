"""Oddities of the record itself: causes, times, numbering, secrecy. They hold for every event, whatever it says."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.oddities.kinds import CLOCKS_DIFFER_MAX, Oddity, OddityKind

_BY_TIME = 7
"""The version of an id that begins with the milliseconds of its making (RFC 9562, 5.7)."""
_MILLISECOND_BITS = 80


def of_record(entries: Sequence[Entry]) -> Iterator[Oddity]:
    """Yield what is odd about how the entries of one petition are recorded."""
    by_id = {entry.id: entry for entry in entries}
    for entry in entries:
        yield from _of_one(entry)
        yield from _of_cause(entry, by_id)
    for entry, before in _neighbours(entries):
        if before.recorded_at - entry.recorded_at > CLOCKS_DIFFER_MAX:
            facts = {"before": before.recorded_at.isoformat(), "source": entry.source}
            yield Oddity(OddityKind.RECORDED_BACK, entry.position, facts)
        if before.is_sealed and not entry.is_sealed:
            yield Oddity(OddityKind.SEALED_SAID_OPENLY, entry.position, {"source": entry.source})


def _of_one(entry: Entry) -> Iterator[Oddity]:
    if not entry.is_readable:
        yield Oddity(OddityKind.UNREADABLE, entry.position, {"bytes": str(len(entry.body))})
    if entry.effective_at - entry.recorded_at > CLOCKS_DIFFER_MAX:
        ahead = entry.effective_at - entry.recorded_at
        yield Oddity(OddityKind.AHEAD_OF_TIME, entry.position, {"ahead": _length(ahead)})
    made_at = _made_at(entry.id)
    if made_at is not None and abs(made_at - entry.recorded_at) > CLOCKS_DIFFER_MAX:
        yield Oddity(OddityKind.ID_TIME_DIFFERS, entry.position, {"id_time": made_at.isoformat()})


def _of_cause(entry: Entry, by_id: Mapping[UUID, Entry]) -> Iterator[Oddity]:
    if entry.cause is None:
        return
    cause = by_id.get(entry.cause.event_id)
    if cause is None:
        named = f"{entry.cause.source} v{entry.cause.version}"
        yield Oddity(OddityKind.CAUSE_UNKNOWN, entry.position, {"cause": named})
    elif cause.recorded_at - entry.recorded_at > CLOCKS_DIFFER_MAX:
        facts = {"cause": f"#{cause.position}", "earlier": _length(cause.recorded_at - entry.recorded_at)}
        yield Oddity(OddityKind.BEFORE_ITS_CAUSE, entry.position, facts)


def _neighbours(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Yield each entry with the one before it in its source's own numbering."""
    last: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda e: e.version):
        before = last.get(entry.source)
        if before is not None:
            yield entry, before
        last[entry.source] = entry


def _made_at(event_id: UUID) -> datetime | None:
    """Return when an id says that it was made, None of an id that says nothing of time."""
    if event_id.version != _BY_TIME:
        return None
    try:
        return datetime.fromtimestamp((event_id.int >> _MILLISECOND_BITS) / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _length(span: timedelta) -> str:
    return str(timedelta(seconds=round(span.total_seconds())))
