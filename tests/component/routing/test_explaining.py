"""Why this office, and what another table would change, over HTTP; asking changes nothing."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import orjson

import services.routing
from shared.contracts.words import Kind, Role
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from tests.component.routing.scene import READY_SECONDS_MAX, Scene
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
TABLE = Path(services.routing.__file__).parent / "competence" / "hanoi.yaml"


def signed(scene: Scene, role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {scene.issuer.token('x', roles=[role])}"}


async def lodged(scene: Scene, code: str, **fields: Any) -> Any:
    petition = await scene.lodged(code, **{"urgency": "normal", "commune": "00070"} | fields)
    await scene.routed(petition)
    return petition


async def test_the_rule_that_decided_is_named_and_why_the_others_did_not(scene: Scene) -> None:
    await lodged(scene, "X1", topic="ngap-ung")
    for language, word in (("vi", "dành cho loại đơn khác"), ("en", "is for other kinds")):
        headers = signed(scene, Role.AUDITOR) | {"Accept-Language": language}
        found = (await scene.http.get("/api/petitions/X1/explain", headers=headers)).json()
        by_rule = {item["rule"]: item for item in found["rules"]}
        assert (found["office"], by_rule["PA-02"]["why"], by_rule["PA-90"]["why"]) == (
            "hanoi-so-xd",
            "decided",
            "another_came_first",
        )
        assert (by_rule["KN-01"]["why"], by_rule["KN-01"]["text"]) == ("other_kind", word)
    stranger = scene.officer("hanoi-00004")
    assert (await scene.http.get("/api/petitions/X1/explain", headers=stranger)).status_code == 404


async def test_a_denunciation_is_not_explained_to_who_does_not_have_it(scene: Scene) -> None:
    petition = await scene.lodged("X2", kind=Kind.DENUNCIATION)
    await scene.routed(petition)
    async with scene.database.transaction() as tx:
        await tx.connection.exec_driver_sql("UPDATE petitions SET is_sealed = true WHERE code = 'X2'")
    assert (await scene.http.get("/api/petitions/X2/explain", headers=signed(scene, Role.AUDITOR))).status_code == 404
    assert (
        await scene.http.get("/api/petitions/X2/explain", headers=scene.officer("hanoi-thanh-tra", Role.HEAD))
    ).status_code == 200


async def test_a_changed_table_is_tried_on_the_last_petitions_before_it_counts(scene: Scene) -> None:
    await lodged(scene, "X3", topic="ngap-ung")
    await lodged(scene, "X4", topic="cap-nuoc")
    await lodged(scene, "X5", kind=Kind.COMPLAINT)
    content = TABLE.read_text(encoding="utf-8").replace("topics: [giao-thong, ngap-ung, cap-nuoc,", "topics: [giao-thong,")
    content = content.replace("topics: [o-nhiem, dat-dai, rac-thai]", "topics: [o-nhiem, dat-dai, rac-thai, ngap-ung]")
    operator = signed(scene, Role.OPERATOR)
    found = (await scene.http.post("/api/competence/preview", json={"content": content}, headers=operator)).json()
    changes = {item["code"]: (item["from_office"], item["to_office"], item["to_rule"]) for item in found["changes"]}
    assert changes == {"X3": ("hanoi-so-xd", "hanoi-so-nnmt", "PA-03"), "X4": ("hanoi-so-xd", "hanoi-00070", "PA-90")}
    assert found["petitions"] == 3
    only_last = await scene.http.post("/api/competence/preview", json={"content": content, "last": 1}, headers=operator)
    assert only_last.json()["changes"] == []
    same = await scene.http.post("/api/competence/preview", json={"content": TABLE.read_text(encoding="utf-8")}, headers=operator)
    assert same.json()["changes"] == []
    broken = await scene.http.post("/api/competence/preview", json={"content": "rules: 7"}, headers=operator)
    assert (broken.status_code, bool(broken.json()["errors"])) == (422, True)
    forbidden = await scene.http.post("/api/competence/preview", json={"content": content}, headers=signed(scene, Role.AUDITOR))
    assert forbidden.status_code == 403


async def test_what_came_before_the_table_is_not_said_to_be_a_rule_of_it(scene: Scene) -> None:
    await lodged(scene, "X6", topic="chieu-sang", text="Đèn hỏng. Tôi tố cáo ông tổ trưởng đòi hối lộ.")
    found = (await scene.http.get("/api/petitions/X6/explain", headers=signed(scene, Role.AUDITOR))).json()
    assert (found["routed_by"], "decided" in {item["why"] for item in found["rules"]}) == ("restricted.denunciation", False)
    operator = signed(scene, Role.OPERATOR)
    content = TABLE.read_text(encoding="utf-8").replace(
        "cay-xanh, trat-tu-xay-dung], office: hanoi-so-xd", "cay-xanh], office: hanoi-so-xd"
    )
    tried = (await scene.http.post("/api/competence/preview", json={"content": content}, headers=operator)).json()
    assert (tried["petitions"], tried["denunciations"]) == (0, None)


class Tables:
    """Tries and applies tables that differ from the shipped one in who is competent for power and markets."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._operator = signed(scene, Role.OPERATOR)

    @staticmethod
    def changed(version: str, valid_from: date, *, office: str = "hanoi-so-tc") -> str:
        content = TABLE.read_text(encoding="utf-8").replace("version: 2025-07-01.3", f"version: {version}")
        content = content.replace("valid_from: 2025-07-01", f"valid_from: {valid_from.isoformat()}")
        return content.replace(
            "topics: [dien, cho-dan-sinh], office: hanoi-so-ct", f"topics: [dien, cho-dan-sinh], office: {office}"
        )

    async def tried(self, content: str) -> httpx.Response:
        return await self._scene.http.post("/api/competence/preview", json={"content": content}, headers=self._operator)

    async def apply(self, content: str) -> tuple[int, str]:
        answer = await self._scene.http.post("/api/competence/tables", json={"content": content}, headers=self._operator)
        return answer.status_code, answer.json().get("code", answer.json().get("version"))

    async def tried_and_applied(self, content: str) -> tuple[int, str]:
        assert (await self.tried(content)).is_success
        return await self.apply(content)


async def goes_to(scene: Scene, office: str) -> None:
    """Wait until petitions about power go to an office."""

    async def goes() -> bool:
        petition = await scene.lodged(f"X8{uuid4().hex[:6]}", urgency="normal", commune="00070", topic="dien")
        return bool((await scene.routed(petition))["office"] == office)

    await wait_until(goes, READY_SECONDS_MAX, what="petitions go by the new table")


def today() -> date:
    return SystemClock().now().astimezone(HANOI).date()


async def test_a_table_is_applied_only_after_it_was_tried_with_a_version_and_a_day_of_its_own(scene: Scene) -> None:
    tables = Tables(scene)
    assert await tables.apply(tables.changed("2026-12", today())) == (409, "preview_first")
    assert await tables.tried_and_applied(tables.changed("2025-07-01.3", today())) == (409, "table_version_known")
    yesterday = today() - timedelta(days=1)
    assert await tables.tried_and_applied(tables.changed("2026-11", yesterday)) == (409, "table_begins_too_early")
    named = await tables.tried(tables.changed("2026-12", today(), office="nowhere"))
    assert (named.status_code, [error["field"] for error in named.json()["errors"]]) == (422, ["PA-05"])
    body = {"content": tables.changed("2026-12", today())}
    refused = await scene.http.post("/api/competence/tables", json=body, headers=signed(scene, Role.AUDITOR))
    assert refused.status_code == 403


async def test_a_table_with_a_mistake_is_mended_on_the_same_day(scene: Scene) -> None:
    tables = Tables(scene)
    assert await tables.tried_and_applied(tables.changed("2026-12", today())) == (201, "2026-12")
    mended = tables.changed("2026-12.1", today(), office="hanoi-so-nnmt")
    assert await tables.tried_and_applied(mended) == (201, "2026-12.1")
    await goes_to(scene, "hanoi-so-nnmt")


async def test_an_applied_table_is_in_force_until_the_next_and_moves_nothing_that_was_routed(scene: Scene) -> None:
    await lodged(scene, "X7", topic="dien")
    tables = Tables(scene)
    content = tables.changed("2026-12", today())
    assert await tables.tried_and_applied(content) == (201, "2026-12")
    assert await tables.apply(content) == (409, "table_version_known")
    (said,) = await scene.said(kind="competence.amended")
    body = orjson.loads(said["body"])
    assert (body["version"], body["petitions"], body["changes"]) == ("2026-12", 1, 1)
    listed = (await scene.http.get("/api/competence/tables")).json()["items"]
    assert [(item["version"], item["valid_to"]) for item in listed if item["jurisdiction"] == "hanoi"] == [
        ("2025-07-01.3", (today() - timedelta(days=1)).isoformat()),
        ("2026-12", None),
    ]
    await goes_to(scene, "hanoi-so-tc")
    assert (await scene.http.get("/api/petitions/X7", headers=scene.officer("hanoi-so-ct"))).status_code == 200
