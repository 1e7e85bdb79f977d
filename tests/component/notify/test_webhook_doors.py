"""The doors of webhooks: whose they are, what they refuse and how it is said, secrets, tests, pauses, what is sent again."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.notify.handlers.webhook_subscribing import known_types
from shared.contracts.procedure import PersonExcludedV1
from shared.contracts.words import Conflict, Role
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from tests.component.notify.hooks import Office
from tests.component.notify.receiver import Receiver, Reply
from tests.component.notify.scene import Scene
from tests.component.notify.story import Story, publish
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT

ENGLISH = {"Accept-Language": "en"}


async def refused(office: Office, method: str, path: str, status: int, **given: Any) -> dict[str, Any]:
    headers = office.headers | ENGLISH
    answer = await office.scene.http.request(method, f"/api/webhooks{path}", headers=headers, **given)
    assert answer.status_code == status, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


async def test_who_may_what(hooked_scene: Scene, receiver: Receiver) -> None:
    head = Office(hooked_scene)
    above, operator = Office(hooked_scene, CITY, Role.LEADER), Office(hooked_scene, "", Role.OPERATOR)
    officer, auditor = Office(hooked_scene, COMMUNE, Role.OFFICER), Office(hooked_scene, "", Role.AUDITOR)
    beside = Office(hooked_scene, DEPARTMENT)
    made = [
        await head.add(receiver.url),
        await above.add(receiver.url, office=COMMUNE),
        await operator.add(receiver.url, office=COMMUNE),
    ]
    assert {item["office"] for item in made} == {COMMUNE}
    for office in (DEPARTMENT, "khong-co"):
        problem = await refused(head, "POST", "", 404, json={"url": receiver.url, "office": office})
        assert problem["code"] == "office_not_found"
    assert (await refused(operator, "POST", "", 422, json={"url": receiver.url}))["errors"][0]["field"] == "office"
    for who in (head, officer, above, auditor, operator):
        assert len((await who.call("GET", "", status=200))["items"]) == 3
        await who.show(made[0]["id"])
    assert (await beside.call("GET", "", status=200))["items"] == []
    for webhook in (made[0]["id"], str(uuid4())):
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/deliveries", None),
            ("PATCH", "", {}),
            ("POST", "/pause", None),
            ("POST", "/rotate", {}),
            ("POST", "/test", None),
            ("POST", "/redeliver", {"since": "2026-01-01T00:00:00Z"}),
            ("DELETE", "", None),
        ):
            assert (await refused(beside, method, f"/{webhook}{path}", 404, json=body))["code"] == "webhook_not_found"
    assert (await refused(officer, "POST", f"/{made[0]['id']}/pause", 403))["code"] == "not_allowed"
    types = [event.envelope.type for event, _ in await hooked_scene.said()]
    assert types == ["petitions.notify.webhook.added.v1"] * 3
    authorities = [event.envelope.authority for event, _ in await hooked_scene.said()]
    assert authorities == [f"head@{COMMUNE}", f"leader@{CITY}", "operator"]


async def test_mistakes_are_named_with_a_remedy(hooked_scene: Scene, receiver: Receiver) -> None:
    head = Office(hooked_scene)

    async def errors(**wanted: object) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await refused(head, "POST", "", 422, json={"url": receiver.url} | wanted))["errors"]
        return found

    (mistake,) = await errors(event_types=["petitions.routing.petition.answred.v1"])
    assert mistake["field"] == "event_types.0"
    assert "did you mean: petitions.routing.petition.answered.v1" in mistake["remedy"]
    assert (await errors(url="https://127.0.0.1.nip/"))[0] == {
        "field": "url",
        "reason": "no such name is known",
        "remedy": "check how the name is written, then try again",
    }
    assert "no webhooks may be sent" in (await errors(url="http://[::1]/hooks"))[0]["reason"]
    assert "no webhooks may be sent" in (await errors(url="http://10.0.0.8/hooks"))[0]["reason"]
    assert (await errors(url="http://localhost:99999/"))[0]["field"] == "url"
    assert (await errors(hook=1))[0]["field"] == "hook"
    for _ in range(10):
        await head.add(receiver.url)
    problem = await refused(head, "POST", "", 409, json={"url": receiver.url})
    assert (problem["code"], problem["most"]) == ("webhook_too_many", 10)


async def test_the_list_of_events_is_that_of_whom_notify_hears(hooked_scene: Scene) -> None:
    items = (await Office(hooked_scene).call("GET", "/event-types", status=200))["items"]
    assert items == known_types()
    assert {name.split(".")[1] for name in items} == {"intake", "routing", "escalation"}


async def test_a_secret_is_shown_once_kept_encrypted_and_repeated_only_to_who_asks_with_the_same_key(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head, key = Office(hooked_scene), {"Idempotency-Key": "webhook-0001"}
    body = {"url": receiver.url}
    first, again = [
        (await hooked_scene.http.post("/api/webhooks", json=body, headers=head.headers | key)).json() for _ in range(2)
    ]
    assert first == again
    assert "secret" not in await head.show(first["id"])
    async with hooked_scene.database.reading() as connection:
        for table in ("webhooks", "webhook_secrets", "keyed_answers", "events"):
            kept = (await connection.execute(text(f"SELECT {table}::text FROM {table}"))).scalars().all()
            assert kept
            assert first["secret"] not in str(kept)
            assert first["secret"].removeprefix("whsec_").encode().hex() not in str(kept)


async def test_a_new_secret_signs_beside_the_one_before_until_that_ends(hooked_scene: Scene, receiver: Receiver) -> None:
    head = Office(hooked_scene)
    made = await head.add(receiver.url)
    turned = await head.call("POST", f"/{made['id']}/rotate", json={}, status=200)
    assert len((await head.show(made["id"]))["former_secrets_end_at"]) == 1
    await publish(hooked_scene.js, *Story().whole().events[:2])
    await head.settled(made["id"], 1)
    for secret in (made["secret"], turned["secret"]):
        receiver.got[0].verified(secret)
    last = await head.call("POST", f"/{made['id']}/rotate", json={"overlap_hours": 0}, status=200)
    await publish(hooked_scene.js, *Story().whole().events[:2])
    await head.settled(made["id"], 2)
    receiver.got[1].verified(last["secret"])
    for secret in (made["secret"], turned["secret"]):
        with pytest.raises(WebhookVerificationError):
            receiver.got[1].verified(secret)


async def test_a_test_is_sent_at_once_and_tells_what_was_answered_also_of_a_paused_endpoint(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head = Office(hooked_scene)
    made = await head.add(receiver.url)
    await head.call("POST", f"/{made['id']}/pause", status=200)
    receiver.script.append(Reply(404, body=b"no such hook\x00"))
    failed = await head.call("POST", f"/{made['id']}/test", status=200)
    assert (failed["state"], failed["status"], failed["log"][0]["response_body"]) == ("parked", 404, "no such hook\ufffd")
    done = await head.call("POST", f"/{made['id']}/test", status=200)
    assert (done["state"], done["type"]) == ("delivered", "caunoi.webhook.pinged.v1")
    event = receiver.got[1].verified(made["secret"])
    assert (event["type"], event["subject"]) == ("caunoi.webhook.pinged.v1", made["id"])
    await receiver.stop()
    gone = await head.call("POST", f"/{made['id']}/test", status=200)
    assert (gone["state"], gone["log"][0]["outcome"]) == ("parked", "not_connected")
    for _ in range(7):
        await head.call("POST", f"/{made['id']}/test", status=200)
    assert (await refused(head, "POST", f"/{made['id']}/test", 409))["code"] == "webhook_tested_too_often"
    again = await refused(head, "POST", f"/{made['id']}/deliveries/{done['id']}/redeliver", 409)
    assert again["code"] == "webhook_cannot_be_sent"


async def test_what_happens_while_it_is_paused_waits_and_goes_or_is_skipped_as_who_resumes_it_wants(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head = Office(hooked_scene)
    made = await head.add(receiver.url)
    await head.call("POST", f"/{made['id']}/pause", status=200)
    assert (await refused(head, "POST", f"/{made['id']}/pause", 409))["code"] == "webhook_paused_already"
    await publish(hooked_scene.js, *Story().whole().events)
    await wait_until(lambda: _waits(head, made["id"], 2), 10.0)
    resumed = await head.call("POST", f"/{made['id']}/resume", json={}, status=200)
    assert (resumed["state"], resumed["waiting"], resumed["skipped"]) == ("active", 2, 0)
    await head.settled(made["id"], 2)
    await head.call("POST", f"/{made['id']}/pause", status=200)
    await publish(hooked_scene.js, *Story().whole().events)
    await wait_until(lambda: _waits(head, made["id"], 2), 10.0)
    skipped = await head.call("POST", f"/{made['id']}/resume", json={"skip": True}, status=200)
    assert (skipped["waiting"], skipped["skipped"]) == (0, 2)
    assert len(receiver.got) == 2
    assert (await refused(head, "POST", f"/{made['id']}/resume", 409, json={}))["code"] == "webhook_active_already"
    since = (SystemClock().now() - timedelta(hours=1)).isoformat()
    assert await head.call("POST", f"/{made['id']}/redeliver", json={"since": since}, status=200) == {"queued": 2, "more": False}
    await head.settled(made["id"], 4)
    assert (len(receiver.got), max(receiver.ids().values())) == (4, 1)


async def _waits(head: Office, webhook: str, number: int) -> bool:
    return bool((await head.show(webhook))["waiting"] == number)


async def test_one_delivery_a_span_and_what_was_before_the_webhook_are_sent_again_under_the_same_id(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head = Office(hooked_scene)
    first = await head.add(receiver.url)
    story = Story().whole()
    await publish(hooked_scene.js, *story.events)
    log = await head.settled(first["id"], 2)
    await head.call("POST", f"/{first['id']}/deliveries/{log[0]['id']}/redeliver", status=200)
    await wait_until(lambda: len(receiver.got) == 3, 10.0)
    assert receiver.ids()[log[0]["id"]] == 2
    late = await head.add(receiver.url, event_types=["petitions.routing.petition.answered.v1"])
    span = {"since": (SystemClock().now() - timedelta(hours=1)).isoformat()}

    async def queued(webhook: str, which: str) -> int:
        asked = span | {"which": which}
        return int((await head.call("POST", f"/{webhook}/redeliver", json=asked, status=200))["queued"])

    assert [await queued(late["id"], which) for which in ("failed", "missed")] == [0, 1]
    await head.settled(late["id"], 1)
    assert receiver.got[-1].verified(late["secret"])["id"] == str(story.events[2][0].id)
    assert [await queued(late["id"], which) for which in ("missed", "all")] == [0, 1]
    await wait_until(lambda: len(receiver.got) == 5, 10.0)
    assert receiver.got[3].id == receiver.got[4].id
    await head.settled(first["id"], 2)
    tried = (await head.delivery(first["id"], log[0]["id"]))["log"]
    assert [attempt["number"] for attempt in tried] == [1, 2]
    wrong = await refused(head, "POST", f"/{first['id']}/redeliver", 422, json=span | {"until": span["since"]})
    assert wrong["errors"][0]["field"] == "until"


async def test_the_log_is_read_in_pages_filtered_and_by_operators_without_the_words(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head, operator = Office(hooked_scene), Office(hooked_scene, "", Role.OPERATOR)
    made = await head.add(receiver.url)
    stories = [Story().whole() for _ in range(3)]
    await publish(hooked_scene.js, *(said for story in stories for said in story.events))
    whole = await head.settled(made["id"], 6)
    pages, cursor = [], None
    while True:
        asked = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = await head.call("GET", f"/{made['id']}/deliveries", params=asked, status=200)
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == whole
    assert [item["position"] for item in whole] == sorted((item["position"] for item in whole), reverse=True)
    assert len(await head.log(made["id"], petition=stories[0].code)) == 2
    assert len(await head.log(made["id"], type="petitions.routing.petition.answered.v1")) == 3
    assert await head.log(made["id"], state="parked") == []
    seen = await operator.delivery(made["id"], whole[0]["id"])
    assert (seen["request_body"], seen["log"][0]["response_body"], seen["log"][0]["status"]) == (None, None, 204)
    excluded = PersonExcludedV1(office=COMMUNE, person="person:p-1", why=Conflict.RELATIVE)
    await publish(hooked_scene.js, stories[0].say(excluded, office=COMMUNE))

    async def are_hidden() -> bool:
        return len(await head.log(made["id"])) == 4

    await wait_until(are_hidden, 10.0)
    hidden = next(item for item in whole if item["petition"] == stories[0].code)
    await refused(head, "GET", f"/{made['id']}/deliveries/{hidden['id']}", 404)


async def test_a_webhook_that_was_ended_gets_nothing_more_and_its_secret_is_gone(hooked_scene: Scene, receiver: Receiver) -> None:
    head = Office(hooked_scene)
    made = await head.add(receiver.url)
    await head.call("POST", f"/{made['id']}/pause", status=200)
    await publish(hooked_scene.js, *Story().whole().events)
    await wait_until(lambda: _waits(head, made["id"], 2), 10.0)
    ended = await head.call("DELETE", f"/{made['id']}", status=200)
    assert (ended["state"], ended["skipped"]) == ("removed", 2)
    await refused(head, "GET", f"/{made['id']}", 404)
    async with hooked_scene.database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM webhook_secrets"))).scalar_one() == 0
    assert receiver.got == []


def test_the_secret_has_the_form_that_receivers_libraries_take() -> None:
    assert Webhook("whsec_" + "A" * 43 + "=")
