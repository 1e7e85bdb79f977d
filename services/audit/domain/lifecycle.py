"""A petition's whole life: its entries in the order of the log, each below its cause, with what is missing or odd."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.gaps import Gap, Known, find_gaps
from services.audit.domain.oddities import Oddity, find_oddities


@dataclass(frozen=True, slots=True)
class Step:
    """An entry with its place in the tree of causes: `depth` 0 was caused by nothing that is in the log."""

    entry: Entry
    depth: int
    cause_position: int | None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A petition's life. It is complete when nothing is missing and nothing waits."""

    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    oddities: tuple[Oddity, ...]

    @property
    def is_complete(self) -> bool:
        return not self.gaps


def tell(entries: Sequence[Entry], known: Known) -> Lifecycle:
    """Return the life that `entries` tell. `known` holds what else was heard of: it is extended by what the entries say."""
    ordered = sorted(entries, key=lambda entry: entry.position)
    for entry in ordered:
        known.store(entry.source, (entry.version,))
        if entry.cause is not None:
            known.mention(entry.cause.source, entry.cause.version)
    return Lifecycle(steps=_below_their_causes(ordered), gaps=find_gaps(known), oddities=find_oddities(ordered))


def _below_their_causes(ordered: Sequence[Entry]) -> tuple[Step, ...]:
    """Causes stand before their effects in the log, so one walk is enough; a cause that stands later counts as unknown."""
    places: dict[UUID, Step] = {}
    for entry in ordered:
        cause = places.get(entry.cause.event_id) if entry.cause else None
        places[entry.id] = Step(entry, cause.depth + 1 if cause else 0, cause.entry.position if cause else None)
    return tuple(places.values())
