"""Cursors: what a page ends with, the next begins after; what is none is refused in words."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from shared.kernel.refusals import Malformed
from shared.web.paging import NUMBER_MAX, cursor_of, id_of, number_of, place_of

AT = datetime(2026, 11, 16, 1, 2, 3, 456789, tzinfo=UTC)
KEY = UUID(int=7)


@pytest.mark.parametrize("at", [AT, AT.astimezone(timezone(timedelta(hours=7))), None])
def test_a_place_comes_back_as_it_was(at: datetime | None) -> None:
    assert place_of(cursor_of(at, KEY)) == (at, KEY)


def test_without_a_cursor_the_first_page_is_meant() -> None:
    assert (place_of(None), id_of(None), number_of(None)) == (None, None, 0)


def test_ids_and_numbers_are_their_own_cursors() -> None:
    assert (id_of(str(KEY)), number_of(str(NUMBER_MAX))) == (KEY, NUMBER_MAX)


@pytest.mark.parametrize(
    ("read", "cursor"),
    [
        (place_of, "x"),
        (place_of, f"~{KEY}"),
        (id_of, "x"),
        (number_of, ""),
        (number_of, "-1"),
        (number_of, str(NUMBER_MAX + 1)),
        (number_of, "9" * 5000),
    ],
)
def test_what_is_no_cursor_is_refused_with_a_remedy(read: Callable[[str], object], cursor: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(cursor)
    assert refused.value.code == "bad_cursor"
    assert "'field': 'cursor'" in str(refused.value.facts["errors"])
