"""What clients of Open311 send, as it is read: filters, fields, keys."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.mistakes import CODES, ENGLISH, VIETNAMESE, Mistake, told
from services.intake.domain.open311 import SPAN_MAX, Page, Question, Topic
from services.intake.gateways.client_keys import read_keys
from services.intake.wire.open311_asked import (
    code_of,
    fields_of,
    lodging_of,
    name_of,
    page_of,
    question_of,
    span_of,
    words_of,
)

NOW = datetime(2026, 11, 23, 1, 30, 15, 250_000, tzinfo=UTC)
FLOODING = Topic("ngap-ung", "Ngập úng & thoát nước", "Flooding & drainage")


def asked(**given: str) -> tuple[Question, list[str]]:
    question, mistakes = question_of(fields_of(list(given.items())), {"ngap-ung": FLOODING, "dien": FLOODING}, now=NOW)
    return question, [f"{item.field} {item.code}" for item in mistakes]


def test_without_filters_the_last_90_days_are_asked_for() -> None:
    question, mistakes = asked(jurisdiction_id="hanoi", status="", page=" ")
    assert (question.start, question.before) == (NOW - SPAN_MAX, NOW.replace(microsecond=0) + timedelta(seconds=1))
    assert (question.services, question.is_open, question.codes, question.page, mistakes) == (None, None, None, Page(), [])


def test_filters_are_read_as_lists() -> None:
    question, _ = asked(service_code="ngap-ung, khong-co,,dien", status="closed", page="3", page_size="50")
    assert (question.services, question.is_open, question.page.offset) == (("ngap-ung", "dien"), False, 100)
    assert asked(status="open,closed")[0].is_open is None
    assert asked(service_code="khong-co")[0].services == ()


@pytest.mark.parametrize(
    ("given", "start", "before"),
    [
        (
            {"start_date": "2026-11-20T00:00:00Z"},
            datetime(2026, 11, 20, tzinfo=UTC),
            datetime(2026, 11, 23, 1, 30, 16, tzinfo=UTC),
        ),
        (
            {"start_date": "2026-01-01T07:00:00+07:00"},
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC),
        ),
        (
            {"start_date": "2026-01-01T07:00:00 07:00"},
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC),
        ),
        ({"start_date": "2027-01-01T00:00:00Z"}, datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (
            {"end_date": "2026-04-01T00:00:00.5Z"},
            datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC),
            datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC),
        ),
    ],
)
def test_one_end_of_a_range_gives_the_other(given: dict[str, str], start: datetime, before: datetime) -> None:
    assert span_of(fields_of(list(given.items())), now=NOW) == (start, before, [])


@given(st.text(max_size=40))
def test_whatever_is_sent_as_a_date_or_a_page_is_an_answer_or_a_mistake(word: str) -> None:
    fields = {name: [word] for name in ("start_date", "end_date", "page", "page_size")}
    start, before, _ = span_of(fields, now=NOW)
    assert start.tzinfo is not None
    assert before.tzinfo is not None
    assert 1 <= page_of(fields)[0].size <= 1000


def test_numbers_of_requests_are_read_as_people_write_them_and_others_left_out() -> None:
    question, mistakes = asked(service_request_id="gc12-tp00-0001, HN8K-2FQ7-XM3P,1", status="lost")
    assert mistakes == []
    assert question.codes == ()
    assert code_of("0000 0000 0000") == "0000-0000-0000"


def posted(**sent: str) -> tuple[Any, list[str]]:
    found = lodging_of(fields_of(list(({"address_string": "12 Hàng Bài"} | sent).items())), FLOODING, "vi")
    return found.lodging, [f"{item.field} {item.code}" for item in found.mistakes]


def test_the_surname_goes_first_and_one_of_both_is_enough() -> None:
    assert posted(first_name="Văn Bưởi", last_name="Nguyễn")[0].contact.name == "Nguyễn Văn Bưởi"
    assert posted(first_name="Bưởi")[0].contact.name == "Bưởi"
    assert posted()[0].contact.name is None


@pytest.mark.parametrize(
    ("sent", "mistakes"),
    [
        ({"lat": "21.0", "long": "105.8"}, []),
        ({"lat": "21.0"}, ["long one_of_two"]),
        ({"long": "1e3"}, ["long bad_coordinate", "lat one_of_two"]),
        ({"lat": "٢١", "long": "105.8"}, ["lat bad_coordinate"]),
        ({"address_string": ""}, ["address_string no_location"]),
        ({"address_string": "", "address_id": "00070"}, []),
        ({"attribute[commune]": "70"}, ["commune bad_commune"]),
        ({"address_id": "Hoàn Kiếm"}, ["address_id bad_commune"]),
        ({"description": "x" * 4001}, ["description too_long"]),
        ({"description": "x" * 4000, "media_url": "y" * 2001}, ["media_url too_long"]),
    ],
)
def test_what_is_wrong_with_a_request_is_named(sent: dict[str, str], mistakes: list[str]) -> None:
    assert posted(**sent)[1] == mistakes


def test_the_address_of_a_picture_stays_on_one_line() -> None:
    assert words_of(fields_of([("media_url", "https://x/a\nb")]), 100)[0] == "media_url: https://x/a b"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("text", "description"),
        ("commune", "attribute[commune]"),
        ("petitioner.phone", "phone"),
        ("files.3", "media.3"),
        ("files", "media"),
        ("page", "page"),
        ("Idempotency-Key", "Idempotency-Key"),
    ],
)
def test_mistakes_are_named_as_clients_name_their_fields(ours: str, theirs: str) -> None:
    assert name_of(ours) == theirs


def test_every_mistake_of_theirs_has_words_in_both_languages() -> None:
    facts = {"limit": 1, "low": 1, "high": 2}
    for code in (
        "no_location",
        "bad_coordinate",
        "one_of_two",
        "one_value",
        "bad_instant",
        "bad_span",
        "start_after_end",
        "bad_number",
    ):
        assert code in CODES
        mistake = Mistake("x", code, facts)
        assert told(mistake, language=VIETNAMESE)["reason"] != told(mistake, language=ENGLISH)["reason"]


def test_keys_are_read_by_line_and_a_wrong_line_is_named() -> None:
    assert read_keys("# words\n\n  app-1   " + "a" * 64 + "\n") == {"a" * 64: "app-1"}
    for line in ("app-1", "App " + "a" * 64, "app " + "A" * 64, "app " + "a" * 63, "a b " + "a" * 64):
        with pytest.raises(ValueError, match="line 2"):
            read_keys(f"#\n{line}")
