"""The one table from error to fate."""

import pytest

from shared.kernel.refusals import Malformed, Refused, Trouble, Unknown
from shared.messaging import outcomes
from shared.messaging.outcomes import Done, Later, Park, outcome_of, outcome_of_early


@pytest.mark.parametrize(
    ("error", "deliveries", "fate"),
    [
        (Refused("no"), 1, Done),
        (Unknown("nothing there"), 1, Done),
        (Malformed("unreadable"), 1, Park),
        (Trouble("down"), 1, Later),
        (Trouble("down"), outcomes.TROUBLE_DELIVERIES_MAX - 1, Later),
        (Trouble("down"), outcomes.TROUBLE_DELIVERIES_MAX, Park),
        (ZeroDivisionError(), 1, Later),
        (ZeroDivisionError(), outcomes.BUG_DELIVERIES_MAX, Park),
    ],
)
def test_each_error_has_its_fate(error: Exception, deliveries: int, fate: type) -> None:
    assert isinstance(outcome_of(error, deliveries=deliveries), fate)


def test_no_retry_comes_at_once_and_each_comes_later_than_the_last() -> None:
    fates = [outcome_of(Trouble("down"), deliveries=number) for number in range(1, outcomes.TROUBLE_DELIVERIES_MAX)]
    delays = [fate.delay_seconds for fate in fates if isinstance(fate, Later)]
    assert delays[0] > 0
    assert delays == sorted(delays)
    assert delays[-1] == outcomes.TROUBLE_DELAY_SECONDS_MAX


def test_trouble_is_borne_for_a_night() -> None:
    fates = [outcome_of(Trouble("down"), deliveries=number) for number in range(1, outcomes.TROUBLE_DELIVERIES_MAX)]
    assert sum(fate.delay_seconds for fate in fates if isinstance(fate, Later)) > 9 * 3600


def test_what_waits_too_long_for_an_earlier_event_is_parked_with_the_reason() -> None:
    fate = outcome_of_early(deliveries=outcomes.EARLY_DELIVERIES_MAX, waits_for="waits for version 2 of intake")
    assert isinstance(fate, Park)
    assert "version 2 of intake" in fate.reason
