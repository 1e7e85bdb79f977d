"""The version vector: whatever the order, the repeats and the cut into batches, every event takes effect once and after its causes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import Cause, Envelope
from shared.messaging.inbox import Sorted, sort
from shared.messaging.incoming import Incoming

AT = datetime(2026, 7, 1, tzinfo=UTC)
PETITION = UUID(int=1)
HEARS = frozenset({"intake", "routing"})


@dataclass(frozen=True)
class Said:
    source: str
    version: int
    cause: tuple[str, int] | None = None


STORY = (
    Said("intake", 1),
    Said("routing", 1, ("intake", 1)),
    Said("routing", 2, ("routing", 1)),
    Said("intake", 2, ("routing", 2)),
    Said("routing", 3, ("escalation", 9)),  # caused by a service that this consumer does not hear: no reason to wait
    Said("routing", 4, ("intake", 2)),
)


def incoming(said: Said, place: int) -> Incoming:
    cause = said.cause and Cause(event_id=UUID(int=7), source=said.cause[0], version=said.cause[1])
    envelope = Envelope(
        id=UUID(int=100 + place),
        type="petitions.intake.petition.lodged.v1",
        source=said.source,
        aggregate_id=PETITION,
        version=said.version,
        effective_at=AT,
        recorded_at=AT,
        actor="test",
        correlation_id=PETITION,
        cause=cause or None,
        office="_",
        is_sealed=False,
        traceparent=None,
    )
    return Incoming(envelope=envelope, body=None, raw=b"", stream="PETITIONS", stream_seq=place)


def told(result: Sorted) -> list[tuple[str, int]]:
    return [(item.envelope.source, item.envelope.version) for item in result.ready]


@given(st.permutations(STORY * 2), st.lists(st.integers(min_value=1, max_value=5), min_size=1, max_size=12))
def test_any_order_repetition_and_batching_tells_the_same_story(deliveries: list[Said], sizes: list[int]) -> None:
    waiting = [incoming(said, place) for place, said in enumerate(deliveries)]
    vector: dict[tuple[UUID, str], int] = {}
    heard: list[tuple[str, int]] = []
    while waiting:
        size = sizes[len(heard) % len(sizes)]
        batch, waiting = waiting[:size], waiting[size:]
        result = sort(batch, vector, hears=HEARS)
        vector = result.after
        heard += told(result)
        waiting += result.early
    assert sorted(heard) == sorted((said.source, said.version) for said in STORY)
    for said in STORY:
        place = heard.index((said.source, said.version))
        assert said.version == 1 or (said.source, said.version - 1) in heard[:place]
        if said.cause and said.cause[0] in HEARS:
            assert said.cause in heard[:place]


def test_a_gap_is_waited_for() -> None:
    result = sort([incoming(STORY[2], 1)], {(PETITION, "routing"): 0}, hears=HEARS)
    assert not result.ready
    assert [item.envelope.version for item in result.early] == [2]


def test_one_batch_in_reverse_is_handled_at_once() -> None:
    result = sort([incoming(said, 10 - place) for place, said in enumerate(STORY)], {}, hears=HEARS)
    assert not result.early
    assert len(result.ready) == len(STORY)
