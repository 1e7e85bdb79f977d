"""What becomes of a notice when the mail server, or a neighbour, does not do its part."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notify.domain import delivery
from services.notify.handlers import sending
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from tests.component.notify.scene import PHONE, Answer, Scene
from tests.component.notify.story import Story, publish
from tests.unit.notify.bodies import DEPARTMENT

PETITIONER = "buoi@example.vn"
SOON = timedelta(milliseconds=100)


async def _lodged(scene: Scene, *, email: str | None = PETITIONER, phone: str | None = None) -> Story:
    story = Story()
    scene.neighbours.knows(story.id, email=email, phone=phone)
    await publish(scene.js, story.lodge())
    return story


async def test_a_refused_recipient_fails_for_good_and_is_said(scene: Scene) -> None:
    scene.mail.answers[PETITIONER] = [Answer.REFUSE]
    story = await _lodged(scene)
    (item,) = await scene.settled(story.code, notices=1)
    assert (item["state"], item["reason"], item["attempts"]) == ("failed", "smtp_550", 1)
    assert [attempt["smtp_code"] for attempt in item["log"]] == [550]
    ((event, body),) = await scene.said()
    assert event.envelope.type == "petitions.notify.notice.failed.v1"
    assert (body["reason"], body["audience"], body["attempts"]) == ("smtp_550", "petitioner", 1)
    assert scene.mail.taken == []


async def test_one_refused_recipient_does_not_hold_up_the_others(scene: Scene) -> None:
    scene.mail.answers["p7@example.vn"] = [Answer.REFUSE]
    stories = [await _lodged(scene, email=f"p{number}@example.vn") for number in range(30)]
    logs = [await scene.settled(story.code, notices=1) for story in stories]
    assert [number for number, (item,) in enumerate(logs) if item["state"] == "failed"] == [7]
    assert sorted(message["To"] for message in scene.mail.taken) == sorted(f"p{n}@example.vn" for n in range(30) if n != 7)


async def test_a_server_that_says_later_is_asked_again_later(scene: Scene) -> None:
    scene.mail.answers[PETITIONER] = [Answer.LATER]
    story = await _lodged(scene)
    item = await scene.tried(story.code)
    assert (item["attempts"], [attempt["smtp_code"] for attempt in item["log"]]) == (1, [451])
    ended_at = _instant(item["log"][0]["ended_at"])
    first = delivery.FIRST_DELAY
    assert ended_at + first * (1 - delivery.JITTER) <= _instant(item["next_try_at"]) <= ended_at + first * (1 + delivery.JITTER)
    assert _instant(item["next_try_at"]) > SystemClock().now()
    assert await scene.said() == []


async def test_what_is_refused_for_a_while_arrives_in_the_end_and_every_attempt_is_on_record(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", SOON)
    scene.mail.answers[PETITIONER] = [Answer.LATER, Answer.LATER]
    story = await _lodged(scene)
    (item,) = await scene.settled(story.code, notices=1)
    assert (item["state"], item["attempts"]) == ("sent", 3)
    assert [(attempt["number"], attempt["smtp_code"]) for attempt in item["log"]] == [(1, 451), (2, 451), (3, 250)]
    assert len(scene.mail.taken) == 1
    ((_, body),) = await scene.said()
    assert (body["attempts"], body["is_possible_repeat"]) == (3, False)


async def test_what_is_refused_for_ever_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", SOON)
    monkeypatch.setattr(delivery, "ATTEMPTS_MAX", 3)
    scene.mail.answers[PETITIONER] = [Answer.LATER] * 10
    story = await _lodged(scene)
    (item,) = await scene.settled(story.code, notices=1)
    assert (item["state"], item["reason"], item["attempts"]) == ("failed", "gave_up_after_3", 3)
    ((event, _),) = await scene.said()
    assert event.envelope.type == "petitions.notify.notice.failed.v1"


async def test_while_the_mail_server_is_away_notices_wait_and_then_they_go(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", SOON)
    await scene.mail.stop()
    stories = [await _lodged(scene, email=f"p{number}@example.vn") for number in range(5)]
    await wait_until(scene.has_heard_everything)
    for story in stories:
        assert [item["state"] for item in await scene.log(story.code)] == ["waiting"]
    assert (await scene.http.get("/ready")).is_success, "petitions are heard and kept: notify does its work"
    await scene.mail.start()
    for story in stories:
        (item,) = await scene.settled(story.code, notices=1)
        assert (item["state"], item["attempts"]) == ("sent", 1), "an absence costs no attempt"
    assert sorted(message["To"] for message in scene.mail.taken) == sorted(f"p{number}@example.vn" for number in range(5))


async def test_a_line_that_breaks_before_the_answer_repeats_the_mail_under_the_same_id_and_says_so(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", SOON)
    scene.mail.answers[PETITIONER] = [Answer.DROP]
    story = await _lodged(scene)
    (item,) = await scene.settled(story.code, notices=1)
    assert (item["state"], item["attempts"]) == ("sent", 2)
    assert [attempt["smtp_code"] for attempt in item["log"]] == [None, 250]
    ((_, body),) = await scene.said()
    assert scene.mail.arrived() == {body["message_id"]: 2}
    assert body["is_possible_repeat"] is True


async def test_who_left_only_a_phone_number_is_skipped_for_want_of_a_channel(scene: Scene) -> None:
    story = await _lodged(scene, email=None, phone=PHONE)
    (item,) = await scene.settled(story.code, notices=1)
    assert (item["state"], item["reason"], item["attempts"]) == ("skipped", "no_channel", 0)
    assert scene.mail.taken == []
    assert await scene.said() == []


async def test_an_office_without_a_mailbox_is_skipped_and_the_petitioner_is_not(scene: Scene) -> None:
    story = await _lodged(scene)
    await publish(scene.js, story.route(to=DEPARTMENT))
    log = await scene.settled(story.code, notices=3)
    assert {(item["about"], item["audience"], item["state"], item["reason"]) for item in log} == {
        ("lodged", "petitioner", "sent", None),
        ("routed", "petitioner", "sent", None),
        ("routed", "office", "skipped", "no_mailbox"),
    }


async def test_an_address_that_no_mail_server_need_know_fails_alone(scene: Scene) -> None:
    strange = await _lodged(scene, email="bưởi@example.vn")
    story = await _lodged(scene)
    (failed,), (sent,) = await scene.settled(strange.code, notices=1), await scene.settled(story.code, notices=1)
    assert (failed["state"], sent["state"]) == ("failed", "sent")
    assert {event.envelope.type.split(".")[-2] for event, _ in await scene.said()} == {"failed", "sent"}


async def test_while_intake_is_away_petitioners_wait_and_offices_do_not(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "NEIGHBOUR_PAUSE", SOON)
    scene.neighbours.is_away = True
    story = await _lodged(scene)
    await publish(scene.js, story.route())

    async def the_office_is_told() -> bool:
        return {item["audience"]: item["state"] for item in await scene.log(story.code)}.get("office") == "sent"

    await wait_until(the_office_is_told)
    assert {item["state"] for item in await scene.log(story.code) if item["audience"] == "petitioner"} == {"waiting"}
    scene.neighbours.is_away = False
    log = await scene.settled(story.code, notices=3)
    assert {item["state"] for item in log} == {"sent"}
    assert {item["attempts"] for item in log} == {1}


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
