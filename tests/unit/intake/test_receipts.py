"""What an event commits to, and the receipt that opens it: made here, checked by the module that knows nothing of us."""

import json
from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.lodging import Lodging
from services.intake.domain.people import Contact, Person
from services.intake.domain.receipts import DETAILS, PARTS, PETITIONER, TEXT, LogProof
from services.intake.wire.commitment import ENTROPY_BYTES, Commitment, commitment_to
from services.intake.wire.lodging import lodged_event
from services.intake.wire.receipts import receipt_file
from shared.tlog.verify import entry_for, verify_receipt
from tests.unit.tlog import receipts

ENTROPY = bytes(range(ENTROPY_BYTES))
CODE = "HN8K-2FQ7-XM3P"
LODGING = Lodging(
    kind="complaint",
    jurisdiction="hanoi",
    text="Quyết định số 12 sai.\n",
    topic="dat-dai",
    commune="00070",
    latitude=21.0278,
    longitude=105.8342,
    place="12 Hàng Bài",
    contact=Contact(name="Nguyễn Văn A", phone="+84912345678"),
    channel="counter",
    language="vi",
    urgency=None,
    against="hanoi-00070",
    other_communes=("00071",),
    follows=UUID(int=7),
)


def _receipt(lodging: Lodging, commitment: Commitment | None, **more: frozenset[str]) -> str:
    event = lodged_event(lodging, code=CODE, commitment=commitment.digest if commitment else None)
    record = receipts.record(data=json.loads(event.model_dump_json()))
    log = receipts.log_of(entry_for(receipts.ENTRY_SALT, record.encode()))
    bare = receipts.receipt(log=log, said=record).split("\n")
    proof = "\n".join([bare[0], *bare[2:]])
    return receipt_file(LogProof(record, receipts.ENTRY_SALT.hex(), proof), code=CODE, commitment=commitment, **more)


def test_what_was_lodged_is_recognised_by_the_receipt() -> None:
    commitment = commitment_to(LODGING, ENTROPY)
    receipt = verify_receipt(_receipt(LODGING, commitment), receipts.KEY)
    assert receipt.holds(LODGING.text.encode()) == TEXT
    said = {
        "against": "hanoi-00070",
        "channel": "counter",
        "commune": "00070",
        "follows": str(UUID(int=7)),
        "jurisdiction": "hanoi",
        "kind": "complaint",
        "language": "vi",
        "latitude": 21.0278,
        "longitude": 105.8342,
        "other_communes": ["00071"],
        "place": "12 Hàng Bài",
        "topic": "dat-dai",
    }
    assert receipt.holds(json.dumps(said, indent=1).encode()) == DETAILS
    assert receipt.holds(json.dumps(said | {"place": "14 Hàng Bài"}).encode()) is None


def test_who_lodged_it_can_be_tried_only_where_he_wanted_it() -> None:
    commitment = commitment_to(LODGING, ENTROPY)
    who = '[{"name": "Nguyễn Văn A", "phone": "+84912345678"}]'.encode()
    assert verify_receipt(_receipt(LODGING, commitment), receipts.KEY).holds(who) is None
    opened = _receipt(LODGING, commitment, opened=frozenset(PARTS))
    assert verify_receipt(opened, receipts.KEY).holds(who) == PETITIONER


def test_all_who_lodge_jointly_are_committed_to() -> None:
    people = tuple(Person(Contact(name=name), is_representative=name == "A", has_signed=True) for name in "ABCDE")
    jointly = replace(LODGING, people=people, appointed_on=date(2026, 10, 1))
    commitment = commitment_to(jointly, ENTROPY)
    assert commitment.digest != commitment_to(replace(jointly, people=people[:4]), ENTROPY).digest
    assert commitment.digest != commitment_to(replace(jointly, appointed_on=date(2026, 10, 2)), ENTROPY).digest
    who = [{"has_signed": True, "is_representative": name == "A", "name": name} for name in "ABCDE"]
    opened = _receipt(jointly, commitment, opened=frozenset(PARTS))
    assert verify_receipt(opened, receipts.KEY).holds(json.dumps(who).encode()) == PETITIONER


def test_a_receipt_without_content_still_verifies() -> None:
    receipt = verify_receipt(_receipt(LODGING, None), receipts.KEY)
    assert (receipt.code, receipt.parts) == (CODE, {})


def test_the_words_that_a_part_was_taken_out_of_are_no_part_of_it() -> None:
    assert commitment_to(LODGING, ENTROPY) == commitment_to(replace(LODGING, former_text="Tất cả"), ENTROPY)


@given(st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES), st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES))
def test_the_same_words_are_never_seen_to_be_the_same(one: bytes, other: bytes) -> None:
    first, second = commitment_to(LODGING, one), commitment_to(LODGING, other)
    assert (first.digest == second.digest) == (one == other)
    assert Commitment.of_kept(first.kept()) == first
