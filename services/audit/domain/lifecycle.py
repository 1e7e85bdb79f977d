"""A petition's whole life: its entries in the order of the log, each below its cause, with what is missing or odd."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.gaps import Gap, Known, find_gaps
from services.audit.domain.holding import Holders, read_holders
from services.audit.domain.oddities import Ceilings, Oddity, find_oddities
from services.audit.domain.readings import Reading, read_readings
from services.audit.domain.standing import Change, Clocks, read_clocks


@dataclass(frozen=True, slots=True)
class Step:
    """An entry with its place in the tree of causes: `depth` 0 was caused by nothing that is in the log.

    `effects` are the positions of what it caused; `clocks` what it did to clocks, itself or through what it caused.
    """

    entry: Entry
    depth: int
    cause_position: int | None
    effects: tuple[int, ...] = ()
    clocks: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A petition's life. It is complete when nothing is missing and nothing waits."""

    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    oddities: tuple[Oddity, ...]
    clocks: Clocks
    readings: tuple[Reading, ...]
    holders: Holders

    @property
    def is_complete(self) -> bool:
        return not self.gaps

    @property
    def is_sealed(self) -> bool:
        """Whether anything of it was said under seal."""
        return any(step.entry.is_sealed for step in self.steps)


def tell(
    entries: Sequence[Entry], known: Known, *, ceilings: Ceilings | None = None, also_having: frozenset[str] = frozenset()
) -> Lifecycle:
    """Return the life that `entries` tell. `known` holds what else was heard of: it is extended by what the entries say.

    `ceilings` and `also_having` are what oddities are judged by (see there).
    """
    ordered = sorted(entries, key=lambda entry: entry.position)
    for entry in ordered:
        known.store(entry.source, (entry.version,))
        if entry.cause is not None:
            known.mention(entry.cause.source, entry.cause.version)
    clocks = read_clocks(ordered)
    return Lifecycle(
        steps=_below_their_causes(ordered, clocks),
        gaps=find_gaps(known),
        oddities=find_oddities(ordered, ceilings=ceilings, also_having=also_having),
        clocks=clocks,
        readings=read_readings(ordered),
        holders=read_holders(ordered),
    )


def _below_their_causes(ordered: Sequence[Entry], clocks: Clocks) -> tuple[Step, ...]:
    """Causes stand before their effects in the log, so one walk is enough; a cause that stands later counts as unknown."""
    depths: dict[UUID, tuple[int, int]] = {}
    causes: dict[int, int | None] = {}
    effects: dict[int, list[int]] = {}
    for entry in ordered:
        depth, place = depths.get(entry.cause.event_id, (-1, None)) if entry.cause else (-1, None)
        depths[entry.id] = (depth + 1, entry.position)
        causes[entry.position] = place
        if place is not None:
            effects.setdefault(place, []).append(entry.position)
    changes: Mapping[int, Sequence[Change]] = clocks.by_entry(causes)
    return tuple(
        Step(
            entry,
            depths[entry.id][0],
            causes[entry.position],
            tuple(effects.get(entry.position, ())),
            tuple(changes.get(entry.position, ())),
        )
        for entry in ordered
    )
