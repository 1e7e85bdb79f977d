"""The delivery log: who may read it, and that it gives nobody's address away."""

import pytest
from sqlalchemy import text

from shared.contracts.words import Role
from tests.component.notify.scene import NAME, PHONE, Answer, Scene
from tests.component.notify.story import Story, publish
from tests.unit.notify.bodies import COMMUNE, DEPARTMENT

PETITIONER, REFUSED = "buoi@example.vn", "nobody@example.vn"
PERSONAL = (PETITIONER, REFUSED, "buoi", NAME, "Bưởi", PHONE)


async def _told(scene: Scene) -> Story:
    story = Story().whole()
    scene.neighbours.knows(story.id, email=PETITIONER, phone=PHONE)
    await publish(scene.js, *story.events)
    await scene.settled(story.code, notices=4)
    return story


async def test_the_log_of_a_petition_is_read_by_its_office_and_by_who_oversees_all(scene: Scene) -> None:
    story = await _told(scene)
    path = f"/api/petitions/{story.code}/notices"
    statuses = {
        (role, office): (await scene.http.get(path, headers=scene.as_person(role, office))).status_code
        for role, office in (
            (Role.OFFICER, COMMUNE),
            (Role.HEAD, COMMUNE),
            (Role.OFFICER, DEPARTMENT),
            (Role.OFFICER, None),
            (Role.LEADER, "hanoi"),
            (Role.AUDITOR, None),
            (Role.OPERATOR, None),
            (Role.CLERK, COMMUNE),
            (Role.SERVICE, None),
        )
    }
    assert statuses == {
        (Role.OFFICER, COMMUNE): 200,
        (Role.HEAD, COMMUNE): 200,
        (Role.OFFICER, DEPARTMENT): 404,
        (Role.OFFICER, None): 404,
        (Role.LEADER, "hanoi"): 200,
        (Role.AUDITOR, None): 200,
        (Role.OPERATOR, None): 200,
        (Role.CLERK, COMMUNE): 403,
        (Role.SERVICE, None): 403,
    }
    assert (await scene.http.get(path)).status_code == 401


async def test_a_petition_that_is_not_yours_looks_like_one_that_is_not_there(scene: Scene) -> None:
    story = await _told(scene)
    foreign = scene.as_person(Role.OFFICER, DEPARTMENT)
    not_yours = await scene.http.get(f"/api/petitions/{story.code}/notices", headers=foreign)
    not_there = await scene.http.get("/api/petitions/HN-NOTHING/notices", headers=foreign)
    assert (not_yours.status_code, not_there.status_code) == (404, 404)
    assert not_yours.json()["code"] == not_there.json()["code"] == "petition_not_found"
    assert not_yours.json()["detail"] == not_there.json()["detail"]


async def test_who_oversees_all_reads_the_latest_notices_by_state(scene: Scene) -> None:
    scene.mail.answers[REFUSED] = [Answer.REFUSE]
    await _told(scene)
    refused = Story()
    scene.neighbours.knows(refused.id, email=REFUSED)
    await publish(scene.js, refused.lodge())
    await scene.settled(refused.code, notices=1)
    for role in (Role.AUDITOR, Role.OPERATOR):
        answer = await scene.http.get("/api/notices", params={"state": "failed"}, headers=scene.as_person(role))
        assert [item["code"] for item in answer.json()["items"]] == [refused.code]
    auditor = scene.as_person(Role.AUDITOR)
    sent = await scene.http.get("/api/notices", params={"state": "sent", "limit": "3"}, headers=auditor)
    assert len(sent.json()["items"]) == 3
    waiting = await scene.http.get("/api/notices", params={"state": "waiting"}, headers=auditor)
    assert waiting.json()["items"] == []


@pytest.mark.parametrize("role", [Role.OFFICER, Role.HEAD, Role.CLERK, Role.SERVICE])
async def test_nobody_else_reads_across_offices(scene: Scene, role: Role) -> None:
    answer = await scene.http.get("/api/notices", params={"state": "sent"}, headers=scene.as_person(role, COMMUNE))
    assert answer.status_code == 403


@pytest.mark.parametrize("asked", [{}, {"state": "lost"}, {"state": "sent", "limit": "0"}, {"state": "sent", "limit": "501"}])
async def test_a_question_that_cannot_be_read_is_answered_with_the_reason(scene: Scene, asked: dict[str, str]) -> None:
    answer = await scene.http.get("/api/notices", params=asked, headers=scene.as_person(Role.AUDITOR))
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_no_address_and_no_name_stands_in_the_log_the_ledger_or_the_database(scene: Scene) -> None:
    scene.mail.answers[REFUSED] = [Answer.REFUSE]
    story = await _told(scene)
    refused = Story()
    scene.neighbours.knows(refused.id, email=REFUSED)
    await publish(scene.js, refused.lodge())
    await scene.settled(refused.code, notices=1)
    auditor = scene.as_person(Role.AUDITOR)
    answers = [
        await scene.http.get(path, headers=auditor)
        for path in (f"/api/petitions/{story.code}/notices", "/api/notices?state=sent", "/api/notices?state=failed")
    ]
    written = "".join(answer.text for answer in answers) + await _everything(scene)
    assert story.code in written
    assert refused.code in written
    assert not [secret for secret in PERSONAL if secret in written]


async def _everything(scene: Scene) -> str:
    """Return all that notify's schema holds, as text; what offices are called and where they are told is nobody's secret."""
    async with scene.database.reading() as connection:
        tables = await connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'notify' AND tablename <> 'offices'")
        )
        written = []
        for table in tables.scalars():
            rows = await connection.execute(text(f'SELECT t::text FROM "{table}" t'))
            written += list(rows.scalars())
        bodies = await connection.execute(text("SELECT body::text FROM events"))
        return "\n".join([*written, *bodies.scalars()])
