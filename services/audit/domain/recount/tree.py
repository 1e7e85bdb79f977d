"""The directory as the events tell it: who can be told when a step climbs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

OfficeData = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The office that has the duty, and those above it, nearest first."""

    office: str
    superiors: tuple[str, ...] = ()


@dataclass(slots=True)
class Tree:
    """Every entry of each office (when it was recorded, the body of office.registered), and the zone of each jurisdiction."""

    offices: Mapping[str, Sequence[tuple[datetime, OfficeData]]] = field(default_factory=dict)
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)

    def rung_above(self, holder: Ladder, rung: int, *, at: datetime, known_at: datetime) -> int | None:
        """Return the next rung (from 1) that somebody can be told on by what was known, None where nobody is left."""
        below = holder.office if not rung else holder.superiors[min(rung, len(holder.superiors)) - 1]
        led_by = (self._office(below, known_at) or {}).get("head")
        for index, code in enumerate(holder.superiors, start=1):
            office = self._office(code, known_at)
            if index <= rung:
                continue
            if office is None or (self._is_there(office, at) and (not office.get("head") or office["head"] != led_by)):
                return index
        return None

    def _office(self, code: str, known_at: datetime) -> OfficeData | None:
        known = [body for recorded_at, body in self.offices.get(code, ()) if recorded_at <= known_at]
        return known[-1] if known else None

    def _is_there(self, office: Mapping[str, Any], at: datetime) -> bool:
        today = at.astimezone(self.zones.get(str(office["jurisdiction"]))).date()
        if today < _day(office["valid_from"]) or (office.get("valid_to") and today > _day(office["valid_to"])):
            return False
        absences = office.get("absences") or ()
        return not any(
            _day(item["from_on"]) <= today and (not item["to_on"] or today <= _day(item["to_on"])) for item in absences
        )


def _day(text: object) -> date:
    return date.fromisoformat(str(text))
