"""The matrix of protected fields, cell by cell: every field of a petition and of a denunciation, asked for by every role."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.intake.domain.progress import Step, What
from services.intake.domain.rights import FIELDS
from services.intake.handlers.viewing import REVEALED_FIELDS
from services.intake.store import hearing
from shared.contracts.words import Role
from shared.kernel.clock import SystemClock
from tests.component.intake.conftest import Intake
from tests.component.intake.test_attaching import PDF

OFFICE = "hanoi-00070"
SENT: dict[str, Any] = {
    "text": "Nắp cống vỡ",
    "channel": "counter",
    "petitioner": {"name": "Bưởi", "email": "a@example.vn", "phone": "0912345678"},
}
PEOPLE = [role for role in Role if role is not Role.SERVICE]


async def lodged(intake: Intake, kind: str) -> tuple[dict[str, str], str]:
    """Lodge at the office's own counter, which gets it too, with a file; return the petition and the file's id."""
    clerk = intake.as_person(Role.CLERK, OFFICE)
    against = {"against": "hanoi-so-xd"} if kind == "denunciation" else {}  # of the own office the head alone sees anything
    sent = {"petitions": [SENT | {"kind": kind} | against]}
    (line,) = (await intake.http.post("/api/counter/petitions", json=sent, headers=clerk)).json()["lines"]
    step = Step("routing", 1, What.ROUTED, SystemClock().now(), OFFICE)
    async with intake.database.transaction() as tx:
        await hearing.add_steps(tx.connection, [(UUID(line["petition_id"]), step)])
    files = [("files", ("a.pdf", PDF))]
    if "phrase" in line:
        stored = await intake.http.post("/api/sealed/attachments", data={"phrase": line["phrase"]}, files=files)
    else:
        stored = await intake.http.post(
            f"/api/petitions/{line['code']}/attachments", data={"secret": line["secret"]}, files=files
        )
    return line, stored.json()["attachments"][0]["id"]


async def may_read(intake: Intake, petition: dict[str, str], file: str, field: str, role: Role) -> bool:
    headers, path = intake.as_person(role, OFFICE), f"/api/petitions/{petition['code']}"
    match field:
        case "attachment":
            answer = await intake.http.get(f"{path}/attachments/{file}", params={"purpose": "dealing"}, headers=headers)
        case "secret":
            answer = await intake.http.get(f"/api/counter/petitions/{petition['code']}/receipt.pdf", headers=headers)
        case "proof":  # audit is not there: who may have it is told to come back
            answer = await intake.http.get(f"/api/counter/petitions/{petition['code']}/proof", headers=headers)
            assert answer.status_code in (403, 503), answer.text
            return answer.status_code == 503
        case _:
            answer = await intake.http.post(f"{path}/reveal", json={"fields": [field], "purpose": "dealing"}, headers=headers)
    assert answer.status_code in (200, 403), answer.text
    return answer.status_code == 200


@pytest.mark.parametrize("kind", ["complaint", "denunciation"])
async def test_each_field_is_read_by_whom_the_matrix_names_and_by_nobody_else(intake: Intake, kind: str) -> None:
    petition, file = await lodged(intake, kind)
    wrong = []
    for field, readers in FIELDS.items():
        named = readers.of_sealed if kind == "denunciation" else readers.of_open
        for role in PEOPLE:
            if await may_read(intake, petition, file, field, role) is not (role in named):
                wrong.append((field, role))
    assert wrong == []


@pytest.mark.parametrize("kind", ["complaint", "denunciation"])
async def test_our_services_read_what_the_matrix_names(intake: Intake, kind: str) -> None:
    petition, _ = await lodged(intake, kind)
    asked = {"petition_ids": [petition["petition_id"]], "purpose": "classify"}
    texts = (await intake.http.post("/api/internal/texts", json=asked, headers=intake.as_service())).json()["texts"]
    contacts = (await intake.http.post("/api/internal/contacts", json=asked, headers=intake.as_service())).json()["contacts"]
    read = ({"text"} if texts else set()) | (set(contacts[petition["petition_id"]]) - {"language"})
    named = {
        field
        for field, readers in FIELDS.items()
        if "service" in (readers.of_sealed if kind == "denunciation" else readers.of_open)
    }
    assert read == named


async def test_what_is_not_allowed_is_named_and_leaves_no_reading(intake: Intake) -> None:
    petition, _ = await lodged(intake, "denunciation")
    asked = {"fields": ["name", "text"], "purpose": "dealing"}
    answer = await intake.http.post(
        f"/api/petitions/{petition['code']}/reveal", json=asked, headers=intake.as_person(Role.OFFICER, OFFICE)
    )
    assert (answer.json()["code"], answer.json()["fields"]) == ("field_not_allowed", "name, text")
    async with intake.database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM vault_readings"))).scalar_one() == 0


def test_every_field_that_can_be_asked_for_is_in_the_matrix() -> None:
    assert set(REVEALED_FIELDS) < set(FIELDS)
