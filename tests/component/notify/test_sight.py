"""Who is denounced, who has a conflict of interest and who only sees to the mail read no notice of it, neither there nor in a list."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from services.notify.api.notices import Doors, router
from services.notify.handlers.writing import Post
from shared.contracts import EventBody
from shared.contracts.procedure import DenouncedNamedV1, PersonExcludedV1
from shared.contracts.words import Conflict, Rank, Role
from shared.identity import Principal
from shared.persistence import Database
from shared.testing import FakeClock
from shared.web import LimitSettings, build_app
from tests.component.notify.desk import MORNING, NIGHT, breach, letters, tell
from tests.component.notify.story import Story
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT

HEAD, OFFICER, LEADER, AUDITOR, OPERATOR = f"head@{COMMUNE}", f"officer@{COMMUNE}", f"leader@{CITY}", "auditor", "operator"
OTHERS = (f"officer@{DEPARTMENT}", f"head@{DEPARTMENT}", f"leader@{DEPARTMENT}", f"officer@{CITY}")
LISTS = tuple(f"/api/notices?state={state}&limit=500" for state in ("waiting", "sent", "failed", "skipped"))


class Believes:
    """A verifier that takes the token for the principal: ``role@office:who``."""

    async def verify(self, token: str, *, now: datetime) -> Principal:
        assert now.tzinfo is not None
        said, _, who = token.partition(":")
        role, _, where = said.partition("@")
        return Principal(subject=who or "somebody", roles=frozenset({Role(role)}), office=where or None)


class Desk:
    """Notify with three offices, its doors, and who sees the notices of a petition behind them."""

    def __init__(self, http: httpx.AsyncClient, database: Database) -> None:
        self.http, self.database = http, database

    async def lodged(self, *, against: str | None = None, is_sealed: bool = True, extra: str = "", to: str = COMMUNE) -> Story:
        story = Story(at=NIGHT, is_sealed=is_sealed)
        lodged = bodies.lodged(code=story.code, is_reachable=False, against=against)
        said: list[EventBody] = [lodged, bodies.routed(code=story.code, to=to)]
        if extra:
            said.append(PersonExcludedV1(office=to, person=f"person:{extra}", why=Conflict.RELATIVE))
        await self.hear(story, *said)
        return story

    async def hear(self, story: Story, *said: EventBody) -> None:
        await tell(self.database, [story.hears(body) for body in said], NIGHT)

    async def get(self, path: str, token: str) -> httpx.Response:
        return await self.http.get(path, headers={"Authorization": f"Bearer {token}"})

    async def sees(self, token: str, story: Story) -> bool:
        """Return whether somebody reads a petition's notices; where not, it is as if it were not there."""
        answer = await self.get(f"/api/petitions/{story.code}/notices", token)
        if answer.status_code != 200:
            nothing = await self.get("/api/petitions/HN-NOTHING/notices", token)
            assert (answer.status_code, answer.content) == (404, nothing.content)
        return answer.status_code == 200

    async def lists(self, token: str, story: Story) -> bool:
        """Return whether a list names a petition to somebody."""
        return story.code in "".join([(await self.get(path, token)).text for path in LISTS])

    async def seers(self, story: Story) -> set[str]:
        return {token for token in (HEAD, OFFICER, LEADER, AUDITOR, OPERATOR, *OTHERS) if await self.sees(token, story)}


def _app(database: Database) -> FastAPI:
    async def readiness() -> list[str]:
        return []

    return build_app(
        name="notify",
        routers=[router(Doors(database))],
        verifier=Believes(),  # type: ignore[arg-type]  # a stand-in for the issuer
        limits=LimitSettings(),
        clock=FakeClock(NIGHT),
        readiness=readiness,
    )


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(_app(database)), base_url="http://notify") as http:
        yield Desk(http, database)


@pytest.mark.parametrize("against", [None, COMMUNE])
async def test_of_a_denunciation_that_may_be_of_a_colleague_only_the_head_those_above_and_auditors_read_notices(
    desk: Desk, against: str | None
) -> None:
    assert await desk.seers(await desk.lodged(against=against)) == {HEAD, LEADER, AUDITOR}


async def test_officers_read_those_of_a_denunciation_of_somebody_elsewhere_the_operator_none_of_any(desk: Desk) -> None:
    assert await desk.seers(await desk.lodged(against=DEPARTMENT)) == {HEAD, OFFICER, LEADER, AUDITOR}
    ordinary = await desk.lodged(is_sealed=False, against=COMMUNE)
    assert await desk.seers(ordinary) == {HEAD, OFFICER, LEADER, AUDITOR, OPERATOR}


async def test_who_is_denounced_may_be_named_later(desk: Desk) -> None:
    story = await desk.lodged()
    await desk.hear(story, DenouncedNamedV1(office=COMMUNE, against=DEPARTMENT, against_rank=Rank.STAFF))
    assert await desk.sees(OFFICER, story)
    await desk.hear(story, bodies.transferred(to=DEPARTMENT))
    assert not await desk.sees(f"officer@{DEPARTMENT}", story)
    assert await desk.sees(f"head@{DEPARTMENT}", story)


@pytest.mark.parametrize("who", [HEAD, OFFICER, LEADER, AUDITOR, OPERATOR])
async def test_who_is_excluded_reads_nothing_whatever_his_role(desk: Desk, who: str) -> None:
    story = await desk.lodged(is_sealed=False, extra="p-7")
    assert await desk.sees(who, story)
    assert not await desk.sees(f"{who}:p-7", story)
    if who in (LEADER, AUDITOR, OPERATOR):
        assert await desk.lists(who, story)
        assert not await desk.lists(f"{who}:p-7", story)


async def test_lists_name_denunciations_to_auditors_alone(desk: Desk) -> None:
    story = await desk.lodged(against=DEPARTMENT)
    assert await desk.lists(AUDITOR, story)
    assert not await desk.lists(OPERATOR, story)
    assert not await desk.lists(LEADER, story)


async def test_a_leader_lists_what_his_office_has_and_those_below_it(desk: Desk) -> None:
    here, there = await desk.lodged(is_sealed=False), await desk.lodged(is_sealed=False, to=DEPARTMENT)
    assert [await desk.lists(LEADER, story) for story in (here, there)] == [True, True]
    assert [await desk.lists(f"leader@{COMMUNE}", story) for story in (here, there)] == [True, False]
    assert [await desk.lists("leader", story) for story in (here, there)] == [False, False]


async def test_a_digest_that_tells_of_several_names_only_the_one_that_is_asked_about(desk: Desk, post: Post) -> None:
    hidden, asked = await desk.lodged(against=COMMUNE), await desk.lodged(is_sealed=False)
    for story in (hidden, asked):
        await desk.hear(story, breach())
    await letters(post, MORNING + timedelta(days=2))
    answer = await desk.get(f"/api/petitions/{asked.code}/notices", OFFICER)
    assert "breach" in answer.text or "digest" in answer.text
    assert hidden.code not in answer.text


async def test_the_list_is_paged_the_latest_first(desk: Desk) -> None:
    stories = [await desk.lodged(is_sealed=False) for _ in range(3)]
    seen, cursor = [], ""
    for _ in stories:
        page = (await desk.get(f"/api/notices?state=waiting&limit=1{cursor}", OPERATOR)).json()
        seen += [item["code"] for item in page["items"]]
        cursor = f"&cursor={_quoted(page['next'])}"
    last = (await desk.get(f"/api/notices?state=waiting{cursor}", OPERATOR)).json()
    assert sorted(seen) == sorted(story.code for story in stories)
    assert last == {"items": [], "next": None}


def _quoted(cursor: str) -> str:
    return str(httpx.QueryParams({"cursor": cursor})).removeprefix("cursor=")
