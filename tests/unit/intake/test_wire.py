"""Between what is sent, the domain, the event and the vault: nothing personal crosses into the event."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.lodging import Lodging
from services.intake.domain.people import Contact
from services.intake.wire.lodging import lodged_event, parse_lodging, vault_content
from shared.contracts.intake import SourceFactsV1
from shared.contracts.words import Kind

words = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=6, max_size=30)
optional = st.none() | words


def _parsed(**fields: Any) -> tuple[Lodging | None, list[str]]:
    lodging, mistakes = parse_lodging(json.dumps({"kind": "field_report", "text": "Đèn hỏng", **fields}).encode())
    return lodging, [f"{mistake.field} {mistake.code}" for mistake in mistakes]


@given(kind=st.sampled_from(list(Kind)), text=words, place=optional, name=optional, email=optional)
def test_no_word_of_the_petitioner_is_in_the_event_and_all_are_in_the_vault(
    kind: Kind, text: str, place: str | None, name: str | None, email: str | None
) -> None:
    marked = {"text": f"#1{text}", "place": place and f"#2{place}", "name": name and f"#3{name}", "email": email and f"#4{email}"}
    lodging = Lodging(
        kind=kind,
        jurisdiction="hanoi",
        text=marked["text"] or "",
        topic="giao-thong",
        commune="00070",
        latitude=21.025121,
        longitude=105.852341,
        place=marked["place"],
        contact=Contact(name=marked["name"], email=marked["email"], phone="+84912345678"),
        channel="web",
        language="vi",
        urgency=None,
    )
    event = lodged_event(lodging, code="HN8K-2FQ7-XM3P").model_dump_json()
    assert not any(mark in event for mark in ("#1", "#2", "#3", "#4", "912345678", "21.025121", "105.852341"))
    kept = vault_content(lodging)
    assert {field: kept.get(field) for field in marked} == marked


def test_a_denunciation_says_nothing_of_where_and_what_but_keeps_it_in_the_vault() -> None:
    lodging, _ = _parsed(kind="denunciation", topic="dat-dai", commune="00070", latitude=21.0, longitude=105.8, urgency="urgent")
    assert lodging is not None
    event = lodged_event(lodging, code="HN8K-2FQ7-XM3P")
    assert (event.topic, event.commune, event.latitude, event.longitude, event.urgency) == (None, None, None, None, None)
    assert event.is_physical is False
    assert vault_content(lodging)["commune"] == "00070"


@pytest.mark.parametrize(
    ("kind", "name", "is_imported", "procedure"),
    [
        ("denunciation", None, False, "denunciation.anonymous"),
        ("denunciation", "  ", False, "denunciation.anonymous"),
        ("denunciation", "Đỗ Thị Mận", False, None),
        ("denunciation", None, True, None),
        ("complaint", None, False, None),
    ],
)
def test_a_denunciation_without_a_name_takes_its_own_path(
    kind: str, name: str | None, is_imported: bool, procedure: str | None
) -> None:
    lodging, _ = _parsed(kind=kind, petitioner={"name": name, "email": "a@example.vn"})
    assert lodging is not None
    source = SourceFactsV1(system="x", reference="1") if is_imported else None
    assert lodged_event(lodging, code="HN8K-2FQ7-XM3P", source=source).procedure == procedure


PHONES = {
    "0912345678": "+84912345678",
    "0912 345 678": "+84912345678",
    "+84 912.345.678": "+84912345678",
    "024 3825 3536": "+842438253536",
    "+44 20 7946 0958": "+442079460958",
}


@pytest.mark.parametrize(("written", "stored"), PHONES.items())
def test_phone_numbers_are_kept_in_international_form(written: str, stored: str) -> None:
    lodging, mistakes = _parsed(petitioner={"phone": written})
    assert mistakes == []
    assert lodging is not None
    assert lodging.contact.phone == stored


BAD = {
    "petitioner.phone bad_phone": {"petitioner": {"phone": "gọi tôi"}},
    "kind not_listed": {"kind": "wish"},
    "channel not_listed": {"channel": "pigeon"},
    "colour unknown_field": {"colour": "red"},
    "petitioner.age unknown_field": {"petitioner": {"age": 7}},
    "latitude not_a_number": {"latitude": "north"},
    "text too_long": {"text": "x" * 100_001},
}


@pytest.mark.parametrize(("told", "fields"), BAD.items())
def test_what_cannot_be_read_is_named_by_field(told: str, fields: dict[str, Any]) -> None:
    assert _parsed(**fields)[1] == [told]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"kind": "field_report", "text": "\\ud800"}', b"[]", b"null"])
def test_a_body_that_is_no_petition_is_a_mistake_and_never_a_crash(body: bytes) -> None:
    lodging, mistakes = parse_lodging(body)
    assert lodging is None
    assert mistakes


def test_not_a_number_is_not_a_coordinate() -> None:
    body = b'{"kind": "field_report", "text": "x", "latitude": NaN, "longitude": Infinity}'
    assert parse_lodging(body)[0] is None
