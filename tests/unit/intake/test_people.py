"""Joint petitions: as many representatives as the law lets there be, every signature, every person once."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.people import JOINT_FROM, PEOPLE_MAX, Contact, Person, identity, mistakes_in_people

PETITION, OTHER = UUID(int=1), UUID(int=2)


def people(number: int, speaking: int) -> list[Person]:
    return [Person(Contact(f"Người {place}"), place < speaking, has_signed=True) for place in range(number)]


def wrong(persons: list[Person], *, has_appointment: bool = True) -> list[tuple[str, str]]:
    return [(mistake.field, mistake.code) for mistake in mistakes_in_people(persons, has_appointment=has_appointment)]


@given(st.integers(2, 40), st.integers(0, 40))
def test_five_to_ten_have_one_or_two_representatives_and_more_have_up_to_five(number: int, speaking: int) -> None:
    speaking = min(number, speaking)
    most = 2 if JOINT_FROM <= number <= 10 else 5
    is_right = number < JOINT_FROM or 1 <= speaking <= most
    assert wrong(people(number, speaking)) == ([] if is_right else [("petitioners", "representatives")])


@pytest.mark.parametrize(("number", "most"), [(5, 2), (10, 2), (11, 5), (PEOPLE_MAX, 5)])
def test_the_limits_lie_where_the_law_says(number: int, most: int) -> None:
    assert wrong(people(number, most)) == []
    assert wrong(people(number, most + 1)) == [("petitioners", "representatives")]
    assert wrong(people(number, 0)) == [("petitioners", "representatives")]


def test_who_did_not_sign_has_no_name_or_stands_twice_is_named() -> None:
    persons = people(6, 1)
    persons[2] = Person(Contact("Người 2"))
    persons[3] = Person(Contact(phone="+84912345678"), has_signed=True)
    persons[5] = Person(Contact("NGƯỜI  4"), has_signed=True)
    assert wrong(persons, has_appointment=False) == [
        ("petitioners.3.has_signed", "unsigned"),
        ("petitioners.4.name", "missing"),
        ("petitioners.6", "person_twice"),
        ("appointed_on", "no_appointment"),
    ]
    assert wrong(people(PEOPLE_MAX + 1, 1)) == [("petitioners", "too_many_people")]


def test_a_person_is_the_same_by_phone_then_by_mail_then_by_name_within_one_petition() -> None:
    first = identity(Contact("Lan", "lan@example.vn", "+84912345678"), PETITION)
    assert identity(Contact("Nguyễn Thị Lan", None, "+84912345678"), OTHER) == first
    assert identity(Contact(None, "LAN@example.vn"), PETITION) == identity(Contact("x", "lan@example.vn"), OTHER)
    assert identity(Contact("Lan"), PETITION) != identity(Contact("Lan"), OTHER)
    family = [identity(Contact(name, None, "+84912345678"), PETITION, is_joint=True) for name in ("Lan", "Hùng")]
    assert len(set(family)) == 2  # who signed is a person by his name, though a family shares a phone
