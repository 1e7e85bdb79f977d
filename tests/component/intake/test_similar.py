"""Whoever is about to lodge is shown what may be the same: near in place, time and words, and nothing that was written."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.intake.domain.progress import What
from services.intake.store import hearing, searching
from shared.contracts.words import Role
from tests.component.intake.conftest import Intake
from tests.component.intake.test_people import people_now
from tests.component.intake.test_petitioning import heard, lodged

LAMP = "Đèn đường trước ngõ 12 phố Hàng Bài tắt ba đêm nay, tối không thấy gì."
HERE = {"commune": "00070", "latitude": 21.0285, "longitude": 105.8542}
NAMED = {"petitioner": {"name": "Lan", "phone": "0912345678"}}
ASKED = {"kind": "field_report", "text": "den duong ngo 12 Hang Bai khong sang, tat ba dem roi", **HERE}


async def shown(intake: Intake, **changes: Any) -> list[dict[str, Any]]:
    answer = await intake.http.post("/api/similar", json=ASKED | changes)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_the_same_lamp_is_shown_and_joined_instead_of_lodged_again(intake: Intake) -> None:
    lamp = await lodged(intake, kind="field_report", text=LAMP, **HERE, **NAMED)
    await lodged(intake, kind="field_report", text="Rác đổ đầu chợ bốc mùi hôi thối.", **HERE, **NAMED)
    await lodged(intake, kind="field_report", text=LAMP, commune="00004", latitude=21.05, longitude=105.9, **NAMED)
    (item,) = await shown(intake)
    assert (item["code"], item["metres"], item["can_join"], item["state"]) == (lamp["code"], 0, True, "lodged")
    assert not {"Lan", "0912345678", "Hàng Bài"} & set(str(item).split())
    assert set(item) == {
        *("code", "kind", "state", "state_text", "office", "commune", "lodged_at", "metres", "likeness", "can_join"),
    }
    joined = await intake.http.post(f"/api/petitions/{item['code']}/join", json={"petitioner": {"phone": "0912345679"}})
    assert (joined.status_code, await people_now(intake, item["code"])) == (201, 2)


async def test_an_answered_one_is_shown_to_read_the_answer_and_a_refused_one_is_not(intake: Intake) -> None:
    lamp = await lodged(intake, kind="field_report", text=LAMP, **HERE, **NAMED)
    for what, expected in ((What.ANSWERED, [False]), (What.REFUSED, [])):
        async with intake.database.transaction() as tx:
            await tx.connection.execute(text("DELETE FROM steps"))
        await heard(intake, lamp, What.ROUTED, what)
        async with intake.database.transaction() as tx:
            await searching.restate(tx.connection, [UUID(lamp["petition_id"])])
        assert [item["can_join"] for item in await shown(intake)] == expected


async def test_neither_sealed_nor_personal_ones_nor_those_that_a_person_must_look_at_are_shown(intake: Intake) -> None:
    for kind in ("denunciation", "complaint"):
        await lodged(intake, kind=kind, text=LAMP, **HERE, **NAMED)
    suspect = await lodged(intake, kind="field_report", text=LAMP, **HERE, **NAMED)
    async with intake.database.transaction() as tx:
        await hearing.suggest(tx.connection, {UUID(suspect["petition_id"]): False})
    assert await shown(intake) == []
    assert await shown(intake, kind="complaint") == []


async def test_a_mistake_is_told_as_when_lodging(intake: Intake) -> None:
    answer = await intake.http.post("/api/similar", json=ASKED | {"commune": "7", "longitude": None})
    assert sorted(error["code"] for error in answer.json()["errors"]) == ["bad_commune", "half_coordinates"]


async def test_persons_behind_petitions_that_are_dealt_with_together_are_counted_once(intake: Intake) -> None:
    first = await lodged(intake, kind="field_report", text=LAMP, **HERE, **NAMED)
    second = await lodged(intake, kind="field_report", text=LAMP, **HERE, **NAMED)
    await intake.http.post(f"/api/petitions/{second['code']}/join", json={"petitioner": {"phone": "0912345679"}})
    await heard(intake, first, What.ROUTED)
    async with intake.database.transaction() as tx:
        await hearing.tie(tx.connection, {UUID(second["petition_id"]): UUID(first["petition_id"])})
    officer = intake.as_person(Role.OFFICER, "hanoi-00070")
    told = (await intake.http.get(f"/api/petitions/{first['code']}/people", headers=officer)).json()
    assert (told["petitioners"], told["together"]) == (
        1,
        {"codes": sorted([first["code"], second["code"]]), "petitioners": 2},
    )
    other = intake.as_person(Role.OFFICER, "hanoi-00004")
    assert (await intake.http.get(f"/api/petitions/{first['code']}/people", headers=other)).status_code == 404
