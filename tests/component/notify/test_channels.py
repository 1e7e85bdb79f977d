"""Ways beside mail: a gateway for SMS and Zalo, what it answers, and the next way where one fails or stays away."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.domain.channels import Channel
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.gateways.neighbours import Contact
from services.notify.gateways.phone import GatewaySettings, HttpGateway
from services.notify.handlers.post import Phone, Post
from services.notify.timers.postman import Postman
from shared.identity import EnvelopeCipher
from shared.persistence import Database
from shared.testing import FakeClock, wait_until
from tests.component.notify.desk import tell
from tests.component.notify.gateway import KEY, Gateway, serving
from tests.component.notify.scene import MailServer, said
from tests.component.notify.story import Story
from tests.unit.notify import bodies

DAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  # Monday 09:00 in Hanoi
NIGHT = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)  # 22:00
MORNING = datetime(2026, 11, 17, 0, 0, tzinfo=UTC)  # 07:00
LEASE = timedelta(seconds=20)
MAIL, NUMBER = "buoi@example.vn", "+84912345678"
LANDLINE = "024 3825 4321"
CIPHER = EnvelopeCipher(bytes(range(32)))


class Vault:
    """Intake, as far as contacts go."""

    def __init__(self) -> None:
        self.contacts_of: dict[UUID, Contact] = {}

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        return {key: self.contacts_of[key] for key in ids if key in self.contacts_of}


@dataclass
class Desk:
    """A postman by a clock that a test turns, between a mail server, two gateways and the vault."""

    database: Database
    clock: FakeClock
    mail: MailServer
    sms: Gateway
    zalo: Gateway
    vault: Vault
    post: Post
    postman: Postman

    async def lodged(self, *, email: str | None = None, phone: str | None = None, is_sealed: bool = False) -> Story:
        story = Story(at=self.clock.now(), is_sealed=is_sealed)
        self.vault.contacts_of[story.id] = Contact("Nguyễn Thị Bưởi", email, phone)
        body = bodies.lodged(code=story.code, is_reachable=True)
        await tell(self.database, [story.hears(body)], self.clock.now())
        return story

    async def rounds(self, number: int = 1) -> None:
        for _ in range(number):
            await self.postman._look_beside()
            await self.postman._connect()
            await self.postman.deliver()

    async def notice(self) -> dict[str, Any]:
        """Return the only notice with its attempts."""
        query = """
            SELECT n.state, n.reason, n.attempts, n.channel, n.held_for, n.next_try_at, (SELECT json_agg(json_build_object(
                'channel', a.channel, 'to', a.sent_to, 'outcome', a.outcome, 'provider_id', a.provider_id,
                'template', a.template) ORDER BY a.number) FROM attempts a WHERE a.notice_id = n.id) AS log FROM notices n
        """
        async with self.database.reading() as connection:
            return dict((await connection.execute(text(query))).mappings().one())


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    key_file, clock, mail, sms, zalo = tmp_path / "key", FakeClock(DAY), MailServer(), Gateway(), Gateway()
    key_file.write_text(KEY)
    await mail.start()
    async with serving(sms.app()) as sms_url, serving(zalo.app()) as zalo_url:
        gateways = {
            channel: HttpGateway(GatewaySettings(url=url, key_file=key_file, sender="HANOI"))
            for channel, url in ((Channel.SMS, sms_url), (Channel.ZALO, zalo_url))
        }
        server = SmtpServer(
            SmtpSettings.model_validate({"host": "127.0.0.1", "port": mail.port, "security": "none", "sender": "-"})
        )
        vault = Vault()
        phones = {channel: Phone(gateway, "HANOI") for channel, gateway in gateways.items()}
        post = Post(database, server, vault, Address("Cầu Nối", "a", "b.vn"), "https://city", LEASE, phones, cipher=CIPHER)
        made = Desk(database, clock, mail, sms, zalo, vault, post, Postman(post, clock, pace_seconds=0.0))
        yield made
        for gateway in (sms, zalo):
            gateway.let_go.set()
        await made.postman.stop()
        for carrier in gateways.values():
            await carrier.close()
        await server.close()
    await mail.stop()


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
