"""Who is denounced and who has a conflict of interest see nothing of it at any door of escalation: neither there nor in a list."""

from collections.abc import Sequence

import httpx
import pytest

from services.escalation.handlers.hearing import hear_batch
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.timers import Sweep
from shared.contracts.words import Kind
from shared.messaging import Incoming
from shared.persistence import Database
from tests.component.escalation.scene import SetClock, always, clock, database, lawbook
from tests.component.escalation.story import CITY, COMMUNE, DEPARTMENT, Story, hanoi, office
from tests.component.escalation.test_api import app, door, signed

__all__ = ["app", "clock", "database", "door", "lawbook"]

LODGED, ROUTED, LATER = (hanoi(f"2026-11-16 09:0{minute}") for minute in (0, 1, 2))
HEAD, OFFICER, LEADER, AUDITOR = f"head@{COMMUNE}", f"officer@{COMMUNE}", f"leader@{CITY}", "auditor"
OTHERS = (
    f"officer@{DEPARTMENT}",
    f"head@{DEPARTMENT}",
    f"leader@{DEPARTMENT}",
    f"officer@{CITY}",
    f"clerk@{COMMUNE}",
    "operator",
)


class Desk:
    """Escalation with three offices, its doors, and who sees a petition behind them."""

    def __init__(self, http: httpx.AsyncClient, database: Database, lawbook: Lawbook) -> None:
        self.http, self.database, self.lawbook = http, database, lawbook

    async def hear(self, *events: Incoming) -> None:
        async with self.database.transaction() as tx:
            await hear_batch(tx, events, LATER, lawbook=self.lawbook)

    async def lodged(self, *, against: str | None = None, is_sealed: bool = True, extra: Sequence[str] = ()) -> Story:
        story = Story(is_sealed=is_sealed)
        kind = Kind.DENUNCIATION if is_sealed else Kind.COMPLAINT
        lodged = story.lodge(LODGED, kind=kind, against=against)
        await self.hear(lodged, story.route(ROUTED), *(story.exclude(LATER, person=f"person:{who}") for who in extra))
        return story

    async def sees(self, token: str, story: Story) -> bool:
        """Return whether somebody sees a petition, the same at every door; where not, its code is in no answer."""
        single = [f"/api/petitions/{key}/{what}" for key in (story.code, story.id) for what in ("deadlines", "derivations")]
        answers = [await self.http.get(path, headers=signed(token)) for path in single]
        nothing = await self.http.get("/api/petitions/HN-NOTHING/deadlines", headers=signed(token))
        due = await self.http.get(f"/api/offices/{COMMUNE}/due", headers=signed(token))
        seen = {answer.status_code == 200 for answer in answers} | {story.code in due.text}
        assert len(seen) == 1, f"{token}: {[answer.status_code for answer in answers]}, due {due.text}"
        if True not in seen:
            assert {(answer.status_code, answer.content) for answer in answers} == {(404, nothing.content)}
            assert str(story.id) not in due.text
        return True in seen

    async def seers(self, story: Story) -> set[str]:
        return {token for token in (HEAD, OFFICER, LEADER, AUDITOR, *OTHERS) if await self.sees(token, story)}


@pytest.fixture
async def desk(door: httpx.AsyncClient, database: Database, lawbook: Lawbook) -> Desk:
    desk = Desk(door, database, lawbook)
    await desk.hear(office(CITY, parent=None), office(COMMUNE, parent=CITY), office(DEPARTMENT, parent=CITY))
    return desk


@pytest.mark.parametrize("against", [None, COMMUNE])
async def test_of_a_denunciation_that_may_be_of_a_colleague_only_the_head_those_above_and_auditors_see_anything(
    desk: Desk, against: str | None
) -> None:
    assert await desk.seers(await desk.lodged(against=against)) == {HEAD, LEADER, AUDITOR}


async def test_officers_see_a_denunciation_of_somebody_elsewhere_and_every_other_petition(desk: Desk) -> None:
    everybody = {HEAD, OFFICER, LEADER, AUDITOR}
    assert await desk.seers(await desk.lodged(against=DEPARTMENT)) == everybody
    assert await desk.seers(await desk.lodged(is_sealed=False, against=COMMUNE)) == everybody


async def test_who_is_denounced_may_be_named_later_and_what_was_said_last_counts(desk: Desk) -> None:
    story = await desk.lodged()
    await desk.hear(story.name(LATER, against=DEPARTMENT))
    assert await desk.sees(OFFICER, story)
    await desk.hear(story.name(LATER, against=COMMUNE))
    assert not await desk.sees(OFFICER, story)


async def test_when_the_petition_moves_to_the_office_of_who_is_denounced_its_officers_do_not_see_it(desk: Desk) -> None:
    story = await desk.lodged(against=DEPARTMENT)
    await desk.hear(story.transfer(LATER, office=DEPARTMENT))
    for token, status in ((f"officer@{DEPARTMENT}", 404), (f"head@{DEPARTMENT}", 200), (OFFICER, 404)):
        assert (await desk.http.get(f"/api/petitions/{story.code}/deadlines", headers=signed(token))).status_code == status
        due = await desk.http.get(f"/api/offices/{DEPARTMENT}/due", headers=signed(token))
        assert (story.code in due.text) is (status == 200)


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("who", [HEAD, OFFICER, LEADER, AUDITOR])
async def test_who_is_excluded_sees_nothing_whatever_his_role(desk: Desk, who: str, *, is_sealed: bool) -> None:
    story = await desk.lodged(against=DEPARTMENT, is_sealed=is_sealed, extra=["p-7"])
    assert await desk.sees(who, story)
    assert not await desk.sees(f"{who}:p-7", story)


async def test_who_is_excluded_learns_no_verdict_and_cannot_acknowledge(desk: Desk, lawbook: Lawbook, clock: SetClock) -> None:
    story = await desk.lodged(is_sealed=False, extra=["p-7"])
    clock.instant = hanoi("2026-12-10 00:00")
    await Sweep(desk.database, clock, lawbook, is_current=always).tick()
    excluded, other = signed(f"{LEADER}:p-7"), signed(f"{LEADER}:p-8")
    deadlines = (await desk.http.get(f"/api/petitions/{story.code}/deadlines", headers=other)).json()["items"]
    escalated = next(item for item in deadlines if item["rung"] > 0)
    path = f"/api/deadlines/{escalated['id']}/acknowledge"
    note = {"level": 1, "note": "Đã giao thanh tra."}
    nothing = await desk.http.post(f"/api/deadlines/{story.id}/acknowledge", json=note, headers=excluded)
    refused = await desk.http.post(path, json=note, headers=excluded)
    assert (refused.status_code, refused.content) == (404, nothing.content)
    assert (await desk.http.post(path, json=note, headers=other)).status_code == 204
    for reader, is_told in ((excluded, False), (other, True)):
        assert (str(story.id) in (await desk.http.get("/api/verdicts", headers=reader)).text) is is_told


@pytest.mark.parametrize("is_sealed", [False, True])
async def test_how_its_deadlines_stand_is_told_to_services_and_auditors_but_not_to_who_is_excluded(
    desk: Desk, *, is_sealed: bool
) -> None:
    hidden, seen = await desk.lodged(is_sealed=is_sealed, extra=["p-7"]), await desk.lodged()
    both = {str(hidden.id), str(seen.id)}
    for reader, ids in (("auditor:p-7", {str(seen.id)}), ("auditor:p-8", both), ("service:audit", both)):
        headers = signed(reader)
        wanted = {"petition_ids": [str(hidden.id), str(seen.id)]}
        asked = (await desk.http.post("/api/state", json=wanted, headers=headers)).json()["items"]
        every = (await desk.http.get("/api/state", headers=headers)).json()["items"]
        listed = (await desk.http.get("/api/state/petitions", headers=headers)).json()["items"]
        assert {item["petition_id"] for item in asked} == {item["petition_id"] for item in every} == set(listed) == ids


async def test_verdicts_of_denunciations_are_counted_in_cells_of_five_and_named_to_auditors_alone(desk: Desk) -> None:
    sealed = [await desk.lodged() for _ in range(4)]
    ordinary = await desk.lodged(is_sealed=False)
    for reader in ("operator", LEADER, "service"):
        assert "TC.INIT" not in (await desk.http.get("/api/verdicts", headers=signed(reader))).text
    sealed.append(await desk.lodged())
    for reader in ("operator", LEADER, "service"):
        items = (await desk.http.get("/api/verdicts", headers=signed(reader))).json()["items"]
        told = [item for item in items if item["rule"] == "TC.INIT"]
        assert told == [told[0]] * 5
        assert {told[0][name] for name in ("petition_id", "due_at", "ended_at")} == {None}
        assert {item["petition_id"] for item in items} == {None, str(ordinary.id)}
    items = (await desk.http.get("/api/verdicts", headers=signed(AUDITOR))).json()["items"]
    assert {item["petition_id"] for item in items if item["is_sealed"]} == {str(story.id) for story in sealed}
