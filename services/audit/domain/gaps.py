"""Gaps: each service numbers what it says about one petition 1, 2, 3, so what is missing can be named.

Invariant: a version that anybody mentioned (the service itself, a later event of it, an event that names it as its cause) is
either in the log, or waits among the parked messages, or is reported as missing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

MISSING_MAX = 100
"""Versions named in one gap; a wild version number must not fill the answer."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What of one service is not in the log. `said` is the highest version that it is known to have said."""

    source: str
    said: int
    missing: tuple[int, ...]
    waiting: tuple[int, ...]


@dataclass(slots=True)
class Known:
    """What is known of one petition, by source: versions in the log, versions parked, and the highest that was mentioned."""

    stored: dict[str, set[int]] = field(default_factory=dict)
    parked: dict[str, set[int]] = field(default_factory=dict)
    mentioned: dict[str, int] = field(default_factory=dict)

    def store(self, source: str, versions: Iterable[int]) -> None:
        self.stored.setdefault(source, set()).update(versions)

    def park(self, source: str, version: int) -> None:
        self.parked.setdefault(source, set()).add(version)

    def mention(self, source: str, version: int) -> None:
        self.mentioned[source] = max(version, self.mentioned.get(source, 0))


def find_gaps(known: Known) -> tuple[Gap, ...]:
    """Return what is missing or waiting, by source."""
    sources = sorted({*known.stored, *known.parked, *known.mentioned})
    found = (_gap(source, known.stored, known.parked, known.mentioned.get(source, 0)) for source in sources)
    return tuple(gap for gap in found if gap is not None)


def _gap(source: str, stored: Mapping[str, Collection[int]], parked: Mapping[str, Collection[int]], mentioned: int) -> Gap | None:
    here = set(stored.get(source, ()))
    waiting = set(parked.get(source, ())) - here
    said = max((mentioned, *here, *waiting))
    if not waiting and len(here) == said:
        return None
    missing: list[int] = []
    for version in range(1, said + 1):
        if len(missing) == MISSING_MAX:
            break
        if version not in here and version not in waiting:
            missing.append(version)
    return Gap(source=source, said=said, missing=tuple(missing), waiting=tuple(sorted(waiting)))
