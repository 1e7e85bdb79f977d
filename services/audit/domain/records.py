"""What the log holds, held against what a service says that it said: nothing missing on either side, nothing changed.

Invariant: what is not alike on both sides is a difference, unless it was recorded a moment ago and may be on its way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from services.audit.domain.entry import Entry

_COMPARED = ("id", "type", "effective_at", "recorded_at", "actor", "office", "is_sealed", "cause_id", "body_sha256")


class RecordKind(StrEnum):
    MISSING_HERE = "missing_here"
    """The service keeps it, the log does not."""
    MISSING_THERE = "missing_there"
    """The log keeps it, the service does not (any more)."""
    CHANGED = "changed"
    """Both keep it, and not alike."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as one side keeps it; `position` is its place in the log, None on the service's side."""

    id: UUID
    aggregate_id: UUID
    version: int
    type: str
    effective_at: datetime
    recorded_at: datetime
    actor: str
    authority: str | None
    office: str
    is_sealed: bool
    cause_id: UUID | None
    body_sha256: str
    position: int | None = None

    @property
    def key(self) -> tuple[UUID, int]:
        """What it is known by among what its service said: aggregate and version."""
        return self.aggregate_id, self.version


@dataclass(frozen=True, slots=True)
class RecordDifference:
    """One difference; `fields` are those that are not alike."""

    kind: RecordKind
    source: str
    aggregate_id: UUID
    version: int
    event_id: UUID
    type: str
    position: int | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs of one service, and how many events were recorded so late that they may be on their way."""

    differences: tuple[RecordDifference, ...]
    on_their_way: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """One service held against the log of one petition: `events` are those in the log; None where it did not answer."""

    source: str
    events: int
    comparison: Comparison | None

    @property
    def state(self) -> str:
        """In a word: away, differs, on_its_way or agrees."""
        if self.comparison is None:
            return "away"
        if self.comparison.differences:
            return "differs"
        return "on_its_way" if self.comparison.on_their_way else "agrees"


def record_of(entry: Entry) -> Recorded:
    """Return an entry of the log as it is compared."""
    return Recorded(
        id=entry.id,
        aggregate_id=entry.aggregate_id,
        version=entry.version,
        type=entry.type,
        effective_at=entry.effective_at,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        authority=entry.authority,
        office=entry.office,
        is_sealed=entry.is_sealed,
        cause_id=entry.cause.event_id if entry.cause else None,
        body_sha256=sha256(entry.body).hexdigest(),
        position=entry.position,
    )


def compare(source: str, ours: Iterable[Recorded], theirs: Iterable[Recorded], *, settled_before: datetime) -> Comparison:
    """Return what differs between the log (`ours`) and what `source` keeps, in the order of aggregates and versions.

    What the service recorded at `settled_before` or later and the log has not may be on its way.
    """
    here: Mapping[tuple[UUID, int], Recorded] = {item.key: item for item in ours}
    there: Mapping[tuple[UUID, int], Recorded] = {item.key: item for item in theirs}
    found: list[RecordDifference] = []
    on_their_way = 0
    for key in sorted({*here, *there}):
        our, their = here.get(key), there.get(key)
        if our is None and their is not None:
            if their.recorded_at >= settled_before:
                on_their_way += 1
            else:
                found.append(_difference(RecordKind.MISSING_HERE, source, their))
        elif their is None and our is not None:
            found.append(_difference(RecordKind.MISSING_THERE, source, our))
        elif our is not None and their is not None:
            fields = _unlike(our, their)
            if fields:
                found.append(_difference(RecordKind.CHANGED, source, our, fields))
    return Comparison(tuple(found), on_their_way)


def _unlike(our: Recorded, their: Recorded) -> tuple[str, ...]:
    """Return what is not alike. A right that only one side knows was said before the other one recorded rights."""
    fields = [name for name in _COMPARED if getattr(our, name) != getattr(their, name)]
    if our.authority is not None and their.authority is not None and our.authority != their.authority:
        fields.append("authority")
    return tuple(fields)


def _difference(kind: RecordKind, source: str, item: Recorded, fields: tuple[str, ...] = ()) -> RecordDifference:
    return RecordDifference(kind, source, item.aggregate_id, item.version, item.id, item.type, item.position, fields)
