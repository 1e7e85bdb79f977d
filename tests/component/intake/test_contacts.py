"""Who lodges: names and places on one line; complaints and denunciations with the petitioner's address, kept in the vault."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from services.intake.domain.progress import What
from services.intake.domain.stripping import MASK
from shared.contracts.words import Role
from tests.component.intake.conftest import Intake
from tests.component.intake.test_petitioning import heard

OFFICE = "hanoi-00070"
ADDRESS = "7 ngõ 15 phố Cầu Gỗ"


async def codes(intake: Intake, **petition: Any) -> list[tuple[str, str]]:
    answer = await intake.http.post("/api/petitions", json={"kind": "complaint", "text": "Không đồng ý."} | petition)
    return [(error["field"], error["code"]) for error in answer.json().get("errors", [])]


@pytest.mark.parametrize("sign", ["\r", "\n", "\x00", "\t", "\x85", "\u2028"])
async def test_names_and_places_with_control_characters_are_refused_by_field(intake: Intake, sign: str) -> None:
    bad = f"Lan{sign}Bcc: x"
    assert await codes(intake, place=bad) == [("place", "bad_signs")]
    assert await codes(intake, petitioner={"name": bad}) == [("petitioner.name", "bad_signs")]
    assert await codes(intake, petitioner={"address": bad}) == [("petitioner.address", "bad_signs")]
    people = [{"name": "Lan", "has_signed": True}, {"name": bad, "has_signed": True}]
    assert await codes(intake, petitioners=people) == [("petitioners.2.name", "bad_signs")]
    assert await codes(intake, text=f"Dòng một\nDòng hai{sign if sign != chr(0) else ''}") == []


async def test_the_address_is_of_complaints_and_denunciations_alone(intake: Intake) -> None:
    person = {"petitioner": {"name": "Lan", "address": ADDRESS}}
    for kind in ("complaint", "denunciation"):
        assert await codes(intake, kind=kind, **person) == []
    assert await codes(intake, kind="field_report", **person) == [("petitioner.address", "needless_address")]
    assert await codes(intake, petitioner={"address": "x" * 501}) == [("petitioner.address", "too_long")]


async def test_the_address_is_revealed_by_right_masked_in_copies_and_said_in_no_event(intake: Intake) -> None:
    body = {
        "kind": "complaint",
        "text": f"Tôi ở {ADDRESS.upper()}, không đồng ý.",
        "petitioners": [
            {"name": "Lan", "has_signed": True, "address": ADDRESS},
            {"name": "Hai", "has_signed": True, "address": "9 Hàng Gai"},
        ],
    }
    receipt = (await intake.http.post("/api/petitions", json=body)).json()
    await heard(intake, receipt, What.ROUTED)
    officer, path = intake.as_person(Role.OFFICER, OFFICE), f"/api/petitions/{receipt['code']}"
    asked = {"fields": ["address", "petitioners"], "purpose": "contacting"}
    fields = (await intake.http.post(f"{path}/reveal", json=asked, headers=officer)).json()["fields"]
    assert fields["address"] == ADDRESS
    assert [item["address"] for item in fields["petitioners"]] == [ADDRESS, "9 Hàng Gai"]
    copy = (await intake.http.post(f"{path}/copies", json={}, headers=officer)).json()
    assert copy["text"] == f"Tôi ở {MASK}, không đồng ý."
    async with intake.database.reading() as connection:
        said = [str(row.body) for row in await connection.execute(text("SELECT body FROM events"))]
    assert not any("Cầu Gỗ" in body or orjson.dumps("Cầu Gỗ").decode() in body for body in said)
