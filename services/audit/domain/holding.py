"""Which office had a petition when, and who was above it: as routing said it, in the order of its own numbering."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.audit.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Held:
    """From one entry of routing on an office had it; `superiors` are above it, nearest first."""

    version: int
    position: int
    recorded_at: datetime
    office: str
    superiors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holders:
    """Every office that had it, in order."""

    held: tuple[Held, ...]

    def before(self, version: int) -> Held | None:
        """Return who had it when routing said its entry `version`; None before it was routed."""
        found = [item for item in self.held if item.version < version]
        return found[-1] if found else None

    def around(self, at: datetime, *, within: timedelta) -> Sequence[Held]:
        """Return who had it at an instant, or a moment before or after: services hear of a transfer a moment later."""
        found: list[Held] = []
        for place, item in enumerate(self.held):
            ends_at = self.held[place + 1].recorded_at if place + 1 < len(self.held) else None
            if item.recorded_at - within <= at and (ends_at is None or at <= ends_at + within):
                found.append(item)
        return found

    @property
    def last(self) -> Held | None:
        """Who has it now."""
        return self.held[-1] if self.held else None


def read_holders(entries: Iterable[Entry]) -> Holders:
    """Return the offices that had a petition."""
    ordered = sorted((e for e in entries if e.source == "routing"), key=lambda e: e.version)
    return Holders(tuple(item for item in map(_held, ordered) if item is not None))


def _held(entry: Entry) -> Held | None:
    if entry.what in ("petition.routed", "petition.transferred"):
        route = entry.facts.get("route")
        route = route if isinstance(route, dict) else {}
        return _of(entry, route.get("office"), route.get("superiors"))
    if entry.what == "petition.returned":
        return _of(entry, entry.facts.get("office"), entry.facts.get("superiors"))
    return None


def _of(entry: Entry, office: object, superiors: object) -> Held | None:
    if not isinstance(office, str):
        return None
    above = tuple(item for item in superiors if isinstance(item, str)) if isinstance(superiors, list) else ()
    return Held(entry.version, entry.position, entry.recorded_at, office, above)
