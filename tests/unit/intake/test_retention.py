"""For how long what petitioners said is kept."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.intake.domain.retention import Kept, erased_before
from services.intake.wire.retention import SHIPPED, read_retention
from shared.contracts.words import Kind
from shared.kernel.refusals import Malformed

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (datetime(2031, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=ZONE)),
        (datetime(2031, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=ZONE)),  # the 24th has begun in Hanoi
        (datetime(2033, 2, 28, 3, tzinfo=UTC), datetime(2028, 2, 28, tzinfo=ZONE)),
        (datetime(2028, 2, 29, 3, tzinfo=UTC), datetime(2023, 3, 1, tzinfo=ZONE)),
    ],
)
def test_it_goes_on_the_same_day_five_years_later(now: datetime, before: datetime) -> None:
    assert erased_before(Kept(5, "x", "DESIGN"), now=now, zone=ZONE) == before


def test_every_kind_has_its_rule_and_says_where_it_comes_from() -> None:
    rules = read_retention(SHIPPED)
    assert set(rules) == set(map(str, Kind))
    assert all(kept.citation and kept.confirmation in ("TEXT", "RECALL", "DESIGN") for kept in rules.values())
    assert rules["complaint"].years >= rules["field_report"].years


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("rules: []", "complaint: 0 rules"),
        ("rules: [{kinds: [complaint, complaint], years: 1, citation: x, confirmation: DESIGN}]", "complaint: 2 rules"),
        ("rules: [{kinds: [complaint], years: 0, citation: x, confirmation: DESIGN}]", "years"),
        ("rules: [", "bad.yaml"),
    ],
)
def test_a_file_that_is_not_right_stops_the_start(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(content)
    with pytest.raises(Malformed, match=named):
        read_retention(file)
