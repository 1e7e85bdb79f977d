"""The version that an officer has seen, in the header or the body; and what a leader may do in an office below."""

from collections.abc import Mapping

import httpx
import pytest

from shared.contracts.words import Role
from tests.component.routing.scene import Scene
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

OFFICE = "hanoi-so-xd"


async def lodged(scene: Scene, code: str) -> str:
    petition = await scene.lodged(code, topic="chieu-sang", urgency="normal", commune="00070")
    office = str((await scene.routed(petition))["office"])
    assert office == OFFICE
    return office


async def accept(scene: Scene, code: str, headers: Mapping[str, str], **body: object) -> httpx.Response:
    named = scene.officer(OFFICE) | {"Accept-Language": "vi", **headers}
    return await scene.http.post(f"/api/petitions/{code}/accept", json=body, headers=named)


async def test_an_old_if_match_fails_as_a_condition_with_the_present_state(scene: Scene) -> None:
    await lodged(scene, "C1")
    stale = await accept(scene, "C1", {"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    assert (stale.json()["version"], stale.json()["state"]) == (1, "routed")
    assert "đã chuyển đến cơ quan (routed)" in stale.json()["detail"]
    both = await accept(scene, "C1", {"If-Match": '"7"'}, version=7)
    assert both.status_code == 412
    present = await accept(scene, "C1", {"If-Match": '"1"'})
    assert (present.status_code, present.headers["etag"]) == (200, '"2"')


async def test_an_old_version_in_the_body_conflicts_with_the_present_state(scene: Scene) -> None:
    await lodged(scene, "C2")
    answer = await accept(scene, "C2", {}, version=7)
    assert (answer.status_code, answer.json()["code"], answer.json()["version"]) == (409, "version_conflict", 1)
    assert "lead" not in answer.json()


@pytest.mark.parametrize("written", ["*", '"1", "2"', "abc", ""])
async def test_an_if_match_that_names_no_version_is_told_what_to_send(scene: Scene, written: str) -> None:
    answer = await accept(scene, "C2", {"If-Match": written})
    assert (answer.status_code, answer.json()["code"]) == (422, "version_needed")
    (mistake,) = answer.json()["errors"]
    assert (mistake["field"], mistake["reason"]) == ("If-Match", "not_one_version")
    assert mistake["remedy"].startswith("ghi một phiên bản")
    assert "one version" not in mistake["remedy"]


async def test_a_version_is_needed_and_only_one(scene: Scene) -> None:
    missing = await accept(scene, "C2", {})
    assert (missing.status_code, missing.json()["errors"][0]["reason"]) == (422, "missing")
    two = await accept(scene, "C2", {"If-Match": '"1"'}, version=2)
    assert (two.status_code, two.json()["errors"][0]["reason"]) == (422, "two_versions")


async def test_a_head_of_the_office_above_does_below_only_what_a_leader_may(scene: Scene) -> None:
    office = await lodged(scene, "C3")
    chair = {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER, Role.HEAD], office='hanoi')}"}
    refused = await accept(scene, "C3", chair | {"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "right_missing")
    assert "người đứng đầu cơ quan (head)" in refused.json()["detail"]
    body = {"version": 1, "to_office": "hanoi-00070", "reason": "superior_decision"}
    moved = await scene.http.post("/api/petitions/C3/transfer", json=body, headers=chair)
    assert (moved.status_code, moved.json()["office"]) == (200, "hanoi-00070")
    assert office != moved.json()["office"]
