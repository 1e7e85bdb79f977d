"""What is signed here is what others sign, byte for byte."""

import base64

import pytest

from shared.tlog import verify
from shared.tlog.notes import Signer, signed
from tests.unit.tlog import vectors

TEXT = "city.example/log\n1\n" + base64.b64encode(bytes(32)).decode() + "\n"


def test_a_note_is_signed_as_in_the_published_example() -> None:
    seed = base64.b64decode(vectors.NEUMANN_SECRET)[1:]
    signer = Signer.from_seed("PeterNeumann", seed)
    assert str(signer.vkey) == vectors.NEUMANN_KEY
    assert str(signed(vectors.NEUMANN_TEXT, signer)) == f"{vectors.NEUMANN_TEXT}\n— PeterNeumann {vectors.NEUMANN_SIGNATURE}\n"


def test_a_witness_signs_the_time_with_the_text() -> None:
    log = Signer.from_seed("city.example/log", bytes(32))
    witness = Signer.from_seed("witness.example", bytes(range(32)), kind=verify.COSIGNATURE)
    note = signed(TEXT, log)
    line = str(witness.sign(TEXT, at=1_700_000_000))
    opened = verify.open_checkpoint(str(note) + line, log.vkey, witnesses=[witness.vkey], witnesses_min=1)
    assert opened.witnesses == {"witness.example": 1_700_000_000}
    earlier = bytearray(verify.Signature.parse(line).signature)
    earlier[7] ^= 1
    with pytest.raises(verify.Unproven):
        witness.vkey.verify(TEXT, bytes(earlier))


def test_a_key_for_notes_and_a_witness_key_of_the_same_secret_are_two_keys() -> None:
    plain, timed = (Signer.from_seed("a", bytes(32), kind=kind).vkey for kind in (verify.ED25519, verify.COSIGNATURE))
    assert plain.key_id != timed.key_id


@pytest.mark.parametrize(("name", "seed"), [("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32)), ("a", bytes(31))])
def test_a_bad_name_or_secret_makes_no_signer(name: str, seed: bytes) -> None:
    with pytest.raises(verify.Unreadable):
        Signer.from_seed(name, seed)
