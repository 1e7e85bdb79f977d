"""Tracking codes: readable over the phone, every single slip noticed, none told from another."""

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import code as codes
from services.intake.domain.code import ALPHABET, BadCode

entropies = st.binary(min_size=codes.ENTROPY_BYTES, max_size=codes.ENTROPY_BYTES)
places = st.integers(min_value=0, max_value=codes.LENGTH - 1)


def _symbols(code: str) -> list[str]:
    return list(code.replace("-", ""))


@given(entropies)
def test_a_code_is_read_back_however_people_write_it(entropy: bytes) -> None:
    code = codes.mint(entropy)
    plain = code.replace("-", "")
    for written in (code, plain, code.lower(), f"  {code.replace('-', ' ')} ", ".".join(plain), code.replace("-", "–")):
        assert codes.parse(written) == code


@given(entropies)
def test_letters_that_sound_or_look_alike_are_understood(entropy: bytes) -> None:
    code = codes.mint(entropy)
    for written, meant in (("O", "0"), ("I", "1"), ("L", "1"), ("S", "5"), ("U", "V")):
        assert codes.parse(code.replace(meant, written)) == code


@given(entropies, places, st.sampled_from(ALPHABET))
def test_every_single_wrong_symbol_is_noticed(entropy: bytes, place: int, symbol: str) -> None:
    code = codes.mint(entropy)
    symbols = _symbols(code)
    if symbols[place] == symbol:
        return
    symbols[place] = symbol
    with pytest.raises(BadCode):
        codes.parse("".join(symbols))


@given(entropies, places, places)
def test_every_swap_of_two_symbols_is_noticed(entropy: bytes, one: int, other: int) -> None:
    symbols = _symbols(codes.mint(entropy))
    if symbols[one] == symbols[other]:
        return
    symbols[one], symbols[other] = symbols[other], symbols[one]
    with pytest.raises(BadCode):
        codes.parse("".join(symbols))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "length"),
        ("HN8K", "length"),
        ("HN8K-2FQ7-XM3P-0", "length"),
        ("HN8K-2FQ7-XM3Đ", "symbol"),
        ("HN8K-2FQ7-XM3!", "symbol"),
    ],
)
def test_what_is_wrong_with_a_code_is_said_in_both_languages(written: str, reason: str) -> None:
    with pytest.raises(BadCode) as caught:
        codes.parse(written)
    errors: Any = caught.value.facts["errors"]
    (error,) = errors
    assert error["reason"] == reason
    assert error["remedy"].isascii() is False
    assert "code" in error["remedy"].lower()


def test_codes_use_all_symbols_alike_and_never_repeat() -> None:
    minted = [codes.mint(os.urandom(codes.ENTROPY_BYTES)) for _ in range(5000)]
    assert len(set(minted)) == len(minted)
    counts = {symbol: sum(code[0] == symbol for code in minted) for symbol in ALPHABET}
    assert min(counts.values()) > 5000 / len(ALPHABET) / 2
    assert max(counts.values()) < 5000 / len(ALPHABET) * 2


def test_no_symbol_can_be_mistaken_for_another() -> None:
    assert not set("OILSU") & set(ALPHABET)
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
