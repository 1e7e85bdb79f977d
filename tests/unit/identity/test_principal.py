"""The right under which somebody acts, as events say it."""

from shared.contracts.words import Role
from shared.identity import Principal


def person(*roles: Role, office: str | None = "hanoi-00070") -> Principal:
    return Principal(subject="canbo", roles=frozenset(roles), office=office, name="Nguyễn Văn A")


def test_the_right_is_a_role_and_its_office_and_never_a_name() -> None:
    assert person(Role.OFFICER).authority == "officer@hanoi-00070"
    assert person(Role.AUDITOR, office=None).authority == "auditor"


def test_a_service_needs_no_office() -> None:
    assert Principal(subject="intake", roles=frozenset({Role.SERVICE})).authority == "service"


def test_of_several_roles_it_is_one_that_was_asked_for() -> None:
    both = person(Role.OFFICER, Role.HEAD, Role.CLERK)
    assert both.authority == "officer@hanoi-00070"
    assert both.acting_as([Role.HEAD, Role.LEADER]).authority == "head@hanoi-00070"
    assert both.acting_as(["clerk"]).authority == "clerk@hanoi-00070"


def test_what_was_asked_for_takes_no_role_away_and_makes_nobody_another() -> None:
    both = person(Role.OFFICER, Role.HEAD)
    narrowed = both.acting_as([Role.HEAD])
    assert narrowed == both
    assert narrowed.has(Role.OFFICER)


def test_who_holds_no_role_uses_none() -> None:
    assert person().authority is None
    assert person(Role.OFFICER).acting_as([Role.LEADER]).authority is None
