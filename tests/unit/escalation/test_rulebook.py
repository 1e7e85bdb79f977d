"""Rules and calendars as files: what cannot be right does not start the service."""

import shutil
from pathlib import Path

import pytest

from services.escalation.wire.calendars import calendar_of, read_calendar
from services.escalation.wire.rulebook import load_rulebook
from shared.kernel.refusals import Malformed
from tests.unit.escalation.parts import RULES


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    shutil.copytree(RULES, tmp_path / "rules")
    return tmp_path / "rules"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("effective_to: 2026-06-30", "effective_to: 2026-07-01", "in force on the same day"),
        ("version: 2", "version: 1", "stands twice"),
        ("unit: calendar_day}\n    start", "unit: fortnight}\n    start", "working_hour"),
        ("jurisdictions: [hanoi]", "jurisdictions: [atlantis]", "no calendar for jurisdiction atlantis"),
        ("met_by: [accepted, refused, guided, answered]", "met_by: [applauded]", "applauded"),
        ("reminders: [50, 80]", "reminders: [80, 50]", "rise"),
        ("void_by: [closed, withdrawn, terminated]", "void_by: [accepted]", "either"),
        ("amount: 10, unit: calendar_day}\n    start", "amount: 0, unit: calendar_day}\n    start", "amount"),
        ("rules:", "rules: [", "not YAML"),
        ("step: accept_or_refuse", "stepp: accept_or_refuse", "stepp"),
    ],
)
def test_a_rule_file_that_is_wrong_is_refused_with_its_reason(rules: Path, old: str, new: str, complaint: str) -> None:
    change(rules / "complaint_first.yaml", old, new)
    with pytest.raises(Malformed, match=complaint):
        load_rulebook(rules)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("zone: Asia/Ho_Chi_Minh", "zone: Asia/Hanoi", "time zone"),
        ('["13:30", "17:30"]', '["11:00", "17:30"]', "overlap"),
        ("last_year: 2028", "last_year: 2019", "last_year"),
    ],
)
def test_a_calendar_file_that_is_wrong_is_refused_with_its_reason(rules: Path, old: str, new: str, complaint: str) -> None:
    change(rules / "calendars" / "hanoi.yaml", old, new)
    with pytest.raises(Malformed, match=complaint):
        load_rulebook(rules)


def test_a_day_more_is_another_version_and_another_name_is_not(rules: Path) -> None:
    path = rules / "calendars" / "hanoi.yaml"
    before = calendar_of(read_calendar(path)).version
    change(path, "Nghỉ hoán đổi", "Nghỉ bù")
    assert calendar_of(read_calendar(path)).version == before
    change(path, "day: 2026-01-02", "day: 2026-01-05")
    assert calendar_of(read_calendar(path)).version != before


def test_the_override_file_rules_over_the_seed(rules: Path) -> None:
    path = rules / "calendars" / "hanoi.yaml"
    change(path, "- day: 2026-01-10", "- day: 2026-11-24")
    calendar = calendar_of(read_calendar(path))
    worked = next(day for day in calendar.worked if day.isoformat() == "2026-11-24")
    assert calendar.intervals_on(worked)


def test_the_calendars_are_those_whose_due_moments_were_published() -> None:
    versions = {name: table.calendar.version for name, table in load_rulebook(RULES).timetables.items()}
    assert versions == {"boston": "8048e9313a15", "hanoi": "9915007e7e78"}
