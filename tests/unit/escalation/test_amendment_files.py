"""Amendments as operators write them: what is wrong is named, and nothing of ours breaks."""

import pytest

from services.escalation.wire.amendments import CALENDAR, RULE, read
from shared.kernel.refusals import Malformed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("calendar: hanoi\ndays_off:\n - {day: 2026-13-40, name: x}", "a day or a number in it does not exist"),
        ("calendar: hanoi\ndays_off: []", "it changes nothing"),
        ("calendar: hanoi\ndays_off:\n - {day: 2026-11-20, name: x}", "days_off.0.source"),
        ("calendar: [", "not YAML"),
        ("7", "amendment"),
    ],
)
@pytest.mark.parametrize("kind", [CALENDAR, RULE])
def test_a_wrong_file_is_refused_with_what_is_wrong(kind: str, content: str, said: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(kind, content)
    assert "pydantic" not in refused.value.detail
    if kind == CALENDAR:
        assert said in refused.value.detail
