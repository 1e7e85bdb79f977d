"""Ways beside mail: a gateway for SMS and Zalo, what it answers, and the next way where one fails or stays away."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notify.domain.channels import Channel
from shared.persistence import Database
from shared.testing import wait_until
from tests.component.notify.scene import said
from tests.component.notify.ways import LANDLINE, MAIL, MORNING, NIGHT, NUMBER, Desk, standing


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with standing(database, tmp_path) as made:
        yield made


async def test_who_left_only_a_number_is_told_by_zalo_with_what_the_protocol_has(desk: Desk) -> None:
    story = await desk.lodged(phone="0912 345 678")
    await desk.rounds()
    (said_to,) = desk.zalo.asked
    assert said_to["to"] == NUMBER, "in international form"
    assert (said_to["channel"], said_to["sender"], said_to["language"]) == ("zalo", "HANOI", "vi")
    assert said_to["template"] == "lodged.petitioner.sms.vi@1"
    assert said_to["text"] == f"Cầu Nối: đã tiếp nhận đơn, mã tra cứu {story.code}. Xem https://city"
    assert said_to["parameters"] == {"code": story.code, "home": "https://city"}
    assert said_to["callback"] == "https://city/notify/api/gateways/zalo/reports"
    assert "Bưởi" not in json.dumps(said_to, ensure_ascii=False)
    notice = await desk.notice()
    assert (notice["state"], notice["channel"]) == ("sent", "zalo")
    ((_, body),) = await said(desk.database)
    assert (body["channel"], body["message_id"]) == ("zalo", said_to["id"])
    assert NUMBER not in json.dumps(body)


async def test_a_refusal_gives_way_to_the_next_channel_at_once_and_nobody_is_told_twice(desk: Desk) -> None:
    await desk.lodged(phone=NUMBER)
    desk.zalo.answers[NUMBER] = ["refused"]
    await desk.rounds(2)
    assert (len(desk.zalo.taken), len(desk.sms.to(NUMBER))) == (0, 1)
    notice = await desk.notice()
    assert notice["state"] == "sent"
    assert [(item["channel"], item["outcome"]) for item in notice["log"]] == [
        ("zalo", "refused_blocked_number"),
        ("sms", "taken"),
    ]
    assert {item["to"] for item in notice["log"]} == {"…678"}


async def test_what_every_way_refuses_has_failed_with_a_reason(desk: Desk) -> None:
    await desk.lodged(phone=NUMBER)
    desk.zalo.answers[NUMBER], desk.sms.answers[NUMBER] = ["refused"], ["refused"]
    await desk.rounds(3)
    notice = await desk.notice()
    assert (notice["state"], notice["reason"], notice["attempts"]) == ("failed", "refused_blocked_number", 2)
    assert [body["channel"] for _, body in await said(desk.database)] == ["sms"]


async def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(desk: Desk) -> None:
    await desk.lodged(phone=NUMBER)
    desk.zalo.answers[NUMBER] = ["drop"]
    await desk.rounds()
    assert (await desk.notice())["state"] == "waiting"
    desk.clock.advance(timedelta(seconds=10))
    await desk.rounds()
    assert len(desk.zalo.asked) == 2
    assert len(desk.zalo.taken) == 1, "the gateway knows the repeat by its key"
    ((_, body),) = await said(desk.database)
    assert (body["attempts"], body["is_possible_repeat"]) == (2, True)


async def test_a_landline_takes_no_messages(desk: Desk) -> None:
    await desk.lodged(phone=LANDLINE)
    await desk.rounds()
    notice = await desk.notice()
    assert (notice["state"], notice["reason"]) == ("skipped", "no_channel")


async def test_a_gateway_that_hangs_holds_up_no_mail_and_what_waits_for_it_goes_another_way_after_a_while(desk: Desk) -> None:
    desk.zalo.is_hanging = True
    await desk.lodged(phone=NUMBER)
    for carrier in desk.post.phones.values():
        carrier.gateway._http.timeout = 0.3  # type: ignore[attr-defined]  # a test does not wait ten seconds
    await desk.rounds()
    assert desk.postman.lines[Channel.ZALO].is_away
    second = await desk.lodged(email=MAIL, phone=None)
    await desk.rounds()
    assert [message["To"] for message in desk.mail.taken] == [MAIL]
    assert second.code in str(desk.mail.taken[0]["Subject"])
    desk.clock.advance(timedelta(minutes=11))
    await desk.postman.deliver()
    assert len(desk.sms.to(NUMBER)) == 1
    assert desk.zalo.taken == {}


async def test_what_waits_for_a_channel_goes_when_it_is_there_again(desk: Desk) -> None:
    desk.zalo.is_down = True
    await desk.lodged(phone=NUMBER)
    await desk.rounds()
    notice = await desk.notice()
    assert (notice["state"], notice["held_for"], notice["attempts"]) == ("waiting", "zalo", 0), "no attempt was spent"
    desk.zalo.is_down = False
    desk.clock.advance(timedelta(seconds=5))
    await desk.postman._look_beside()
    await wait_until(lambda: not desk.postman.lines[Channel.ZALO].is_away)
    await desk.rounds()
    assert (len(desk.zalo.to(NUMBER)), len(desk.sms.taken)) == (1, 0)


async def test_while_the_mail_server_is_away_people_with_a_number_are_told_by_it_and_others_wait(desk: Desk) -> None:
    await desk.mail.stop()
    await desk.lodged(email=MAIL, phone=NUMBER)
    await desk.rounds()
    assert (await desk.notice())["held_for"] == "email"
    desk.clock.advance(timedelta(minutes=11))
    await desk.rounds()
    assert len(desk.zalo.to(NUMBER)) == 1
    await desk.mail.start()


@pytest.mark.parametrize("channel", ["zalo", "sms"])
async def test_at_night_a_telephone_stays_silent_and_rings_in_the_morning(desk: Desk, channel: str) -> None:
    desk.clock.set(NIGHT)
    await desk.lodged(phone=NUMBER)
    if channel == "sms":
        desk.zalo.answers[NUMBER] = ["refused"]
    await desk.rounds(2)
    notice = await desk.notice()
    assert (notice["held_for"], notice["next_try_at"]) == ("quiet", MORNING)
    assert desk.zalo.asked == desk.sms.asked == []
    desk.clock.set(MORNING - timedelta(seconds=1))
    await desk.rounds()
    assert desk.zalo.asked == []
    desk.clock.set(MORNING)
    await desk.rounds(2)
    assert len({"zalo": desk.zalo, "sms": desk.sms}[channel].to(NUMBER)) == 1


async def test_a_mail_goes_at_night_too(desk: Desk) -> None:
    desk.clock.set(NIGHT)
    await desk.lodged(email=MAIL, phone=NUMBER)
    await desk.rounds()
    assert len(desk.mail.taken) == 1


async def test_of_a_denunciation_a_gateway_learns_only_that_there_is_news(desk: Desk) -> None:
    story = await desk.lodged(phone=NUMBER, is_sealed=True)
    await desk.rounds()
    (said_to,) = desk.zalo.asked
    assert story.code not in json.dumps(said_to)
    assert (said_to["parameters"], said_to["template"]) == ({}, "sealed.petitioner.sms.vi@1")
