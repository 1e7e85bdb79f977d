"""What anybody may lodge, what only offices do, and topics that are known: nothing else travels in events."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.gateways.topics import RoutingTopics
from shared.contracts.words import Channel, Kind, Role
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import Trouble
from shared.testing import wait_until
from shared.testing.clock import FakeClock
from tests.component.intake.conftest import Intake
from tests.component.intake.neighbour import PlayedRouting

SENT = {"kind": "recommendation", "text": "Đề nghị trồng cây."}
OFFICES_KINDS = ("commitment", "dialogue_question", "voters_petition")
OFFICES_CHANNELS = ("counter", "phone", "post", "email")
NAMED = "nguyen-van-a-0912345678"


async def codes(intake: Intake, headers: dict[str, str] | None = None, **more: Any) -> list[tuple[str, str]]:
    answer = await intake.http.post("/api/petitions", json=SENT | more, headers=headers or {})
    return [(error["field"], error["code"]) for error in answer.json().get("errors", [])]


async def test_anybody_lodges_four_kinds_over_two_channels_and_is_told_who_lodges_the_others(intake: Intake) -> None:
    operator = intake.as_person(Role.OPERATOR)
    for kind in OFFICES_KINDS:
        assert await codes(intake, kind=kind) == await codes(intake, operator, kind=kind) == [("kind", "office_only")]
    for channel in OFFICES_CHANNELS:
        assert await codes(intake, channel=channel) == [("channel", "office_only")]
    assert await codes(intake, channel="import") == [("channel", "import_only")]
    for kind in set(Kind) - set(OFFICES_KINDS):
        assert await codes(intake, kind=kind, channel="app") == []
    assert len(Channel) == len(OFFICES_CHANNELS) + len(("web", "app", "import"))


@pytest.mark.parametrize("role", [Role.CLERK, Role.OFFICER, Role.HEAD])
async def test_clerks_officers_and_heads_lodge_what_came_to_them_otherwise(intake: Intake, role: Role) -> None:
    signed = intake.as_person(role, "hanoi-00070")
    for kind, channel in zip(OFFICES_KINDS, OFFICES_CHANNELS, strict=False):
        assert await codes(intake, signed, kind=kind, channel=channel) == []


async def listed(intake: Intake) -> None:
    """Wait until intake has read which topics there are."""

    async def is_known() -> bool:
        return await codes(intake, topic=NAMED) == [("topic", "unknown_topic")]

    await wait_until(is_known)


@pytest.mark.usefixtures("known_topics")
async def test_a_topic_that_routing_does_not_have_is_refused_at_both_doors(intake: Intake) -> None:
    await listed(intake)
    assert await codes(intake, topic="giao-thong") == []
    letter = {"kind": "complaint", "text": "Đèn hỏng", "topic": NAMED}
    clerk = intake.as_person(Role.CLERK, "hanoi-tcd")
    (line,) = (await intake.http.post("/api/counter/petitions", json={"petitions": [letter]}, headers=clerk)).json()["lines"]
    assert [(error["field"], error["code"]) for error in line["errors"]] == [("topic", "unknown_topic")]


async def test_while_routing_never_said_which_topics_there_are_their_form_alone_counts(intake: Intake) -> None:
    assert await codes(intake, topic="giao-thong") == []
    for bad in ("Giao thông", "x" * 41, "giao_thong", ""):
        assert await codes(intake, topic=bad) == ([("topic", "bad_topic")] if bad else [])


async def test_topics_are_asked_for_again_after_five_minutes_and_stay_known_while_routing_is_away(routing: PlayedRouting) -> None:
    clock = FakeClock(SystemClock().now())
    topics = RoutingTopics(routing.url, clock)
    with pytest.raises(Trouble):
        await topics.topics()
    routing.topics = ("giao-thong",)
    assert set(await topics.topics()) == {"giao-thong"}
    routing.topics = ("giao-thong", "y-te")
    assert set(await topics.topics()) == {"giao-thong"}
    clock.advance(timedelta(minutes=6))
    assert set(await topics.topics()) == {"giao-thong", "y-te"}
    routing.topics = None
    clock.advance(timedelta(minutes=6))
    assert set(await topics.topics()) == set(topics.known or ()) == {"giao-thong", "y-te"}
    await topics.close()
