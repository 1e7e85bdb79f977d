"""What is no longer to be kept is erased: the keys are gone, what happened stays; nothing before its time or while it is held."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from services.intake.domain.progress import Step, What
from services.intake.domain.retention import HoldReason
from services.intake.gateways.object_store import DiskStore
from services.intake.handlers.erasing import erase
from services.intake.store import hearing
from services.intake.wire.retention import SHIPPED, read_retention
from shared.contracts.words import Role
from shared.kernel.clock import SystemClock
from tests.component.intake.conftest import Intake
from tests.component.intake.test_attaching import PDF

OFFICE = "hanoi-00070"
RULES = read_retention(SHIPPED)
SENT = {"kind": "field_report", "text": "Nắp cống vỡ", "place": "12 Hàng Bài", "petitioner": {"name": "Bưởi"}}


async def closed(intake: Intake, *, years: float, after: tuple[What, ...] = (), **more: Any) -> dict[str, str]:
    """Lodge, add a file, judge the answer, close so many years ago; then what else happened."""
    receipt: dict[str, str] = (await intake.http.post("/api/petitions", json=SENT | more)).json()
    petition = receipt if "code" in receipt else await intake.only()
    if "code" in receipt:
        proof, files = {"secret": receipt["secret"]}, [("files", ("a.pdf", PDF))]
        await intake.http.post(f"/api/petitions/{receipt['code']}/attachments", data=proof, files=files)
    at = SystemClock().now() - timedelta(days=365.25 * years)
    acts = (What.ROUTED, What.ACCEPTED, What.ANSWERED, What.CLOSED, *after)
    steps = [Step("routing", place, what, at, OFFICE) for place, what in enumerate(acts, start=1)]
    async with intake.database.transaction() as tx:
        await hearing.add_steps(tx.connection, [(UUID(petition["petition_id"]), step) for step in steps])
    if "secret" in receipt and not after:
        said = {"secret": receipt["secret"], "is_satisfied": False, "text": "Chưa làm gì"}
        assert (await intake.http.post(f"/api/petitions/{receipt['code']}/verdict", json=said)).is_success
    return receipt | petition


async def erased(intake: Intake, tmp_path: Path) -> int:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    objects = DiskStore(tmp_path / "attachments")
    return await erase(intake.database, objects, RULES, now=SystemClock().now(), zone=zone)


def head(intake: Intake, office: str = OFFICE) -> dict[str, str]:
    return intake.as_person(Role.HEAD, office)


async def test_the_keys_are_destroyed_and_what_happened_stays(intake: Intake, tmp_path: Path) -> None:
    old = await closed(intake, years=6)
    kept = await closed(intake, years=4)
    asked = {"fields": ["name", "text"], "purpose": "dealing"}
    for petition in (old, kept):
        revealed = await intake.http.post(f"/api/petitions/{petition['code']}/reveal", json=asked, headers=head(intake))
        assert revealed.json()["fields"] == {"name": "Bưởi", "text": "Nắp cống vỡ"}
    assert await erased(intake, tmp_path) == 1
    assert await erased(intake, tmp_path) == 0
    gone = await intake.http.post(f"/api/petitions/{old['code']}/reveal", json=asked, headers=head(intake))
    assert gone.json()["fields"] == {}
    still = await intake.http.post(f"/api/petitions/{kept['code']}/reveal", json=asked, headers=head(intake))
    assert still.json()["fields"]["name"] == "Bưởi"
    shown = (await intake.http.get(f"/api/petitions/{old['code']}")).json()
    assert (shown["state"], shown["attachments"], shown["verdict"]["is_satisfied"]) == ("closed", 0, False)
    async with intake.database.reading() as connection:
        names = [row.table_name for row in await connection.execute(TABLES)]
        left = {}
        for name in names:
            rows = await connection.execute(
                text(f"SELECT t::text AS row FROM intake.{name} t WHERE t::text LIKE :id"), {"id": f"%{old['petition_id']}%"}
            )
            left[name] = [row.row for row in rows]
    assert {name for name, rows in left.items() if rows} == STAYS
    assert not any("Bưởi" in row or "\\x" in row for rows in left.values() for row in rows)
    assert len([path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]) == 1


STAYS = {"petitions", "steps", "vault_readings", "statements", "search_entries", "events", "event_heads", "erasures"}
TABLES = text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'intake' AND table_name <> 'outbox'")


@pytest.mark.parametrize("after", [(What.REOPENED,), (What.REOPENED, What.ANSWERED), (What.CONTESTED,)])
async def test_what_went_on_after_its_closing_is_kept(intake: Intake, tmp_path: Path, after: tuple[What, ...]) -> None:
    await closed(intake, years=30, after=after)
    assert await erased(intake, tmp_path) == 0


async def test_each_kind_has_its_own_time_and_a_denunciation_s_phrase_leads_nowhere_afterwards(
    intake: Intake, tmp_path: Path
) -> None:
    petition = await closed(intake, years=14, kind="denunciation")
    assert await erased(intake, tmp_path) == 0
    async with intake.database.transaction() as tx:
        await tx.connection.execute(text("UPDATE steps SET effective_at = effective_at - interval '2 years'"))
    assert await erased(intake, tmp_path) == 1
    status = await intake.http.post("/api/sealed/status", json={"phrase": petition["phrase"]})
    assert (status.status_code, status.json()["code"]) == (404, "phrase_not_found")


async def test_what_is_held_back_is_kept_until_it_is_let_go(intake: Intake, tmp_path: Path) -> None:
    petition = await closed(intake, years=6)
    path = f"/api/petitions/{petition['code']}"
    hold = {"reason": HoldReason.COURT}
    assert (await intake.http.post(f"{path}/hold", json=hold, headers=head(intake, "hanoi-00004"))).status_code == 404
    assert (await intake.http.post(f"{path}/hold", json={"reason": "whim"}, headers=head(intake))).status_code == 422
    for _ in range(2):
        assert (await intake.http.post(f"{path}/hold", json=hold, headers=head(intake))).status_code == 204
    assert await erased(intake, tmp_path) == 0
    for _ in range(2):
        assert (await intake.http.post(f"{path}/release", headers=head(intake))).status_code == 204
    assert await erased(intake, tmp_path) == 1
    async with intake.database.reading() as connection:
        rows = await connection.execute(
            text("SELECT type FROM events WHERE type LIKE '%retention%' OR type LIKE '%erased%' ORDER BY seq")
        )
        assert [row.type.split(".")[-2] for row in rows] == ["held", "released", "erased"]


async def test_the_rules_are_told_to_everybody(intake: Intake) -> None:
    rules = (await intake.http.get("/api/retention")).json()["rules"]
    assert rules["complaint"]["years"] == RULES["complaint"].years
