"""Legal examples with dates: weekends, holidays, exchanged days, both versions of the acceptance of a complaint."""

import json
from datetime import date, datetime, timedelta

import pytest

from services.escalation.domain.basis import Basis
from services.escalation.domain.clocks import Clocks, Started
from services.escalation.domain.counting import canonical, digest, due
from services.escalation.domain.plan import StepKind
from services.escalation.domain.rules import Limit, Unit
from shared.contracts.words import Kind
from tests.unit.escalation import parts
from tests.unit.escalation.parts import act, hanoi, petition, rulebook


def routed(kind: str, lodged_at: datetime, *, urgency: str = "normal", channel: str = "web") -> Clocks:
    return parts.routed(petition(kind, lodged_at, channel=channel, urgency=urgency))


def counted(amount: int, unit: Unit, start: str) -> datetime:
    return due(Limit(amount, unit), rulebook().timetable("hanoi", ""), Basis("X.Y", 1, hanoi(f"{start} 09:00")))


def due_on(clocks: Clocks, rule: str) -> date:
    timetable = rulebook().timetable("hanoi", "")
    return next(timetable.local_date(deadline.due_at) for deadline in clocks.deadlines if deadline.rule == rule)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "last"),
    [
        ("2026-11-16", 7, Unit.WORKING_DAY, "2026-11-26"),  # Cultural Day on the 24th
        ("2026-08-21", 7, Unit.WORKING_DAY, "2026-09-03"),  # Saturday the 22nd is worked; 31 August to 2 September are off
        ("2026-02-10", 7, Unit.WORKING_DAY, "2026-02-26"),  # Tết
        ("2026-02-12", 5, Unit.WORKING_DAY, "2026-02-26"),
        ("2026-12-24", 10, Unit.WORKING_DAY, "2027-01-08"),  # New Year
        ("2025-12-31", 5, Unit.WORKING_DAY, "2026-01-09"),  # 2 January was exchanged
        ("2026-02-10", 10, Unit.CALENDAR_DAY, "2026-02-23"),  # the 20th is Tết: the next working day
        ("2026-07-06", 30, Unit.CALENDAR_DAY, "2026-08-05"),
        ("2026-07-06", 45, Unit.CALENDAR_DAY, "2026-08-20"),
        ("2026-10-10", 45, Unit.CALENDAR_DAY, "2026-11-25"),  # the 24th is a holiday
    ],
)
def test_a_limit_ends_on_the_day_that_the_law_names(start: str, amount: int, unit: Unit, last: str) -> None:
    timetable = rulebook().timetable("hanoi", "")
    due_at = counted(amount, unit, start)
    assert timetable.local_date(due_at).isoformat() == last
    assert due_at.astimezone(timetable.zone).strftime("%H:%M:%S.%f") == "23:59:59.999999"


OFF_2026 = {
    "01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24": 2026,
    "01-01": 2027,
}
WORKED_2026 = {date(2026, 1, 10), date(2026, 8, 22)}


def test_every_start_of_2026_is_counted_right_singly_and_in_bulk() -> None:
    off = {date.fromisoformat(f"{year}-{day}") for days, year in OFF_2026.items() for day in days.split()}
    timetable = rulebook().timetable("hanoi", "")
    starts = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    for limit in (3, 5, 7, 10, 15):
        expected = []
        for start in starts:
            day, left = start, limit
            while left:
                day += timedelta(days=1)
                left -= day in WORKED_2026 or (day.weekday() < 5 and day not in off)
            expected.append(day)
        assert [timetable.add_working_days(start, limit) for start in starts] == expected
        assert timetable.bulk_working_days([start.toordinal() for start in starts], limit) == [
            day.toordinal() for day in expected
        ]


@pytest.mark.parametrize(
    ("lodged", "version", "due"),
    [
        ("2026-06-30 23:59", 1, "2026-07-10"),
        ("2026-07-01 00:00", 2, "2026-07-10"),
        ("2026-06-29 10:00", 1, "2026-07-09"),
        ("2026-07-02 10:00", 2, "2026-07-13"),
    ],
)
def test_the_day_of_receipt_chooses_the_version_of_the_acceptance_limit(lodged: str, version: int, due: str) -> None:
    clocks = routed("complaint", hanoi(lodged))
    started = next(said for said in clocks.said if isinstance(said, Started) and said.rule.id == "KN1.ACCEPT")
    assert started.rule.version == version
    assert due_on(clocks, "KN1.ACCEPT").isoformat() == due


def test_the_ten_days_of_the_statute_warn_before_seven_working_days_over_tet() -> None:
    clocks = routed("complaint", hanoi("2027-01-29 09:00"))
    deadline = next(deadline for deadline in clocks.deadlines if deadline.rule == "KN1.ACCEPT")
    assert due_on(clocks, "KN1.ACCEPT").isoformat() == "2027-02-16"
    statute = counted(10, Unit.CALENDAR_DAY, "2027-01-29")
    assert statute in {step.at for step in deadline.steps if step.kind is StepKind.REMINDED}


def test_a_denunciation_and_a_letter_carry_their_clocks() -> None:
    assert due_on(routed("denunciation", hanoi("2026-11-16 09:00")), "TC.INIT").isoformat() == "2026-11-26"
    letter = routed("recommendation", hanoi("2026-10-10 09:00"), channel="counter")
    assert due_on(letter, "TCD.45").isoformat() == "2026-11-25"
    assert due_on(letter, "TCD.REPLY").isoformat() == "2026-10-23"


def test_an_urgent_report_has_eight_working_hours_and_four_more_from_reception() -> None:
    clocks = routed("field_report", hanoi("2026-11-23 16:30"), urgency="urgent")
    assert [deadline.due_at for deadline in clocks.deadlines] == [hanoi("2026-11-25 16:30")]
    clocks.hear(act("accepted", hanoi("2026-11-23 17:00")))
    urgent = next(deadline for deadline in clocks.deadlines if deadline.rule == "IH.URGENT")
    assert urgent.due_at == hanoi("2026-11-25 11:30")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_petition_has_a_clock_from_the_day_it_is_lodged(kind: Kind) -> None:
    assert routed(kind, hanoi("2026-11-16 09:00")).deadlines


def test_no_rule_that_lacks_a_confirmed_source_claims_to_be_law() -> None:
    for rule in rulebook().rules:
        if rule.is_service_level:
            assert "cam kết" in rule.name_vi
            assert "service level" in rule.name_en


def test_a_derivation_is_the_same_to_the_last_byte_whenever_it_is_made() -> None:
    one, other = (routed("complaint", hanoi("2026-11-16 09:00")) for _ in range(2))
    texts = [[said.derived.text for said in clocks.said if isinstance(said, Started)] for clocks in (one, other)]
    assert texts[0] == texts[1]
    assert all(
        said.derived.sha256 == digest(said.derived.text) and canonical(json.loads(said.derived.text)) == said.derived.text
        for said in one.said
        if isinstance(said, Started)
    )


def test_a_due_moment_beyond_the_known_holidays_says_so() -> None:
    clocks = routed("complaint", hanoi("2029-03-05 09:00"))
    assert '"years_without_holidays":[2029]' in next(said.derived.text for said in clocks.said if isinstance(said, Started))
