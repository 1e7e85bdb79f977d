"""What comes back: undeliverable mails, true and forged, and reports of gateways; each once, and nobody is silenced by others."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notify.domain.channels import Channel
from services.notify.handlers import returning
from services.notify.wire.returning import attempt_of, return_path
from shared.identity import EnvelopeCipher
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Database
from tests.component.notify.scene import said
from tests.component.notify.ways import CIPHER, MAIL, NUMBER, Desk, standing


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with standing(database, tmp_path) as made:
        yield made


REPORT = """Return-Path: <>
HEADER: RECIPIENT
Date: Mon, 16 Nov 2026 09:00:05 +0700
From: MAILER-DAEMON@mx.example.vn (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: RECIPIENT
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F2.1763258405/mx.example.vn"

--4F2.1763258405/mx.example.vn
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.vn. Your message could not be delivered.

--4F2.1763258405/mx.example.vn
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.vn
X-Queue-ID: 4F2
Arrival-Date: Mon, 16 Nov 2026 09:00:01 +0700

Final-Recipient: rfc822; PERSON
Original-Recipient: rfc822;PERSON
Action: ACTION
Status: STATUS
Remote-MTA: dns; mail.example.vn
Diagnostic-Code: smtp; 550 STATUS no such user

--4F2.1763258405/mx.example.vn
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Subject: =?utf-8?q?x?=
Message-ID: <1@b.vn>

--4F2.1763258405/mx.example.vn--
"""
"""A delivery status notification (RFC 3464) as a mail server hands it to a command: with where it was sent to."""


def report(to: str, *, action: str = "failed", status: str = "5.1.1", header: str = "X-Original-To") -> bytes:
    filled = {"HEADER": header, "RECIPIENT": to, "PERSON": MAIL, "ACTION": action, "STATUS": status}
    whole = REPORT
    for name, value in filled.items():
        whole = whole.replace(name, value)
    return whole.replace("\n", "\r\n").encode()


async def sent_mail(desk: Desk, **contact: Any) -> str:
    """Have somebody told by mail; return the address that it comes back to."""
    await desk.lodged(email=MAIL, **contact)
    await desk.rounds()
    return str(desk.mail.senders[-1])


async def test_a_hard_bounce_goes_another_way_and_the_address_is_not_used_again_for_this_petition(desk: Desk) -> None:
    back_to = await sent_mail(desk, phone=NUMBER)
    assert re.fullmatch(r"tra-lai\+[a-z2-7]{47}@b\.vn", back_to)
    taken = [await returning.take_mail(desk.post, report(back_to), now=desk.clock.now()) for _ in range(3)]
    assert taken == ["noted", "repeated", "repeated"]
    await desk.rounds()
    notice = await desk.notice()
    assert (notice["state"], notice["channel"]) == ("sent", "zalo")
    assert len(desk.zalo.to(NUMBER)) == 1
    story_id = next(iter(desk.vault.contacts_of))
    ways = [(body.get("channel"), event.envelope.type.split(".")[-2]) for event, body in await said(desk.database)]
    assert ways == [("email", "sent"), ("email", "bounced"), ("zalo", "sent")]
    assert len({event.envelope.id for event, _ in await said(desk.database)}) == 3
    await desk.again(story_id)
    await desk.rounds()
    assert (len(desk.mail.to(MAIL)), len(desk.zalo.asked)) == (1, 2), "the next notice does not go to the bad address"


async def test_a_bounce_where_there_is_no_other_way_fails_with_its_reason_and_an_operator_tries_again(desk: Desk) -> None:
    back_to = await sent_mail(desk)
    await returning.take_mail(desk.post, report(back_to), now=desk.clock.now())
    await desk.rounds()
    notice = await desk.notice()
    assert (notice["state"], notice["reason"]) == ("failed", "bounced_5.1.1")
    await returning.retry(desk.post, notice["id"], now=desk.clock.now())
    await desk.rounds()
    assert (await desk.notice())["state"] == "sent"
    assert len(desk.mail.taken) == 2
    with pytest.raises(Refused):
        await returning.retry(desk.post, notice["id"], now=desk.clock.now())


@pytest.mark.parametrize("status", ["4.4.1", "5.2.2"])
async def test_a_soft_bounce_is_tried_again_by_the_same_way(desk: Desk, status: str) -> None:
    back_to = await sent_mail(desk, phone=NUMBER)
    await returning.take_mail(desk.post, report(back_to, action="delayed", status="4.4.1"), now=desk.clock.now())
    assert (await desk.notice())["state"] == "sent", "the mail servers still try"
    await returning.take_mail(desk.post, report(back_to, status=status), now=desk.clock.now())
    await desk.rounds()
    assert ((await desk.notice())["state"], len(desk.mail.taken), desk.zalo.asked) == ("sent", 2, [])


async def test_a_forged_report_silences_nobody(desk: Desk) -> None:
    back_to = await sent_mail(desk, phone=NUMBER)
    notice_id: UUID = (await desk.notice())["id"]
    other = EnvelopeCipher(bytes(32))
    forged = [
        return_path(desk.post.back_to, other, notice_id, 1),
        back_to.replace("+", "+a", 1),
        f"tra-lai+{'a' * 47}@b.vn",
        "tra-lai@b.vn",
        MAIL,
    ]
    for address in forged:
        assert await returning.take_mail(desk.post, report(address), now=desk.clock.now()) == "not_a_report"
    holiday = f"X-Original-To: {back_to}\r\nSubject: out of office\r\n\r\nBack on Monday".encode()
    assert await returning.take_mail(desk.post, holiday, now=desk.clock.now()) == "not_a_report"
    assert await returning.take_mail(desk.post, b"\xff\x00 no mail at all", now=desk.clock.now()) == "not_a_report"
    assert (await desk.notice())["state"] == "sent"


@pytest.mark.parametrize("change", [str.upper, str.lower])
async def test_a_token_survives_servers_that_change_capitals(desk: Desk, change: Any) -> None:
    notice_id = uuid4()
    address = return_path(desk.post.back_to, CIPHER, notice_id, 3)
    assert len(address.partition("@")[0]) <= 64, "RFC 5321, 4.5.3.1.1"
    assert attempt_of(change(address), CIPHER) == (notice_id, 3)


async def test_a_report_of_a_gateway_is_noted_once_and_what_did_not_arrive_goes_another_way(desk: Desk) -> None:
    await desk.lodged(phone=NUMBER)
    await desk.rounds()
    key = desk.zalo.asked[0]["id"]

    async def tell(channel: Channel, key: str, state: str) -> str:
        now = desk.clock.now()
        return await returning.take_report(desk.post, channel, key, state, reason="no_account", provider_id="p-1", now=now)

    assert await tell(Channel.ZALO, key, "rejected") == "noted"
    assert await tell(Channel.ZALO, key, "rejected") == "repeated"
    await desk.rounds()
    assert len(desk.sms.to(NUMBER)) == 1
    assert await tell(Channel.SMS, desk.sms.asked[0]["id"], "delivered") == "noted"
    for wrong in (key.replace("zalo", "sms"), f"{uuid4().hex}-zalo-0", "x", f"{key}0"):
        with pytest.raises(Unknown):
            await tell(Channel.ZALO, wrong, "delivered") if "sms" in wrong else await tell(Channel.SMS, wrong, "rejected")
    types = [event.envelope.type.split(".")[-2] for event, _ in await said(desk.database)]
    assert types == ["sent", "bounced", "sent", "delivered"]
    desk.clock.advance(timedelta(days=1))
