"""Why this office, and what another table would change, over HTTP; asking changes nothing."""

from pathlib import Path
from typing import Any

import services.routing
from shared.contracts.words import Kind, Role
from tests.component.routing.scene import Scene
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

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
