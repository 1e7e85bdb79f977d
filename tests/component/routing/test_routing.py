"""Petitions find their office, officers act, the directory is told: with a real database and a real bus."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from nats.js.errors import NotFoundError

from shared.contracts.intake import PetitionLodgedV1, SourceFactsV1
from shared.contracts.words import Channel, Kind, Language, Role
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from tests.component.routing.scene import Intake, Scene, routing

ServiceDatabase = Callable[[str], Awaitable[str]]
ANSWER = "Đã giải quyết xong hôm nay."


@pytest.fixture
async def scene(service_database: ServiceDatabase, bus: BusSettings, tmp_path: Path, issuer: KeyIssuer) -> AsyncIterator[Scene]:
    async with routing(await service_database("routing"), bus, tmp_path, issuer, Intake()) as made:
        yield made
        for stream in STREAMS:
            try:
                await made.bus.jetstream().delete_stream(stream)
            except NotFoundError:
                continue


async def test_a_petition_without_a_topic_is_read_and_given_to_the_competent_office(scene: Scene) -> None:
    petition = await scene.lodged("A", text="Nắp cống bị vỡ, ngập nước, rất nguy hiểm", commune="00070", is_physical=True)
    said = await scene.routed(petition)
    body = json.loads(said["body"])
    assert (said["office"], body["topic"], body["topic_origin"], body["urgency"]) == (
        "hanoi-so-xd",
        "ngap-ung",
        "suggested",
        "urgent",
    )
    assert body["route"]["superiors"] == ["hanoi"]
    assert "Nắp cống" not in said["body"]


async def test_what_is_said_twice_is_routed_once(scene: Scene) -> None:
    petition = uuid4()
    body = PetitionLodgedV1(
        code="B",
        kind=Kind.VOTERS_PETITION,
        jurisdiction="hanoi",
        channel=Channel.WEB,
        language=Language.VI,
        is_reachable=False,
        is_physical=False,
        has_text=False,
    )
    await scene.say(petition, body, times=3)
    last = await scene.lodged("C", kind=Kind.VOTERS_PETITION)
    await scene.routed(last)
    assert len(await scene.said(petition)) == 1


async def test_intake_being_away_delays_and_loses_nothing(scene: Scene) -> None:
    scene.intake.is_away = True
    petition = await scene.lodged("D", text="Rác thải không ai thu gom rác", commune="00004")
    await scene.evidence(await scene.lodged("E", kind=Kind.COMMITMENT, urgency="normal", topic="dat-dai"))
    assert not await scene.said(petition)
    scene.intake.is_away = False
    assert (await scene.routed(petition))["office"] == "hanoi-00004"


async def test_the_pool_is_assigned_by_reception_and_each_act_is_guarded(scene: Scene) -> None:
    petition = await scene.lodged("F", text="Tôi có một ý kiến nhỏ", kind=Kind.RECOMMENDATION)
    assert (await scene.routed(petition))["office"] == "hanoi-tcd"
    assert (await scene.act("hanoi-tcd", "F", "accept", version=1)).json()["code"] == "unassigned"
    assert (await scene.act("hanoi-00070", "F", "accept", version=1)).status_code == 404
    unknown = await scene.act("hanoi-tcd", "F", "transfer", version=1, to_office="hanoi-none", reason="assignment")
    assert unknown.json()["code"] == "unknown_office"
    assert "GET /routing/api/offices" in unknown.json()["detail"]
    moved = await scene.act("hanoi-tcd", "F", "transfer", version=1, to_office="hanoi-00070", reason="assignment")
    assert (moved.status_code, moved.json()["office"]) == (200, "hanoi-00070")
    conflict = await scene.act("hanoi-00070", "F", "accept", version=1)
    assert (conflict.status_code, conflict.json()["code"], conflict.json()["version"]) == (409, "version_conflict", 2)
    assert (await scene.act("hanoi-00070", "F", "accept", version=2)).json()["state"] == "accepted"
    assert [event["version"] for event in await scene.said(petition)] == [1, 2, 3]


async def test_an_answer_about_a_place_needs_evidence_and_the_same_key_gets_the_same_answer(scene: Scene) -> None:
    petition = await scene.lodged("G", topic="chieu-sang", urgency="normal", commune="00070", is_physical=True)
    await scene.routed(petition)
    office = "hanoi-so-xd"
    assert (await scene.act(office, "G", "accept", version=1)).is_success
    assert (await scene.act(office, "G", "answer", version=2, text=ANSWER)).json()["code"] == "evidence_required"
    photo = str(await scene.evidence(petition))

    async def is_known() -> bool:
        shown = (await scene.http.get("/api/petitions/G", headers=scene.officer(office))).json()
        return photo in shown["evidence"]

    await wait_until(is_known)
    first = await scene.act(office, "G", "answer", key="answer-key-1", version=2, text=ANSWER, evidence=[photo])
    again = await scene.act(office, "G", "answer", key="answer-key-1", version=2, text=ANSWER, evidence=[photo])
    assert first.is_success
    assert again.json() == first.json()
    other = await scene.act(office, "G", "close", key="answer-key-1", version=3)
    assert other.json()["code"] == "idempotency_key_reused"
    (said,) = await scene.said(petition, "petition.answered")
    assert ANSWER not in said["body"]
    assert (await scene.act(office, "G", "close", version=3)).json()["state"] == "closed"
    assert not (await scene.http.get("/api/queue", headers=scene.officer(office))).json()["items"]


async def test_an_imported_petition_goes_to_its_sources_office_and_is_closed_when_the_source_closed_it(scene: Scene) -> None:
    closed_at = datetime(2015, 1, 3, tzinfo=UTC)
    source = SourceFactsV1(system="boston311", reference="1", office="boston-PWDx", closed_at=closed_at)
    petition = await scene.lodged("H", jurisdiction="boston", source=source)
    assert (await scene.routed(petition))["office"] == "boston-PWDx"
    types = [event["type"].split(".")[-2] for event in await scene.said(petition)]
    assert types == ["routed", "closed"]
    assert str(petition) not in scene.intake.asked


async def test_the_directory_is_told_once_and_only_what_changed_is_told_again(scene: Scene) -> None:
    offices = await scene.said(kind="office.registered")
    codes = [event["office"] for event in offices]
    assert len(codes) == len(set(codes)) == 190
    content = """
jurisdiction: boston
version: 2099-01-01.1
valid_from: 2000-01-01
offices:
  - {code: boston, kind: city, is_reception: true, vi: Thành phố Boston, en: City of Boston}
"""
    operator = scene.officer("hanoi", Role.OPERATOR)
    forgotten = await scene.http.post("/api/directory", json={"content": content}, headers=operator)
    assert forgotten.status_code == 422
    assert {error["code"] for error in forgotten.json()["errors"]} == {"missing_office"}
    shipped = (Path(__file__).parents[3] / "services/routing/directory/boston.yaml").read_text(encoding="utf-8")
    changed = shipped.replace("version: 2015-01-01.1", "version: 2099-01-01.1").replace(
        "Boston: Animal Control", "Boston: Animals"
    )
    answer = await scene.http.post("/api/directory", json={"content": changed}, headers=operator)
    assert answer.json()["changed"] == 1, answer.text
    again = await scene.http.post("/api/directory", json={"content": changed}, headers=operator)
    assert again.json()["changed"] == 0
    assert len(await scene.said(kind="office.registered")) == 191
    assert (await scene.http.post("/api/directory", json={"content": changed}, headers=scene.officer("hanoi"))).status_code == 403


async def test_what_lies_in_a_former_commune_that_was_split_goes_to_a_person(scene: Scene) -> None:
    petition = await scene.lodged("SPLIT1", topic="rac-thai", commune_origin="split")
    body = orjson.loads((await scene.routed(petition))["body"])
    assert (body["route"]["office"], body["route"]["basis"]) == ("hanoi-tcd", "unassigned")
    assert body["route"]["rule"] == "split.commune"
