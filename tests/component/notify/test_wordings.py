"""The words of notices as the city has them: history, preview, words of its own, and which version each notice used."""

from typing import Any

from shared.contracts.words import Role
from tests.component.notify.scene import Scene
from tests.component.notify.story import Story, publish

NAME, MAIL = "lodged.petitioner", "buoi@example.vn"
OWN = {
    "vi": "Thành phố đã nhận: {{ code }}\n\nXin cảm ơn. {{ link }}\n",
    "en": "We have it: {{ code }}\n\nThank you. {{ link }}\n",
}


async def test_an_operator_writes_words_of_the_city_and_every_notice_says_which_it_used(scene: Scene) -> None:
    operator, auditor = scene.as_person(Role.OPERATOR), scene.as_person(Role.AUDITOR)

    async def lodged() -> str:
        story = Story()
        scene.neighbours.knows(story.id, email=MAIL)
        await publish(scene.js, story.lodge())
        (item,) = await scene.settled(story.code, notices=1)
        return str(item["log"][0]["template"])

    async def put(texts: dict[str, str] | None, headers: dict[str, str] = operator) -> Any:
        return await scene.http.post(f"/api/templates/{NAME}", json={"texts": texts, "note": "thử"}, headers=headers)

    listed = (await scene.http.get("/api/templates", headers=auditor)).json()["items"]
    assert {"name": NAME, "counts": {"vi": f"{NAME}.vi@2", "en": f"{NAME}.en@2"}} in listed
    assert await lodged() == f"{NAME}.vi@2"
    assert (await put(OWN, auditor)).status_code == 403
    assert (await put(OWN)).json()["counts"] == {"vi": f"{NAME}.vi@c1", "en": f"{NAME}.en@c1"}
    assert await lodged() == f"{NAME}.vi@c1"
    assert "Xin cảm ơn." in scene.mail.taken[-1].get_content()
    assert (await put(None)).json()["counts"]["vi"] == f"{NAME}.vi@2"
    assert await lodged() == f"{NAME}.vi@2"
    history = (await scene.http.get(f"/api/templates/{NAME}", headers=auditor)).json()
    labels = [item["template"].partition("@")[2] for item in history["versions"] if item["language"] == "vi"]
    assert labels == ["1", "2", "c1"]
    assert [(row["actor"], row["note"]) for row in history["own"]] == [("person:p-1", "thử")] * 4
    shown = (await scene.http.get("/api/templates/lodged.petitioner.sms/preview", headers=auditor)).json()["items"]
    assert [item["segments"] for item in shown] == [2, 1]
    wrong = await put({"vi": "Kính gửi {{ name }}\n\n{{ code }}", "en": ""})
    assert (wrong.status_code, {error["reason"] for error in wrong.json()["errors"]}) == (
        422,
        {"personal", "unknown", "no_language"} - {"unknown"},
    )
    assert (await scene.http.get("/api/templates/nothing", headers=auditor)).status_code == 404
