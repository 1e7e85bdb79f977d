"""A directory is a dated tree: every mistake in one is found and named."""

from dataclasses import replace
from datetime import date

import pytest

from services.routing.domain.directory import Office
from services.routing.domain.directory_rules import mistakes_in
from services.routing.wire.directory_file import read_directory, shipped_directories
from shared.kernel.refusals import Malformed

DAY = date(2025, 7, 1)
CITY = Office("x", "x", "city", "X", "X", DAY, is_reception=True)
UNIT = Office("x-1", "x", "unit", "Một", "One", DAY, parent="x")


def codes(*offices: Office) -> set[str]:
    return {mistake.code for mistake in mistakes_in(offices)}


def test_what_is_shipped_has_no_mistake() -> None:
    for directory in shipped_directories():
        assert not mistakes_in(directory.offices)


@pytest.mark.parametrize(
    ("office", "code"),
    [
        (replace(UNIT, kind="guild"), "bad_kind"),
        (replace(UNIT, code="y-1"), "foreign_code"),
        (replace(UNIT, valid_to=date(2025, 6, 30)), "bad_dates"),
        (replace(UNIT, parent=None), "no_parent"),
        (replace(UNIT, parent="x-9"), "unknown_parent"),
        (replace(UNIT, parent="x-1"), "cycle"),
        (replace(UNIT, valid_to=date(2026, 1, 1), successors=("x-9",)), "unknown_successor"),
        (replace(UNIT, successors=("x",)), "early_successor"),
        (replace(UNIT, valid_to=date(2026, 1, 1), successors=("x-1",)), "successor_cycle"),
        (replace(UNIT, valid_from=date(2020, 1, 1)), "parent_not_valid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_mistake_is_named(office: Office, code: str) -> None:
    assert not codes(CITY, UNIT)
    assert code in codes(CITY, office)


def test_a_code_twice_and_a_missing_reception_office_are_named() -> None:
    assert "duplicate" in codes(CITY, UNIT, UNIT)
    assert "no_reception" in codes(replace(CITY, is_reception=False), UNIT)


def test_a_file_is_refused_with_every_line_that_is_wrong() -> None:
    content = """
jurisdiction: x
version: "1"
valid_from: 2025-07-01
offices:
  - {code: x, kind: city, vi: X, en: X, is_reception: true}
  - {code: x-1, kind: unit, vi: Một, en: One, parent: x-7}
  - {code: x-2, kind: unit, vi: Hai, en: Two}
"""
    with pytest.raises(Malformed) as refused:
        read_directory(content)
    errors = refused.value.facts["errors"]
    assert isinstance(errors, list)
    assert {error["code"] for error in errors} == {"unknown_parent", "no_parent"}
    assert all(error["reason"] and error["remedy"] for error in errors)


def test_what_is_not_yaml_is_said_to_be_none() -> None:
    with pytest.raises(Malformed):
        read_directory("offices: [")
