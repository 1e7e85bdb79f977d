"""Who sees a petition, in a table: its office, those above, who oversees all; less where its own people may be denounced."""

import pytest

from shared.contracts.words import Role
from shared.identity import Principal, Sight

WARD, CITY, OTHER = "ward", "city", "other"


def person(role: Role, office: str | None = WARD, who: str = "p") -> Principal:
    return Principal(subject=who, roles=frozenset({role}), office=office)


HERE = (WARD, CITY)
ORDINARY = Sight(HERE)
OF_ANOTHER = Sight(HERE, is_sealed=True, against=OTHER)
OF_NOBODY_KNOWN = Sight(HERE, is_sealed=True)
OF_ITS_OWN = Sight(HERE, is_sealed=True, against=WARD)
COMPLAINT = Sight(HERE, against=WARD)


@pytest.mark.parametrize(
    ("reader", "sees", "sees_of_colleagues"),
    [
        (person(Role.OFFICER), True, False),
        (person(Role.HEAD), True, True),
        (person(Role.LEADER), True, True),
        (person(Role.LEADER, CITY), True, True),
        (person(Role.AUDITOR, None), True, True),
        (person(Role.SERVICE, None), True, True),
        (person(Role.OPERATOR, None), False, False),
        (person(Role.OPERATOR), False, False),
        (person(Role.CLERK), False, False),
        (person(Role.OFFICER, None), False, False),
        (person(Role.OFFICER, CITY), False, False),
        (person(Role.HEAD, CITY), False, False),
        (person(Role.HEAD, OTHER), False, False),
        (person(Role.LEADER, OTHER), False, False),
    ],
)
def test_who_sees_what(reader: Principal, *, sees: bool, sees_of_colleagues: bool) -> None:
    assert [sight.is_open_to(reader) for sight in (ORDINARY, COMPLAINT, OF_ANOTHER)] == [sees] * 3
    assert [sight.is_open_to(reader) for sight in (OF_NOBODY_KNOWN, OF_ITS_OWN)] == [sees_of_colleagues] * 2


@pytest.mark.parametrize("role", list(Role))
def test_who_is_excluded_sees_nothing_whatever_his_role(role: Role) -> None:
    reader = person(role)
    assert not Sight(HERE, excluded=frozenset({reader.actor})).is_open_to(reader)


def test_what_no_office_has_is_seen_by_those_who_oversee_all_alone() -> None:
    assert [Sight(()).is_open_to(person(role, "")) for role in (Role.OFFICER, Role.HEAD, Role.LEADER)] == [False] * 3
    assert Sight(()).is_open_to(person(Role.AUDITOR, None))
