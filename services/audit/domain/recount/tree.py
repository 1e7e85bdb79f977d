"""The directory as the events tell it: who can be told when a step climbs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Ladder:
    """The office that has the duty, and those above it, nearest first."""

    office: str
    superiors: tuple[str, ...] = ()


@dataclass(slots=True)
class Tree:
    """The latest entry of each office (the bodies of office.registered), and the zone of each jurisdiction."""

    offices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)

    def rung_above(self, holder: Ladder, rung: int, *, at: datetime) -> int | None:
        """Return the next rung (from 1) that somebody can be told on, None where nobody is left."""
        below = holder.office if not rung else holder.superiors[min(rung, len(holder.superiors)) - 1]
        led_by = self.offices.get(below, {}).get("head")
        for index, code in enumerate(holder.superiors, start=1):
            office = self.offices.get(code)
            if index <= rung:
                continue
            if office is None or (self._is_there(office, at) and (not office.get("head") or office["head"] != led_by)):
                return index
        return None

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
