"""Who has a conflict of interest sees nothing of the petition at any door of audit, auditors among them; another auditor sees all."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from services.audit.store import reconciliations
from shared.contracts.procedure import PersonExcludedV1, PetitionContestedV1
from shared.contracts.words import Conflict
from shared.persistence import Database
from shared.persistence.migrations import upgrade
from tests.component.audit.story import OFFICE, Asking, Story, publish
from tests.component.audit.test_api import parks
from tests.component.audit.test_log import CODE, logged

pytestmark = pytest.mark.usefixtures("service")
OPEN_CODE, NO_CODE = "HN00-0000-0000", "HN99-9999-9999"
EXCLUDED, OTHER = "kiemtoan", "another"
AT = datetime(2026, 11, 18, tzinfo=UTC)


def exclude(story: Story) -> None:
    story.say(PersonExcludedV1(office=OFFICE, person=f"person:{EXCLUDED}", why=Conflict.INTEREST), minutes=95)


@pytest.fixture
async def stories(js: JetStreamContext, database: Database) -> tuple[Story, Story]:
    """A petition from which one auditor is excluded, and another petition; both contested, a message of each is parked."""
    hidden, seen = Story(CODE).whole(), Story(OPEN_CODE).whole()
    exclude(hidden)
    for story in (hidden, seen):
        story.say(PetitionContestedV1(office=OFFICE), minutes=100)
        await publish(js, story.events)
    await logged(database, len(hidden.events) + len(seen.events))
    for place, story in enumerate((hidden, seen)):
        story.answer()
        await parks(database, *story.events.pop(), seq=90 + place)
    return hidden, seen


@pytest.fixture
async def excluded(ask: Asking) -> httpx.AsyncClient:
    return ask("auditor", who=EXCLUDED)


@pytest.fixture
async def other(ask: Asking) -> httpx.AsyncClient:
    return ask("auditor", who=OTHER)


async def counted(database: Database, *stories: Story, petition_id: UUID | None = None) -> UUID:
    """Write a run that found a difference of each petition, and return its id."""
    run_id, nothing = uuid4(), {"code": None, "deadline_id": None, "rule": None, "expected": "", "found": ""}
    rows = [
        {"run_id": run_id, "place": place, "kind": "date_edited", "petition_id": story.id, **nothing}
        for place, story in enumerate(stories, start=1)
    ]
    async with database.transaction() as tx:
        await reconciliations.begin(tx.connection, run_id, as_of=AT, petition_id=petition_id, now=AT, lost_before=AT)
        await reconciliations.put(tx.connection, rows)
    return run_id


async def test_a_trace_is_to_who_is_excluded_as_if_the_petition_were_not_there(
    stories: tuple[Story, Story], excluded: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    hidden, seen = stories
    for key, unknown in ((CODE, NO_CODE), (str(hidden.id), str(uuid4()))):
        refused = await excluded.get(f"/api/petitions/{key}/trace")
        nothing = await excluded.get(f"/api/petitions/{unknown}/trace")
        assert (refused.status_code, refused.content) == (404, nothing.content)
        assert len((await other.get(f"/api/petitions/{key}/trace")).json()["events"]) == len(hidden.events)
    assert (await excluded.get(f"/api/petitions/{seen.code}/trace")).status_code == 200


async def test_an_export_leaves_out_what_its_reader_is_excluded_from_and_goes_on_over_pages(
    stories: tuple[Story, Story], excluded: httpx.AsyncClient, other: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.audit.handlers.log.EXPORT_PAGE_ENTRIES", 3)
    hidden, seen = stories
    ids = {}
    for name, http in (("excluded", excluded), ("other", other)):
        lines = [json.loads(line) for line in (await http.get("/api/events")).text.splitlines()]
        ids[name] = [line["id"] for line in lines if line["source"] != "audit"]  # that somebody asked is an event, too
    assert ids["excluded"] == [str(envelope.id) for envelope, _ in seen.events]
    assert ids["other"] == [str(envelope.id) for story in (hidden, seen) for envelope, _ in story.events]


async def test_no_gap_and_no_anomaly_names_a_petition_to_who_is_excluded(
    stories: tuple[Story, Story], excluded: httpx.AsyncClient, other: httpx.AsyncClient, ask: Asking
) -> None:
    hidden, seen = stories
    both = sorted([hidden.code, seen.code])
    operator = ask("operator", who=EXCLUDED)
    for http, codes in ((excluded, [seen.code]), (operator, [seen.code]), (other, both)):
        assert sorted(item["code"] for item in (await http.get("/api/gaps")).json()["items"]) == codes
    for http, codes in ((excluded, [seen.code]), (other, both)):
        kinds = (await http.get("/api/anomalies")).json()["anomalies"]
        contested = next(item for item in kinds if item["kind"] == "contested_answer")
        assert (contested["codes"], contested["count"]) == (codes, len(codes))


async def test_no_run_and_no_difference_tells_of_a_petition_to_who_is_excluded(
    stories: tuple[Story, Story], database: Database, excluded: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    hidden, seen = stories
    of_all, of_one = await counted(database, hidden, seen), await counted(database, hidden, petition_id=hidden.id)
    for http, ids, status in ((excluded, [seen.id], 404), (other, [hidden.id, seen.id], 200)):
        found = (await http.get(f"/api/reconciliations/{of_all}/differences")).json()["items"]
        assert [item["petition_id"] for item in found] == list(map(str, ids))
        assert (await http.get(f"/api/reconciliations/{of_all}")).status_code == 200
        assert (await http.get(f"/api/reconciliations/{of_one}")).status_code == status
    assert (await excluded.get(f"/api/reconciliations/{of_one}/differences")).json()["items"] == []


async def test_who_is_excluded_cannot_have_the_petition_counted(
    stories: tuple[Story, Story], database: Database, excluded: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    hidden, _ = stories
    refused = await excluded.post("/api/reconciliations", params={"petition": hidden.code})
    nothing = await excluded.post("/api/reconciliations", params={"petition": NO_CODE})
    assert (refused.status_code, refused.content) == (404, nothing.content)
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM reconciliations"))).scalar_one() == 0
    begun = await other.post("/api/reconciliations", params={"petition": hidden.code})  # escalation is not there to be asked
    assert (begun.status_code, begun.json()["code"]) == (503, "escalation_unreachable")


async def test_who_was_excluded_before_it_was_kept_beside_the_log_is_found_there(
    js: JetStreamContext, database: Database, url: str, excluded: httpx.AsyncClient
) -> None:
    story, unreadable = Story(CODE).whole(), Story(OPEN_CODE)
    exclude(story)
    exclude(unreadable)
    unreadable.events = [(unreadable.events[0][0], b"\xff")]
    await publish(js, story.events + unreadable.events)
    await logged(database, len(story.events) + 1)
    async with database.transaction() as tx:  # as it stood before
        await tx.connection.execute(text("DROP TABLE exclusions"))
        await tx.connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    upgrade("audit", url, "0005")
    assert (await excluded.get(f"/api/petitions/{CODE}/trace")).status_code == 404
    async with database.reading() as connection:
        rows = (await connection.execute(text("SELECT petition_id, person FROM exclusions"))).all()
    assert [tuple(row) for row in rows] == [(story.id, f"person:{EXCLUDED}")]
