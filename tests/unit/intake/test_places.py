"""How communes are called: by their office's name, as a unit, by the bare name, with or without accents."""

from datetime import date

import pytest

from services.intake.domain.places import Commune, Communes

SINCE = date(2025, 7, 1)
COMMUNES = Communes(
    [
        Commune("00070", "Uỷ ban nhân dân phường Hoàn Kiếm", SINCE),
        Commune("00400", "Uỷ ban nhân dân xã Yên Xuân", SINCE),
        Commune("00401", "Uỷ ban nhân dân phường Yên Xuân", SINCE),
        Commune("00500", "Xã Đại Thanh", date(2000, 1, 1), date(2025, 6, 30)),
        Commune("00501", "Uỷ ban nhân dân xã Đại Thanh", SINCE),
    ]
)


@pytest.mark.parametrize(
    "name", ["Uỷ ban nhân dân phường Hoàn Kiếm", "phường Hoàn Kiếm", "Hoàn Kiếm", "HOAN KIEM", "phuong  hoan kiem"]
)
def test_a_commune_is_known_by_each_of_its_names(name: str) -> None:
    assert COMMUNES.named(name) == "00070"


def test_a_name_that_two_have_is_nobodys_until_the_unit_is_named() -> None:
    assert COMMUNES.named("Yên Xuân") is None
    assert COMMUNES.named("xã Yên Xuân") == "00400"


def test_of_a_closed_commune_and_one_that_lives_the_name_is_the_living_ones() -> None:
    assert COMMUNES.named("xã Đại Thanh") == "00501"


def test_a_mistyped_name_is_answered_with_the_nearest() -> None:
    assert [commune.code for commune in COMMUNES.near("Hoan Kim")] == ["00070"]
