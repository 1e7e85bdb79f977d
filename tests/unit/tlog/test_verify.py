"""What the module that checks proofs believes, and what not: facts of others, and everything that is not quite right."""

import base64
import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import verify as tlog
from tests.unit.tlog import naive, vectors

ORIGIN = "city.example/log"
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = tlog.Vkey(name=ORIGIN, kind=tlog.ED25519, public_key=SECRET.public_key().public_bytes_raw())
WITNESS_SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
WITNESS = tlog.Vkey(name="witness.example/w1", kind=tlog.COSIGNATURE, public_key=WITNESS_SECRET.public_key().public_bytes_raw())
AT = 1_800_000_000


def unhex(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def line(key: tlog.Vkey, signature: bytes) -> str:
    return f"— {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def checkpoint(size: int, root: bytes, *, origin: str = ORIGIN, is_witnessed: bool = False) -> str:
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signed = f"{text}\n{line(KEY, SECRET.sign(text.encode()))}"
    if is_witnessed:
        cosigned = WITNESS_SECRET.sign(f"cosignature/v1\ntime {AT}\n{text}".encode())
        signed += line(WITNESS, AT.to_bytes(8, "big") + cosigned)
    return signed


RECORD = '{"id":"x","type":"petitions.intake.petition.lodged.v1"}'
SALT = bytes(range(16))
ENTRY = tlog.entry_for(SALT, RECORD.encode())
LEAVES = [tlog.leaf_hash(bytes([n]) * 32) for n in range(4)] + [tlog.leaf_hash(ENTRY), tlog.leaf_hash(b"last")]
EXTRA = json.dumps({"record": RECORD, "salt": SALT.hex(), "code": "HN-1"}).encode()


def proof(*, extra: bytes | None = EXTRA, index: int = 4, signed: str | None = None) -> str:
    hashes = tuple(naive.inclusion(4, LEAVES))
    signed = signed or checkpoint(len(LEAVES), naive.root(LEAVES), is_witnessed=True)
    return str(tlog.Proof(index=index, hashes=hashes, checkpoint=signed, extra=extra))


def test_the_empty_tree_and_single_hashes_are_those_of_rfc_6962() -> None:
    assert tlog.EMPTY_ROOT.hex() == vectors.EMPTY
    assert tlog.leaf_hash(b"").hex() == vectors.ROOTS[0]
    assert tlog.node_hash(tlog.leaf_hash(b""), tlog.leaf_hash(b"\x00")).hex() == vectors.ROOTS[1]


@pytest.mark.parametrize(("index", "size", "hashes"), vectors.INCLUSIONS)
def test_published_inclusion_proofs_hold_and_none_holds_for_a_neighbour(index: int, size: int, hashes: list[str]) -> None:
    leaf, root = tlog.leaf_hash(vectors.LEAVES[index]), bytes.fromhex(vectors.ROOTS[size - 1])
    tlog.verify_inclusion(index=index, size=size, leaf=leaf, hashes=unhex(hashes), root=root)
    for other in set(range(size)) - {index}:
        with pytest.raises(tlog.Unproven):
            tlog.verify_inclusion(index=other, size=size, leaf=leaf, hashes=unhex(hashes), root=root)


@pytest.mark.parametrize(("old", "new", "hashes"), vectors.CONSISTENCIES)
def test_published_consistency_proofs_hold_and_none_holds_for_another_root(old: int, new: int, hashes: list[str]) -> None:
    old_root, new_root = bytes.fromhex(vectors.ROOTS[old - 1]), bytes.fromhex(vectors.ROOTS[new - 1])
    check = partial(tlog.verify_consistency, old_size=old, new_size=new, hashes=unhex(hashes))
    check(old_root=old_root, new_root=new_root)
    with pytest.raises(tlog.Unproven):
        check(old_root=tlog.leaf_hash(b"?"), new_root=new_root)
    with pytest.raises(tlog.Unproven):
        check(old_root=old_root, new_root=tlog.leaf_hash(b"?"))


@given(st.integers(1, 40), st.data())
def test_a_proof_with_one_hash_more_less_or_changed_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves = [tlog.leaf_hash(bytes([n])) for n in range(size)]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, old_root = naive.root(leaves), naive.root(leaves[:old])
    for hashes in _spoilt(naive.inclusion(index, leaves), data):
        with pytest.raises(tlog.Unproven):
            tlog.verify_inclusion(index=index, size=size, leaf=leaves[index], hashes=hashes, root=root)
    for hashes in _spoilt(naive.consistency(old, leaves), data):
        with pytest.raises(tlog.Unproven):
            tlog.verify_consistency(old_size=old, old_root=old_root, new_size=size, new_root=root, hashes=hashes)


def _spoilt(hashes: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    place = data.draw(st.integers(0, len(hashes)))
    more = [*hashes[:place], tlog.leaf_hash(b"more"), *hashes[place:]]
    if not hashes:
        return [more]
    place %= len(hashes)
    less = hashes[:place] + hashes[place + 1 :]
    return [more, less, [*hashes[:place], bytes(32), *hashes[place + 1 :]]]


def test_an_empty_log_grows_into_any_log() -> None:
    tlog.verify_consistency(old_size=0, old_root=tlog.EMPTY_ROOT, new_size=2, new_root=naive.root(LEAVES[:2]), hashes=[])
    with pytest.raises(tlog.Unproven, match="roots of 0 entries"):
        tlog.verify_consistency(old_size=0, old_root=bytes(32), new_size=2, new_root=naive.root(LEAVES[:2]), hashes=[])
    with pytest.raises(tlog.Unproven, match="cannot have become"):
        tlog.verify_consistency(old_size=3, old_root=bytes(32), new_size=2, new_root=bytes(32), hashes=[])


@pytest.mark.parametrize(
    ("key", "note"),
    [
        (vectors.NEUMANN_KEY, f"{vectors.NEUMANN_TEXT}\n— PeterNeumann {vectors.NEUMANN_SIGNATURE}\n"),
        (vectors.FOO_KEY, vectors.FOO_NOTE),
        (vectors.ARCHE_KEY, vectors.ARCHE_CHECKPOINT),
        (vectors.REMORA_KEY, vectors.ARCHE_CHECKPOINT),
    ],
)
def test_notes_of_others_verify_and_one_changed_letter_spoils_them(key: str, note: str) -> None:
    vkey = tlog.Vkey.parse(key)
    assert str(vkey) == key
    read = tlog.Note.parse(note)
    assert str(read) == note
    assert list(read.verified_by([vkey])) == [vkey]
    with pytest.raises(tlog.Unproven, match="is not good"):
        tlog.Note.parse(note.replace("a", "b", 1)).verified_by([vkey])


def test_a_published_checkpoint_opens_with_its_log_and_its_witness() -> None:
    opened = tlog.open_checkpoint(
        vectors.ARCHE_CHECKPOINT,
        tlog.Vkey.parse(vectors.ARCHE_KEY),
        witnesses=[tlog.Vkey.parse(vectors.REMORA_KEY)],
        witnesses_min=1,
    )
    assert opened.checkpoint.size == vectors.ARCHE_SIZE
    assert opened.witnesses == {"remora.n621.de": 1779573024}


def test_signatures_of_strangers_count_nothing() -> None:
    signed = checkpoint(0, tlog.EMPTY_ROOT)
    stranger = tlog.Vkey.parse(vectors.ENOCH_KEY)
    assert not tlog.Note.parse(signed).verified_by([stranger])
    with pytest.raises(tlog.Unproven, match="no signature is of EnochRoot"):
        tlog.open_checkpoint(signed, stranger)
    with pytest.raises(tlog.Unproven, match="0 of the witnesses signed, 1 are asked for"):
        tlog.open_checkpoint(signed, KEY, witnesses=[WITNESS], witnesses_min=1)
    with pytest.raises(tlog.Unproven, match="the checkpoint is of elsewhere"):
        tlog.open_checkpoint(checkpoint(0, tlog.EMPTY_ROOT, origin="elsewhere"), KEY)


@pytest.mark.parametrize("cut", range(0, len(vectors.NEUMANN_KEY), 3))
def test_a_key_of_which_anything_is_missing_or_changed_is_no_key(cut: int) -> None:
    text = vectors.NEUMANN_KEY
    swapped = "." if text[cut] != "." else ","
    for bad in (text[:cut], text[:cut] + swapped + text[cut + 1 :]):
        with pytest.raises(tlog.Unreadable):
            tlog.Vkey.parse(bad)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n— na+me AAAAAAA=\n",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n— name AAAAAAA=",
        "text\n\n— name AAAAAAA= \n",
        "text\n\n— name AAAAAAA\n",
        "text\n\n— name AAAAAAB=\n",
        "te\rxt\n\n— name AAAAAAA=\n",
        "te\x00xt\n\n— name AAAAAAA=\n",
        "text\n\n" + "— name AAAAAAA=\n" * 101,
    ],
)
def test_what_is_no_signed_note_is_refused(bad: str) -> None:
    assert tlog.Note.parse("text\n\n— name AAAAAAA=\n").signatures[0].name == "name"
    with pytest.raises(tlog.Unreadable):
        tlog.Note.parse(bad)


@pytest.mark.parametrize(
    "bad", ["", "o\n1\n", "o\n1\nAAAA\n", "\n1\n{root}\n", "o\n01\n{root}\n", "o\n-1\n{root}\n", "o\n1\n{root}"]
)
def test_what_is_no_checkpoint_is_refused(bad: str) -> None:
    root = base64.b64encode(bytes(32)).decode()
    assert tlog.Checkpoint.parse(f"o\n1\n{root}\nmore\n") == tlog.Checkpoint("o", 1, bytes(32), ("more",))
    with pytest.raises(tlog.Unreadable):
        tlog.Checkpoint.parse(bad.replace("{root}", root))
    with pytest.raises(tlog.Unreadable):
        tlog.Checkpoint.parse(f"o\n{2**63}\n{root}\n")


def test_a_proof_verifies_alone_with_what_it_carries() -> None:
    proven = tlog.verify_proof(proof(), str(KEY), witnesses=[WITNESS], witnesses_min=1)
    assert proven.record == RECORD.encode()
    assert proven.extra["code"] == "HN-1"
    assert proven.opened.checkpoint.size == len(LEAVES)
    assert proven.opened.witnesses == {WITNESS.name: AT}


def test_a_proof_without_extra_verifies_with_the_entry_and_with_no_other() -> None:
    bare = proof(extra=None)
    assert tlog.Proof.parse(bare).extra is None
    assert str(tlog.Proof.parse(bare)) == bare
    assert tlog.verify_proof(bare, KEY, entry=ENTRY).record is None
    with pytest.raises(tlog.Unproven, match="another root"):
        tlog.verify_proof(bare, KEY, entry=tlog.entry_for(SALT, b"{}"))
    with pytest.raises(tlog.Unreadable, match="does not hold the record"):
        tlog.verify_proof(bare, KEY)


@pytest.mark.parametrize(
    "extra",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"record": 1}',
        b'{"record": "x", "salt": "AB"}',
        b'{"record": "\\ud800", "salt": "%s"}' % (b"0" * 32),
    ],
)
def test_an_extra_without_record_and_salt_is_refused(extra: bytes) -> None:
    with pytest.raises(tlog.Unreadable) as caught:
        tlog.verify_proof(proof(extra=extra), KEY)
    assert caught.value.code == "bad_extra"


def test_no_letter_of_a_proof_can_be_changed_unnoticed() -> None:
    good = proof()
    start = good.index("index ")
    end = good.index(WITNESS.name)
    for place in range(start, end):
        bad = good[:place] + ("B" if good[place] != "B" else "C") + good[place + 1 :]
        with pytest.raises(tlog.ProofError):
            tlog.verify_proof(bad, KEY, witnesses=[WITNESS], witnesses_min=1)


def test_the_module_works_alone(tmp_path: Path) -> None:
    shutil.copy(Path(tlog.__file__), tmp_path / "verify.py")
    (tmp_path / "a.tlog-proof").write_text(proof(), encoding="utf-8")
    asked = f"import verify; print(verify.verify_proof(open('a.tlog-proof').read(), {str(KEY)!r}).record.decode())"
    answer = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == RECORD
