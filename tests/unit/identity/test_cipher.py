"""Envelope encryption: opened by the same key and context only; one flipped bit is noticed."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity import EnvelopeCipher, Sealed
from shared.kernel.refusals import Malformed

CIPHER = EnvelopeCipher(bytes(range(32)))
CONTEXT = b"petition 1"


@given(plain=st.binary(max_size=500), context=st.binary(max_size=50))
def test_what_was_sealed_opens_to_the_same(plain: bytes, context: bytes) -> None:
    assert CIPHER.open(CIPHER.seal(plain, context=context), context=context) == plain


@given(data=st.data())
def test_one_flipped_bit_anywhere_is_noticed(data: st.DataObject) -> None:
    sealed = CIPHER.seal(b"Nguyen Van A, 0912345678", context=CONTEXT)
    part = data.draw(st.sampled_from(["wrapped_key", "nonce", "ciphertext"]))
    changed = bytearray(getattr(sealed, part))
    place = data.draw(st.integers(min_value=0, max_value=len(changed) * 8 - 1))
    changed[place // 8] ^= 1 << place % 8
    with pytest.raises(Malformed):
        CIPHER.open(replace(sealed, **{part: bytes(changed)}), context=CONTEXT)


def test_another_context_or_master_key_opens_nothing() -> None:
    sealed = CIPHER.seal(b"secret", context=CONTEXT)
    with pytest.raises(Malformed):
        CIPHER.open(sealed, context=b"petition 2")
    with pytest.raises(Malformed):
        EnvelopeCipher(bytes(32)).open(sealed, context=CONTEXT)


def test_each_record_has_a_data_key_of_its_own() -> None:
    sealed = CIPHER.seal_many([(b"same", CONTEXT)] * 100)
    assert len({record.wrapped_key for record in sealed}) == len({record.ciphertext for record in sealed}) == 100
    swapped = Sealed(wrapped_key=sealed[0].wrapped_key, nonce=sealed[1].nonce, ciphertext=sealed[1].ciphertext)
    with pytest.raises(Malformed):
        CIPHER.open(swapped, context=CONTEXT)


def test_a_record_whose_wrapped_key_was_destroyed_opens_no_more() -> None:
    sealed = CIPHER.seal(b"secret", context=CONTEXT)
    with pytest.raises(Malformed):
        CIPHER.open(replace(sealed, wrapped_key=b""), context=CONTEXT)


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "not ascii ế"])
def test_a_master_key_file_must_hold_sixty_four_hexadecimal_digits(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Malformed) as refused:
        EnvelopeCipher.from_file(file)
    assert refused.value.code == "bad_master_key"


def test_a_master_key_file_may_end_with_a_line_break(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(bytes(range(32)).hex() + "\n")
    sealed = CIPHER.seal(b"secret", context=CONTEXT)
    assert EnvelopeCipher.from_file(file).open(sealed, context=CONTEXT) == b"secret"
