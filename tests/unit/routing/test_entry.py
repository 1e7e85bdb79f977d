"""Legal times that people state: in order, with evidence, and with a second person where they lie far back."""

from datetime import UTC, datetime, timedelta

import pytest

from services.routing.domain.entry import Bounds, Stated, needs_second, stated
from shared.kernel.refusals import Malformed, Refused

NOW = datetime(2026, 7, 20, 9, tzinfo=UTC)
BOUNDS = Bounds(NOW - timedelta(days=10), NOW - timedelta(days=5), timedelta(hours=24))


@pytest.mark.parametrize(("back", "is_for_two"), [(0, False), (24, False), (25, True), (119, True)])
def test_a_time_far_back_needs_a_second_person(back: int, is_for_two: bool) -> None:
    assert needs_second(Stated(NOW - timedelta(hours=back), "12/QĐ"), BOUNDS, now=NOW) is is_for_two


@pytest.mark.parametrize(("hours", "code"), [(1, "time_in_future"), (-121, "time_out_of_order"), (-241, "time_out_of_order")])
def test_a_time_that_cannot_be_true_is_refused(hours: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        needs_second(Stated(NOW + timedelta(hours=hours), "12/QĐ"), BOUNDS, now=NOW)
    assert refused.value.code == code


def test_a_time_and_its_evidence_belong_together() -> None:
    assert stated(None, None) is None
    for time, evidence in ((NOW, None), (None, "12/QĐ")):
        with pytest.raises(Malformed):
            stated(time, evidence)
