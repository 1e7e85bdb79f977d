"""The people of the demonstration: where two persons decide, there are two who may."""

import pytest

from deploy.local.accounts import ACCOUNTS

HEADS_ALONE = {"hanoi"}
"""The offices with nobody above: their second person is another head."""


def test_every_account_has_a_name_of_its_own() -> None:
    assert len({account.name for account in ACCOUNTS}) == len(ACCOUNTS)


@pytest.mark.parametrize(
    "office", sorted({account.office for account in ACCOUNTS if account.office and account.office != "hanoi-tcd"})
)
def test_whoever_proposes_there_is_somebody_else_who_confirms(office: str) -> None:
    here = [account for account in ACCOUNTS if account.office == office]
    heads = [account for account in here if "head" in account.roles]
    above = [account for account in ACCOUNTS if "leader" in account.roles and account.office != office]
    assert "officer" in {role for account in here for role in account.roles}
    assert heads
    assert len(heads) > 1 if office in HEADS_ALONE else above


def test_letters_are_registered_at_the_city_too() -> None:
    assert any("clerk" in account.roles and account.office == "hanoi" for account in ACCOUNTS)
