"""An agency's webhook from the bus to its endpoint: signed as Standard Webhooks says, in order, its own petitions alone."""

from tests.component.notify.hooks import Office
from tests.component.notify.receiver import Receiver, Reply
from tests.component.notify.scene import Scene
from tests.component.notify.story import Story, publish
from tests.unit.notify import bodies
from tests.unit.notify.bodies import COMMUNE, DEPARTMENT


async def test_an_agency_gets_every_event_of_its_own_petitions_signed_and_in_order(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head = Office(hooked_scene)
    made = await head.add(receiver.url, description="lõi một cửa")
    story, elsewhere, sealed = Story().whole(), Story(), Story(is_sealed=True)
    elsewhere.lodge()
    elsewhere.route(to=DEPARTMENT)
    sealed.whole()
    await publish(hooked_scene.js, *story.events, *elsewhere.events, *sealed.events)
    await head.settled(made["id"], 2)
    events = [got.verified(made["secret"]) for got in receiver.got]
    assert [event["type"].split(".")[-2] for event in events] == ["routed", "answered"]
    assert {event["subject"] for event in events} == {str(story.id)}
    assert [event["id"] for event in events] == [str(envelope.id) for envelope, _ in story.events[1:]]
    assert [event["version"] for event in events] == [1, 2]
    assert events[0] | {"data": None} == {
        "specversion": "1.0",
        "id": str(story.events[1][0].id),
        "type": "petitions.routing.petition.routed.v1",
        "source": "routing",
        "subject": str(story.id),
        "time": story.at.isoformat(),
        "effectiveat": story.at.isoformat(),
        "version": 1,
        "actor": story.events[1][0].actor,
        "cause": f"{story.events[0][0].id} intake 1",
        "correlationid": str(story.events[1][0].correlation_id),
        "office": COMMUNE,
        "datacontenttype": "application/json",
        "data": None,
    }
    assert events[0]["data"]["code"] == story.code


async def test_the_log_has_what_was_sent_and_what_was_answered_but_not_the_secret(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head, story = Office(hooked_scene), Story().whole()
    made = await head.add(receiver.url)
    await publish(hooked_scene.js, *story.events)
    log = await head.settled(made["id"], 2)
    assert receiver.got[0].headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert [(item["state"], item["attempts"], item["status"], item["petition"]) for item in log] == [
        ("delivered", 1, 204, story.code)
    ] * 2
    shown = await head.delivery(made["id"], log[0]["id"])
    assert shown["request_body"] == receiver.got[1].body.decode()
    assert shown["log"][0]["request_headers"]["webhook-id"] == log[0]["id"] == receiver.got[1].id
    assert made["secret"] not in str(shown)


async def test_an_endpoint_that_fails_gets_it_again_under_the_same_id_and_later_events_of_the_petition_wait(
    hooked_scene: Scene, receiver: Receiver
) -> None:
    head = Office(hooked_scene)
    made = await head.add(receiver.url)
    receiver.script.extend([Reply(500, body="lỗi nội bộ".encode()), Reply(302, {"Location": receiver.url})])
    story, other = Story(), Story()
    for each in (story, other):
        each.lodge()
        each.route()
    story.answer()
    await publish(hooked_scene.js, *story.events[:2])
    await head.settled(made["id"], 1)
    await publish(hooked_scene.js, *other.events, story.events[2])
    await head.settled(made["id"], 3)
    first, *_ = [got.id for got in receiver.got]
    assert receiver.ids()[first] == 3
    assert [got.path for got in receiver.got] == ["/hooks"] * 5
    (entry,) = [item for item in await head.log(made["id"]) if item["id"] == first]
    tried = (await head.delivery(made["id"], entry["id"]))["log"]
    assert [(each["outcome"], each["response_body"]) for each in tried] == [
        ("http_500", "lỗi nội bộ"),
        ("redirect_302", ""),
        ("http_204", ""),
    ]


async def test_a_webhook_gets_the_types_that_it_asked_for(hooked_scene: Scene, receiver: Receiver) -> None:
    head = Office(hooked_scene)
    made = await head.add(receiver.url, event_types=["petitions.routing.petition.answered.v1"])
    story = Story().whole()
    story.say(bodies.breached(), office=COMMUNE)
    await publish(hooked_scene.js, *story.events)
    await head.settled(made["id"], 1)
    assert [got.event["type"] for got in receiver.got] == ["petitions.routing.petition.answered.v1"]
