"""Who gets which mail, once, whatever the bus does."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.notify.handlers import hearing
from shared.contracts.intake import PetitionerWithdrawnV1, PetitionJoinedV1
from shared.contracts.words import Language
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from tests.component.notify.scene import NAME, SENDER_DOMAIN, Scene
from tests.component.notify.story import Story, publish
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT, TOPIC

PETITIONER, WARD, TOWN_HALL = "buoi@example.vn", "phuong@hanoi.example", "thanhpho@hanoi.example"


async def test_lodged_routed_and_answered_are_told_once_to_whom_they_concern(scene: Scene) -> None:
    story = Story().whole()
    scene.neighbours.knows(story.id, email=PETITIONER)
    await publish(scene.js, *story.events)
    log = await scene.settled(story.code, notices=4)
    assert sorted((item["about"], item["audience"], item["state"]) for item in log) == [
        ("answered", "petitioner", "sent"),
        ("lodged", "petitioner", "sent"),
        ("routed", "office", "sent"),
        ("routed", "petitioner", "sent"),
    ]
    subjects = sorted((message["To"], message["Subject"]) for message in scene.mail.taken)
    assert subjects == sorted(
        [
            (PETITIONER, f"Đã tiếp nhận: {story.code}"),
            (PETITIONER, f"{story.code}: đã chuyển đến Cơ quan {COMMUNE}"),
            (PETITIONER, f"{story.code}: đã có trả lời"),
            (WARD, f"Đơn mới {story.code}"),
        ]
    )
    told = {message["Subject"]: message.get_content() for message in scene.mail.to(PETITIONER)}
    assert len(told) == 3
    assert not [words for words in told.values() if NAME in words], "a mail names nobody"
    assert {message["From"] for message in scene.mail.taken} == {f"Cầu Nối <khong-tra-loi@{SENDER_DOMAIN}>"}
    assert set(scene.mail.arrived()) == {f"<{item['id']}@{SENDER_DOMAIN}>" for item in log}


async def test_every_mail_is_said_with_its_message_id_its_template_and_its_cause(scene: Scene) -> None:
    story = Story().whole()
    scene.neighbours.knows(story.id, email=PETITIONER)
    await publish(scene.js, *story.events)
    await scene.settled(story.code, notices=4)
    said = await scene.said()
    assert {body["message_id"] for _, body in said} == set(scene.mail.arrived())
    assert [(item.envelope.type, body["is_possible_repeat"], body["attempts"]) for item, body in said] == [
        ("petitions.notify.notice.sent.v1", False, 1)
    ] * 4
    causes = {envelope.id: envelope.type.split(".")[-2] for envelope, _ in story.events}
    for item, body in said:
        assert item.envelope.cause is not None
        assert causes[item.envelope.cause.event_id] == body["about"]
        version = {"petitioner": 2, "office": 1}[body["audience"]]
        assert body["template"] == f"{body['about']}.{body['audience']}.vi@{version}"
        assert (item.envelope.aggregate_id, item.envelope.correlation_id) == (story.id, story.id)
    assert sorted(item.envelope.version for item, _ in said) == [1, 2, 3, 4]


async def test_reminders_breaches_and_escalations_climb(scene: Scene) -> None:
    story = Story(at=SystemClock().now())
    scene.neighbours.knows(story.id, email=PETITIONER)
    story.lodge()
    story.route()
    for body in (bodies.reminded(), bodies.breached(), bodies.escalated()):
        story.say(body)
    await publish(scene.js, *story.events)
    log = await scene.settled(story.code, notices=8)
    assert {(item["about"], item["audience"], item["office"]) for item in log} == {
        ("lodged", "petitioner", None),
        ("routed", "petitioner", COMMUNE),
        ("routed", "office", COMMUNE),
        ("reminder", "office", COMMUNE),
        ("breach", "petitioner", COMMUNE),
        ("breach", "office", COMMUNE),
        ("escalation", "petitioner", CITY),
        ("escalation", "office", CITY),
    }
    assert [len(scene.mail.to(to)) for to in (PETITIONER, WARD, TOWN_HALL)] == [4, 3, 1]
    (climbed,) = scene.mail.to(TOWN_HALL)
    assert f"Cơ quan {COMMUNE}" in climbed.get_content()
    assert "30/11/2026 17:30" in climbed.get_content()


@pytest.mark.parametrize("is_late", [False, True])
async def test_a_route_is_told_with_the_day_by_which_the_next_step_is_due(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, is_late: bool
) -> None:
    monkeypatch.setattr(hearing, "HELD_FOR_DUE", timedelta(hours=1))
    story = Story()
    scene.neighbours.knows(story.id, email=PETITIONER)
    await publish(scene.js, story.lodge(), story.route())
    if is_late:
        await wait_until(scene.has_heard_everything)
    await publish(scene.js, story.say(bodies.deadline_set()))
    await scene.settled(story.code, notices=3)
    routed = {message["To"]: message.get_content() for message in scene.mail.taken if "Đã tiếp nhận" not in message["Subject"]}
    assert set(routed) == {PETITIONER, WARD}
    assert all("30/11/2026 17:30" in words for words in routed.values())


async def test_repeats_and_disorder_on_the_bus_send_nothing_twice(scene: Scene) -> None:
    stories = [Story().whole() for _ in range(10)]
    for story in stories:
        scene.neighbours.knows(story.id, email=PETITIONER)
    for repeat in range(2):
        for story in stories:
            await publish(scene.js, *reversed(story.events), repeat=repeat)
    for story in stories:
        await scene.settled(story.code, notices=4)
    for story in stories:
        await publish(scene.js, *story.events, repeat=2)
    await wait_until(scene.has_heard_everything)
    for story in stories:
        assert len(await scene.settled(story.code, notices=4)) == 4
    assert len(scene.mail.taken) == 40
    assert set(scene.mail.arrived().values()) == {1}
    assert len(await scene.said()) == 40


async def test_a_petition_that_another_system_holds_is_none_of_ours_to_tell_of(scene: Scene) -> None:
    imported, ours = Story(), Story()
    imported.lodge(is_imported=True)
    imported.route()
    imported.answer()
    imported.say(bodies.breached())
    scene.neighbours.knows(imported.id, email="imported@example.vn")
    scene.neighbours.knows(ours.id, email=PETITIONER)
    await publish(scene.js, *imported.events, ours.lodge())
    await scene.settled(ours.code, notices=1)
    await wait_until(scene.has_heard_everything)
    assert await scene.log(imported.code) == []
    assert [message["To"] for message in scene.mail.taken] == [PETITIONER]


async def test_of_a_denunciation_people_learn_only_that_there_is_news(scene: Scene) -> None:
    story = Story(is_sealed=True).whole()
    scene.neighbours.knows(story.id, email=PETITIONER)
    await publish(scene.js, *story.events)
    log = await scene.settled(story.code, notices=4)
    assert {item["state"] for item in log} == {"sent"}
    assert {attempt["template"] for item in log for attempt in item["log"]} == {"sealed.petitioner.vi@1", "sealed.office.vi@1"}
    for message in scene.mail.taken:
        whole = str(message["Subject"]) + message.get_content()
        assert not [secret for secret in (story.code, TOPIC, NAME) if secret in whole]
    assert len({message["Subject"] for message in scene.mail.to(PETITIONER)}) == 1
    assert all(item.envelope.subject.startswith("sealed.") for item, _ in await scene.said())


async def test_a_petitioner_is_told_in_the_language_of_the_petition(scene: Scene) -> None:
    story = Story()
    scene.neighbours.knows(story.id, email=PETITIONER)
    await publish(scene.js, story.lodge(language=Language.EN), story.route())
    await scene.settled(story.code, notices=3)
    assert {message["Content-Language"] for message in scene.mail.to(PETITIONER)} == {"en"}
    assert f"{story.code}: with Office {COMMUNE}" in {message["Subject"] for message in scene.mail.to(PETITIONER)}
    assert {message["Content-Language"] for message in scene.mail.to(WARD)} == {"vi"}


async def test_who_left_no_contact_is_neither_told_nor_looked_up(scene: Scene) -> None:
    story = Story()
    await publish(scene.js, story.lodge(is_reachable=False), story.route())
    (only,) = await scene.settled(story.code, notices=1)
    assert (only["audience"], only["state"]) == ("office", "sent")
    assert scene.neighbours.asked == []


async def test_addresses_are_asked_for_as_notices_and_for_nobody_else(scene: Scene) -> None:
    story = Story()
    scene.neighbours.knows(story.id, email=PETITIONER)
    await publish(scene.js, story.lodge(), story.route(to=DEPARTMENT))
    await scene.settled(story.code, notices=3)
    assert {(path, asked["purpose"]) for path, asked in scene.neighbours.asked} == {("/intake/api/internal/contacts", "notify")}
    assert {key for _, asked in scene.neighbours.asked for key in asked["petition_ids"]} == {str(story.id)}


async def test_everybody_behind_a_petition_is_told_by_himself_until_he_leaves(scene: Scene) -> None:
    story = Story()
    second, third = uuid4(), uuid4()
    scene.neighbours.knows(story.id, email=PETITIONER)
    scene.neighbours.knows(second, email="mai@example.vn")
    scene.neighbours.knows(third, email="john@example.vn")
    story.lodge()
    for number, (key, language) in enumerate(((second, Language.VI), (third, Language.EN)), start=2):
        told = {"is_reachable": True, "language": language, "is_representative": False, "petitioners": number}
        story.say(PetitionJoinedV1(petitioner_id=key, **told))
    story.route()
    story.say(PetitionerWithdrawnV1(petitioner_id=story.id, petitioners=2))
    story.say(PetitionerWithdrawnV1(petitioner_id=second, petitioners=1))
    story.answer()
    await publish(scene.js, *story.events)
    await scene.settled(story.code, notices=8)
    subjects = {to: [message["Subject"] for message in scene.mail.to(to)] for to in (PETITIONER, "mai@example.vn")}
    assert subjects == {to: [f"Đã tiếp nhận: {story.code}", f"{story.code}: đã chuyển đến Cơ quan {COMMUNE}"] for to in subjects}
    english = [message.get_content() for message in scene.mail.to("john@example.vn")]
    assert (len(english), sum("has answered" in words for words in english)) == (3, 1)
