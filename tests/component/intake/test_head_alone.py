"""Of a denunciation that may be about somebody of the very office that has it, its head alone sees that there is one."""

from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.intake.domain.progress import What
from services.intake.store import hearing
from shared.contracts.procedure import DenouncedNamedV1
from shared.contracts.words import Rank, Role
from shared.testing import wait_until
from tests.component.intake.conftest import Intake
from tests.component.intake.test_attaching import PDF
from tests.component.intake.test_hearing import Telling, telling
from tests.component.intake.test_petitioning import heard, lodged
from tests.component.intake.test_sealed import denounced

__all__ = ["telling"]

OFFICE, OTHER = "hanoi-00070", "hanoi-00004"
MIGRATION = import_module("services.intake.migrations.versions.0013_against")
PARTS = {"parts": [{"kind": "recommendation", "text": "Đề nghị trồng cây."}], "remaining_text": "Cán bộ nhận tiền."}


async def with_office(intake: Intake, **more: Any) -> dict[str, str]:
    await denounced(intake, **more)
    petition = await intake.only()
    await heard(intake, petition, What.ROUTED)
    return petition


async def statuses(intake: Intake, petition: dict[str, str], role: Role) -> list[int]:
    """Return what each door of the office answers."""
    headers, path = intake.as_person(role, OFFICE), f"/api/petitions/{petition['code']}"
    asked = {"fields": ["text"], "purpose": "dealing"}
    answers = [
        await intake.http.post(f"{path}/reveal", json=asked, headers=headers),
        await intake.http.get(f"{path}/people", headers=headers),
        await intake.http.post(f"{path}/copies", json={}, headers=headers),
        await intake.http.get(f"{path}/attachments/{uuid4()}", params={"purpose": "dealing"}, headers=headers),
        await intake.http.post(f"{path}/attachments", params={"purpose": "evidence"}, files=[("files", PDF)], headers=headers),
        await intake.http.post(f"{path}/split", json=PARTS, headers=headers | {"Idempotency-Key": "split-0001"}),
    ]
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("against", [None, OFFICE])
async def test_where_nobody_said_who_is_denounced_or_it_is_this_office_the_head_alone_sees_it(
    intake: Intake, against: str | None
) -> None:
    petition = await with_office(intake, against=against, against_rank="staff" if against else None)
    assert await statuses(intake, petition, Role.OFFICER) == [404] * 6
    assert await statuses(intake, petition, Role.HEAD) == [200, 200, 200, 404, 201, 201]


async def test_where_somebody_of_another_office_is_denounced_officers_see_it_but_not_what_is_the_heads(intake: Intake) -> None:
    petition = await with_office(intake, against=OTHER)
    assert await statuses(intake, petition, Role.OFFICER) == [403, 200, 403, 404, 201, 201]


async def test_when_the_head_says_to_which_office_he_belongs_officers_see_it_or_not(intake: Intake, telling: Telling) -> None:
    petition = await with_office(intake)
    for against, seen in ((OTHER, [403, 200]), (OFFICE, [404, 404])):
        named = DenouncedNamedV1(office=OFFICE, against=against, against_rank=Rank.STAFF)
        await telling.say(UUID(petition["petition_id"]), named)

        async def is_heard(seen: list[int] = seen) -> bool:
            return (await statuses(intake, petition, Role.OFFICER))[:2] == seen

        await wait_until(is_heard)


async def test_what_an_office_made_a_denunciation_is_for_its_head_alone_too(intake: Intake) -> None:
    receipt = await lodged(intake, kind="complaint")
    await heard(intake, receipt, What.ROUTED)
    assert (await statuses(intake, receipt, Role.OFFICER))[:2] == [200, 200]
    async with intake.database.transaction() as tx:
        await hearing.treat_as(tx.connection, {UUID(receipt["petition_id"]): "denunciation"})
    assert (await statuses(intake, receipt, Role.OFFICER))[:2] == [404, 404]
    assert (await statuses(intake, receipt, Role.HEAD))[:2] == [200, 200]


async def test_what_was_lodged_before_is_told_by_its_event(intake: Intake) -> None:
    petition = await with_office(intake, against=OTHER)
    async with intake.database.transaction() as tx:
        await tx.connection.execute(text("UPDATE petitions SET against = NULL"))
        for statement in MIGRATION.STATEMENTS[2:]:
            await tx.connection.execute(text(statement))
    assert (await statuses(intake, petition, Role.OFFICER))[1] == 200
