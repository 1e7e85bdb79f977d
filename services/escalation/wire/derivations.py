"""Derivations for people and for checking: one sentence in words, and counting again from an exported file alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from services.escalation.domain import counting
from services.escalation.domain.basis import Basis
from services.escalation.domain.rules import Endings, Limit, Rule, Unit, Warnings
from services.escalation.domain.timetable import Timetable
from services.escalation.wire.calendars import calendar_from
from shared.kernel.refusals import Malformed

UNITS = {
    "vi": {"working_day": "ngày làm việc", "calendar_day": "ngày", "working_hour": "giờ làm việc"},
    "en": {"working_day": "working days", "calendar_day": "days", "working_hour": "working hours"},
}
NO_CLAIM = {
    "vi": " Đây là mức cam kết của đơn vị, không phải thời hạn luật định.",
    "en": " This is the office's own service level, not a limit set by law.",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of counting an exported derivation again; no `mistakes`: it holds."""

    deadline: str
    rule: str
    due_at: str
    mistakes: Sequence[str]


def sentence(name: str, derivation: Mapping[str, Any], language: str, *, is_service_level: bool) -> str:
    """Return why a deadline ends when it does, in one sentence that a citizen understands."""
    zone = ZoneInfo(derivation["zone"])
    due = _local(derivation["due_at"], zone)
    limit, counted = derivation["limit"], derivation["counted"]
    off = len(counted.get("days_off", {}))
    paused = sum((date.fromisoformat(end) - date.fromisoformat(begin)).days for begin, end in derivation["pauses"])
    amount = limit["amount"] + derivation["extended_by"]
    claim = NO_CLAIM[language] if is_service_level else ""
    unit = UNITS[language].get(limit["unit"], limit["unit"])
    start = _local(derivation["started_at"], zone)
    if limit["unit"] in ("source", "planned") or limit["is_before"]:
        words = {
            "vi": f"{name}: hạn là {due}, theo ngày đã ấn định ({derivation['citation']}).",
            "en": f"{name}: due {due}, by the day that was set ({derivation['citation']}).",
        }
        return words[language] + claim
    if language == "vi":
        extra = (f", đã gia hạn {derivation['extended_by']} {unit}" if derivation["extended_by"] else "") + (
            f", không tính {paused} ngày tạm đình chỉ" if paused else ""
        )
        skipped = f", trừ {off} ngày nghỉ" if off and limit["unit"] == "working_day" else ""
        return (
            f"{name}: hạn chót là {due}, vì có {amount} {unit} kể từ {start}{skipped}{extra} ({derivation['citation']}).{claim}"
        )
    extra = (f", extended by {derivation['extended_by']} {unit}" if derivation["extended_by"] else "") + (
        f", {paused} suspended days left out" if paused else ""
    )
    skipped = f", {off} days off not counted" if off and limit["unit"] == "working_day" else ""
    return (
        f"{name}: due by {due}, because there are {amount} {unit} from {start}{skipped}{extra} ({derivation['citation']}).{claim}"
    )


def verify_file(path: Path) -> list[Proof]:
    """Count every derivation of an exported file again, without database or server. Raises Malformed where it cannot be read."""
    try:
        content = orjson.loads(path.read_bytes())
        items = content["deadlines"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Malformed(f"{path.name} is not an exported derivation: {error}", code="derivation_file") from error
    return [verify(item) for item in items]


def verify(item: Mapping[str, Any]) -> Proof:
    """Count one exported derivation again: the calendar's version, the due moment, each counted day, and the digest."""
    try:
        record = item["derivation"]
        calendar = calendar_from(item["calendar"])
        text = counting.canonical(record)
        timetable = Timetable(calendar)
        rule, basis = _rule(record), _basis(record)
        again = counting.canonical(counting.derivation(rule, timetable, basis, counting.count(rule, timetable, basis)))
        checks = (
            (calendar.version == record["calendar_version"], "the calendar is not the version that the derivation names"),
            (counting.digest(text) == item["derivation_sha256"], "the derivation is not what the event committed to"),
            (again == text, _first_difference(text, again)),
            (item["due_at"] == record["due_at"], "the due moment beside the derivation is another one"),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Malformed(f"a derivation lacks or garbles {error}", code="derivation_file") from error
    return Proof(str(item["id"]), record["rule"], record["due_at"], [mistake for holds, mistake in checks if not holds])


def _first_difference(said: str, again: str) -> str:
    ours, theirs = orjson.loads(again), orjson.loads(said)
    fields = [field for field in sorted(ours.keys() | theirs.keys()) if ours.get(field) != theirs.get(field)]
    return "; ".join(f"{field}: stated {theirs.get(field)}, counted {ours.get(field)}" for field in fields)


def _rule(record: Mapping[str, Any]) -> Rule:
    limit = record["limit"]
    return Rule(
        id=record["rule"],
        version=record["rule_version"],
        step="",
        limit=Limit(limit["amount"], Unit(limit["unit"]), limit["is_before"]),
        start=frozenset(),
        endings=Endings(frozenset()),
        warnings=Warnings(),
        citation=record["citation"],
        confirmation=record["confirmation"],
        effective_from=date.min,
        is_rolled=record["is_rolled"],
    )


def _basis(record: Mapping[str, Any]) -> Basis:
    given_by = record["counted"].get("given_by")
    return Basis(
        rule=record["rule"],
        rule_version=record["rule_version"],
        started_at=datetime.fromisoformat(record["started_at"]),
        planned_on=date.fromisoformat(record["planned_on"]) if record["planned_on"] else None,
        given_at=datetime.fromisoformat(record["due_at"]) if given_by is not None else None,
        given_by=given_by,
        pauses=tuple((date.fromisoformat(begin), date.fromisoformat(end)) for begin, end in record["pauses"]),
        extended_by=record["extended_by"],
    )


def _local(instant: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(instant).astimezone(zone).strftime("%H:%M %d/%m/%Y")
