"""Petitioners say how they want to be told: by code and secret, through the doors of a service at work."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from deploy.local.environment import push_key
from services.notify.gateways.push import PushKey
from shared.contracts.intake import ContentErasedV1
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from tests.component.notify.gateway import KEY, Browser, Gateway, PushService, serving, unb64
from tests.component.notify.scene import Around, MailServer, Neighbours, Scene, at_work
from tests.component.notify.story import Story, publish

MAIL, NUMBER = "buoi@example.vn", "+84912345678"
SECRET = "2Q73-AN1K-HNF4"
ALWAYS = {"begins": "00:00", "ends": "00:01", "channels": []}


@dataclass
class Desk:
    """Notify with every way there is, and who carries what."""

    scene: Scene
    sms: Gateway
    push: PushService
    push_url: str

    async def lodged(self, *, is_sealed: bool = False, phone: str | None = NUMBER, email: str | None = MAIL) -> Story:
        story = Story(is_sealed=is_sealed)
        self.scene.neighbours.knows(story.id, email=email, phone=phone)
        self.scene.neighbours.proofs[None if is_sealed else story.code, SECRET] = (story.id, story.id, is_sealed)
        return story

    async def ask(self, method: str, path: str, story: Story, **said: Any) -> httpx.Response:
        code = None if story.is_sealed else story.code
        return await self.scene.http.request(method, path, json={"code": code, "secret": SECRET, **said})


@pytest.fixture
def around(js: JetStreamContext, mail: MailServer, neighbours: Neighbours, issuer: KeyIssuer) -> Around:
    return Around(js, issuer, mail, neighbours)


@pytest.fixture
async def desk(around: Around, given: dict[str, str], tmp_path: Path) -> AsyncIterator[Desk]:
    pem = push_key()
    (tmp_path / "push").write_bytes(pem)
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "sms").write_text(KEY)
    sms, push = Gateway(), PushService(PushKey(pem).point)
    async with serving(sms.app()) as sms_url, serving(push.app()) as push_url:
        ways = {
            "NOTIFY_KEY_FILE": str(tmp_path / "key"),
            "NOTIFY_SMS__URL": sms_url,
            "NOTIFY_SMS__KEY_FILE": str(tmp_path / "sms"),
            "NOTIFY_PUSH__KEY_FILE": str(tmp_path / "push"),
            "NOTIFY_PUSH__CONTACT": "ops@hanoi.example",
            "NOTIFY_PUSH__IS_LOCAL": "true",
        }
        async with at_work(around, given | ways, SystemClock()) as scene:
            yield Desk(scene, sms, push, push_url)


async def test_a_petitioner_chooses_way_language_and_what_he_hears_and_cannot_switch_off_what_the_law_has(desk: Desk) -> None:
    story = await desk.lodged()
    shown = (await desk.ask("POST", "/api/preferences/read", story)).json()
    assert (shown["channels"], shown["language"]) == (["push", "email", "zalo", "sms"], "vi")
    assert shown["has"] == {"push": None, "email": "b…@e….vn", "zalo": None, "sms": "…678"}
    assert shown["quiet"] == ["21:00", "07:00", ["push", "sms", "zalo"]]
    assert "Đ. 33" in shown["must_be_told"]["breach"]
    wanted = {"channels": ["sms", "email"], "language": "en", "muted": ["routed"], "quiet": None}
    kept = await desk.ask("POST", "/api/preferences", story, **wanted)
    assert kept.status_code == 200, kept.text
    assert {key: kept.json()[key] for key in wanted} == wanted
    refused = await desk.ask("POST", "/api/preferences", story, **wanted | {"muted": ["answered"]})
    assert (refused.status_code, refused.json()["errors"][0]["reason"]) == (422, "must_be_told")
    assert "Đ. 32" in refused.json()["errors"][0]["remedy"]
    only_push = await desk.ask("POST", "/api/preferences", story, channels=["push"])
    assert only_push.status_code == 422
    await publish(desk.scene.js, story.lodge(), story.route(), story.answer())
    log = await desk.scene.settled(story.code, notices=4)
    told = {(item["about"], item["audience"]): (item["state"], item["reason"], item["channel"]) for item in log}
    assert told["lodged", "petitioner"] == ("sent", None, "sms")
    assert told["routed", "petitioner"] == ("skipped", "muted", None)
    assert told["answered", "petitioner"] == ("sent", None, "sms")
    assert all(words.startswith("Cau Noi:") for words in desk.sms.to(NUMBER))
    assert desk.scene.mail.taken == []


async def test_a_wrong_secret_and_a_petition_that_is_not_there_look_the_same(desk: Desk) -> None:
    story = await desk.lodged()
    answers = [
        await desk.scene.http.post("/api/preferences/read", json={"code": code, "secret": "9" * 12})
        for code in (story.code, "HN-2026-NONE")
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert answers[0].json() == answers[1].json()


async def test_a_browser_is_told_what_only_it_can_read_and_of_a_denunciation_only_that_there_is_news(desk: Desk) -> None:
    key = unb64((await desk.scene.http.get("/api/push/key")).json()["key"])
    assert key == desk.push.point
    for is_sealed in (False, True):
        story = await desk.lodged(is_sealed=is_sealed, email=None, phone=None)
        browser = Browser(f"{desk.push_url}/push/b-{is_sealed}")
        subscribed = await desk.ask("POST", "/api/push/subscriptions", story, subscription=browser.subscription)
        assert subscribed.status_code == 204, subscribed.text
        wanted = {"channels": ["push", "email"], "quiet": ALWAYS}
        assert (await desk.ask("POST", "/api/preferences", story, **wanted)).status_code == 200
        await publish(desk.scene.js, story.lodge())
        await desk.scene.settled(story.code, notices=1)
        (body,) = desk.push.got[f"b-{is_sealed}"]
        assert story.code.encode() not in body
        told = json.loads(browser.read(body))
        assert (story.code in told["body"]) is not is_sealed
        assert (told["title"], told["url"]) == ("Cầu Nối", "https://caunoi.example")


async def test_a_browser_that_is_gone_is_forgotten_and_the_next_way_is_taken(desk: Desk) -> None:
    story = await desk.lodged(phone=None)
    browser = Browser(f"{desk.push_url}/push/gone")
    desk.push.statuses["gone"] = 410
    await desk.ask("POST", "/api/push/subscriptions", story, subscription=browser.subscription)
    await desk.ask("POST", "/api/preferences", story, channels=["push", "email"], quiet=ALWAYS)
    await publish(desk.scene.js, story.lodge(), story.route())  # a route may go by web push alone
    log = await desk.scene.settled(story.code, notices=3)
    assert {item["channel"] for item in log if item["audience"] == "petitioner"} == {"email"}
    outcomes = [attempt["outcome"] for item in log if item["about"] == "routed" for attempt in item["log"] or []]
    assert "gone" in outcomes
    async with desk.scene.database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM subscriptions"))).scalar_one() == 0


ENDPOINTS = ("https://evil.example/x", "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:22/x", "https://10.0.0.1/")


async def test_nothing_but_a_push_service_that_the_city_trusts_is_ever_asked(desk: Desk) -> None:
    story = await desk.lodged()
    for endpoint in ENDPOINTS:
        refused = await desk.ask("POST", "/api/push/subscriptions", story, subscription=Browser(endpoint).subscription)
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_subscription")


async def test_what_browsers_gave_is_not_to_be_read_in_the_database_and_who_unsubscribes_is_forgotten(desk: Desk) -> None:
    story = await desk.lodged()
    browser = Browser(f"{desk.push_url}/push/one")
    await desk.ask("POST", "/api/push/subscriptions", story, subscription=browser.subscription)
    async with desk.scene.database.reading() as connection:
        (row,) = (await connection.execute(text("SELECT * FROM subscriptions"))).all()
    assert browser.endpoint.encode() not in b"".join(bytes(cell) for cell in row if isinstance(cell, bytes | memoryview))
    for kind in ("unsubscribed", "erased"):
        if kind == "unsubscribed":
            done = await desk.ask("POST", "/api/push/unsubscribe", story, endpoint=browser.endpoint)
            assert done.status_code == 204
        else:
            await desk.ask("POST", "/api/push/subscriptions", story, subscription=browser.subscription)
            erased = ContentErasedV1(closed_at=datetime(2020, 1, 1, tzinfo=UTC), years=5)
            await publish(desk.scene.js, story.lodge(), story.say(erased))
        await wait_until(partial(_is_forgotten, desk))
    worker = await desk.scene.http.get("/api/push/worker.js")
    assert (worker.headers["content-type"][:15], worker.headers["service-worker-allowed"]) == ("text/javascript", "/")


async def _is_forgotten(desk: Desk) -> bool:
    async with desk.scene.database.reading() as connection:
        return not (await connection.execute(text("SELECT count(*) FROM subscriptions"))).scalar_one()
