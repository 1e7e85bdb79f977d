"""Gaps in a numbering are found and named, whoever mentioned the version."""

from collections.abc import Set as AbstractSet

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.gaps import MISSING_MAX, Gap, Known, find_gaps
from services.audit.wire.words import gap_text

versions = st.sets(st.integers(min_value=1, max_value=40))


def known(*, stored: AbstractSet[int] = frozenset(), parked: AbstractSet[int] = frozenset(), mentioned: int = 0) -> Known:
    found = Known()
    found.store("routing", stored)
    for version in parked:
        found.park("routing", version)
    if mentioned:
        found.mention("routing", mentioned)
    return found


def test_a_numbering_without_a_hole_has_no_gap() -> None:
    assert find_gaps(known(stored={1, 2, 3}, mentioned=3)) == ()


def test_a_hole_is_named() -> None:
    assert find_gaps(known(stored={1, 3})) == (Gap("routing", said=3, missing=(2,), waiting=()),)


def test_what_others_mention_and_is_not_there_is_missing() -> None:
    assert find_gaps(known(stored={1}, mentioned=3)) == (Gap("routing", said=3, missing=(2, 3), waiting=()),)


def test_what_is_parked_waits_and_is_not_missing() -> None:
    assert find_gaps(known(stored={1}, parked={3})) == (Gap("routing", said=3, missing=(2,), waiting=(3,)),)


def test_an_event_that_was_parked_and_replayed_since_does_not_wait() -> None:
    assert find_gaps(known(stored={1, 2}, parked={2})) == ()


def test_a_wild_version_number_does_not_fill_the_answer() -> None:
    gap = find_gaps(known(stored={1}, mentioned=10**9))[0]
    assert (gap.said, len(gap.missing)) == (10**9, MISSING_MAX)


def test_each_source_is_looked_at_by_itself() -> None:
    found = Known()
    found.store("intake", {1})
    found.store("routing", {2})
    assert [gap.source for gap in find_gaps(found)] == ["routing"]


@given(stored=versions, parked=versions, mentioned=st.integers(min_value=0, max_value=50))
def test_every_version_said_is_stored_waiting_or_missing_and_only_one_of_them(
    stored: AbstractSet[int], parked: AbstractSet[int], mentioned: int
) -> None:
    gaps = find_gaps(known(stored=stored, parked=parked, mentioned=mentioned))
    said = max({0, mentioned, *stored, *parked})
    missing = gaps[0].missing if gaps else ()
    waiting = gaps[0].waiting if gaps else ()
    assert {*stored, *missing, *waiting} == set(range(1, said + 1))
    assert len(stored) + len(missing) + len(waiting) == said


def test_a_gap_is_said_as_a_sentence_in_both_languages() -> None:
    gap = Gap("routing", said=3, missing=(2,), waiting=())
    assert gap_text(gap, language="en") == "routing said version 3, but version 2 is missing"
    assert gap_text(gap, language="vi") == "routing đã ghi đến phiên bản 3 nhưng thiếu phiên bản 2"
    several = Gap("intake", said=4, missing=(1, 2), waiting=(4,))
    assert gap_text(several, language="en").startswith("intake said version 4, but version 1, 2 are missing; version 4 of intake")
