"""Witnesses sign what only grew, and their signatures are served; what is not theirs is refused, and what they saw more is a fork."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.audit.domain.forked import FaultKind, Forked
from services.audit.gateways.witnesses import HttpWitnesses, Witness
from services.audit.handlers import faults, witnessing
from services.audit.handlers.closing import CHECKPOINT, Closing, TheLog
from shared.kernel.refusals import CauNoiError, Malformed, Refused, Trouble
from shared.tlog import verify
from shared.tlog.notes import Signer, signed
from shared.tlog.tiles import WIDTH
from shared.tlog.verify import Checkpoint, open_checkpoint
from tests.contract.audit.closing import ORIGIN, SIGNER, LogHouse
from tests.contract.audit.witness import AT, SmallWitness, listening


@pytest.fixture
def witness() -> Iterator[SmallWitness]:
    with listening(SmallWitness(SIGNER.vkey)) as listens:
        yield listens


@pytest.fixture
async def http() -> AsyncIterator[HttpWitnesses]:
    asking = HttpWitnesses()
    yield asking
    await asking.close()


def witnessed(house: LogHouse, *witnesses: SmallWitness) -> TheLog:
    return replace(house.log, witnesses=tuple(Witness(one.signer.vkey, one.url) for one in witnesses))


async def ask(house: LogHouse, witness: SmallWitness, http: HttpWitnesses) -> bool:
    log = witnessed(house, witness)
    return await witnessing.ask(house.database, log, log.witnesses[0], http, now=house.clock.now())


async def test_a_witness_signs_each_checkpoint_and_its_signature_is_served(
    house: LogHouse, witness: SmallWitness, http: HttpWitnesses
) -> None:
    closing = house.closing()
    for number in (3, WIDTH, WIDTH + 5):
        await house.hear(number)
        size = await house.close_over(closing)
        assert await ask(house, witness, http)
        assert not await ask(house, witness, http)
        await closing.publish()
        shown = (house.folder / CHECKPOINT).read_text(encoding="utf-8")
        opened = open_checkpoint(shown, SIGNER.vkey, witnesses=[witness.signer.vkey], witnesses_min=1)
        assert (opened.checkpoint.size, opened.witnesses) == (size, {witness.signer.vkey.name: AT})
    assert witness.asked == 3


async def test_a_witness_that_knows_the_log_from_before_says_where_it_stands(
    house: LogHouse, witness: SmallWitness, http: HttpWitnesses
) -> None:
    await house.hear(5)
    await house.close_over()
    witness.latest = house.published().checkpoint
    await house.hear(WIDTH)
    await house.close_over()
    assert await ask(house, witness, http)
    assert witness.asked == 2
    assert witness.latest == house.published().checkpoint


@pytest.mark.parametrize("latest", [Checkpoint(ORIGIN, 900, bytes(32)), Checkpoint(ORIGIN, 5, bytes(32))])
async def test_a_witness_that_has_seen_more_or_something_else_is_evidence_of_a_fork(
    house: LogHouse, witness: SmallWitness, http: HttpWitnesses, latest: Checkpoint
) -> None:
    await house.hear(5)
    await house.close_over()
    witness.latest = latest
    with pytest.raises(Forked) as caught:
        await ask(house, witness, http)
    assert caught.value.kind is FaultKind.WITNESS_AHEAD
    await faults.found(house.database, ORIGIN, caught.value, now=house.clock.now())
    await house.hear(1)
    assert await house.closing().step() is None
    witness.latest = Checkpoint(ORIGIN, 0, verify.EMPTY_ROOT)
    house.clock.advance(timedelta(seconds=1))
    assert await ask(house, witness, http)
    assert await faults.open_ones(house.database, ORIGIN) == []


async def test_a_witness_that_does_not_know_the_log_or_is_away_stops_nothing(house: LogHouse, http: HttpWitnesses) -> None:
    stranger = SmallWitness(Signer.from_seed(ORIGIN, bytes(32)).vkey)
    await house.hear(5)
    await house.close_over()
    with listening(stranger), pytest.raises(Trouble, match="answers 403"):
        await ask(house, stranger, http)
    with pytest.raises(Trouble, match="does not answer"):
        await ask(house, stranger, http)
    await house.hear(1)
    assert await house.close_over() == 6


async def refusal(house: LogHouse, text: str, log: TheLog) -> CauNoiError:
    with pytest.raises((Refused, Malformed)) as caught:
        await witnessing.bring(house.database, log, text, now=house.clock.now())
    return caught.value


async def test_what_somebody_brings_is_taken_only_with_a_good_signature_of_a_witness_of_ours(house: LogHouse) -> None:
    ours, stranger = SmallWitness(SIGNER.vkey), SmallWitness(SIGNER.vkey, name="stranger.example", seed=bytes(32))
    log = witnessed(house, ours)
    await house.hear(5)
    await house.close_over()
    note = house.published().note
    at = int(house.clock.now().timestamp())
    good = str(ours.signer.sign(note.text, at=at))
    accepted = await witnessing.bring(house.database, log, str(note) + good, now=house.clock.now())
    assert (accepted.size, accepted.witnesses) == (5, (ours.signer.vkey.name,))
    other = str(signed(str(Checkpoint("elsewhere", 5, bytes(32))), SIGNER))
    unknown = str(signed(str(Checkpoint(ORIGIN, 4, bytes(32))), Signer.from_seed(ORIGIN, bytes(32))))
    wrong = {
        "bad_checkpoint": "nothing",
        "other_log": other,
        "checkpoint_unknown": unknown,
        "witness_unknown": str(note) + str(stranger.signer.sign(note.text, at=at)),
        "cosignature_not_good": str(note) + str(ours.signer.sign(note.text + "x\n", at=at)),
        "cosignature_from_future": str(note) + str(ours.signer.sign(note.text, at=at + 3600)),
    }
    for code, text in wrong.items():
        assert (await refusal(house, text, log)).code == code
    assert await faults.open_ones(house.database, ORIGIN) == []


async def test_a_checkpoint_with_our_signature_that_we_never_signed_is_written_down_for_good(house: LogHouse) -> None:
    await house.hear(5)
    await house.close_over()
    forged = str(signed(str(Checkpoint(ORIGIN, 5, bytes(32))), SIGNER))
    assert (await refusal(house, forged, house.log)).code == "checkpoint_differs"
    await house.hear(1)
    assert await house.closing().step() is None
    house.clock.advance(timedelta(days=1))
    now = house.clock.now()
    await faults.looked_through(house.database, ORIGIN, begun_at=now, now=now)
    assert len(await faults.open_ones(house.database, ORIGIN)) == 1


async def test_a_new_name_after_a_fork_begins_a_new_log(house: LogHouse) -> None:
    await house.hear(5)
    await house.close_over()
    await faults.found(house.database, ORIGIN, Forked(FaultKind.SIGNED_TWICE, "…"), now=house.clock.now())
    name = f"{ORIGIN}/2"
    log = replace(house.log, origin=name, signers=(Signer.from_seed(name, bytes(32)),))
    closing = Closing(house.database, log, house.clock)
    new = await closing.step()
    assert new is not None
    await closing.publish()
    shown = (house.folder / CHECKPOINT).read_text(encoding="utf-8")
    assert open_checkpoint(shown, log.signers[0].vkey).checkpoint.size == 5
