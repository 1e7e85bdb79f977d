"""The digest of the morning: one per person and working day, whatever the clock does, with nothing that he must not hear of."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.notify.domain.telling import OFFICES_LANGUAGE
from services.notify.handlers import people
from services.notify.timers.mornings import Waker
from shared.contracts.procedure import PersonExcludedV1
from shared.contracts.words import Conflict, Role
from shared.identity import Principal
from shared.kernel.refusals import Malformed, Refused, Trouble
from shared.persistence import Database
from tests.component.notify.desk import tell
from tests.component.notify.scene import said
from tests.component.notify.ways import Desk, standing
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT

EARLY = datetime(2026, 11, 16, 0, 14, tzinfo=UTC)  # Monday 07:14 in Hanoi
TIME = EARLY + timedelta(minutes=1)
SUNDAY = TIME - timedelta(days=1)
HOLIDAY = TIME + timedelta(days=1)
HOURS = {day: [["08:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": [], "sun": []}
CALENDAR = {
    "name": "hanoi",
    "hours": HOURS,
    "days_off": {"2026-11-17": "a holiday"},
    "days_worked": {},
    "offices": [],
    "jurisdictions": ["hanoi"],
}
OFFICER = Principal("an", frozenset({Role.OFFICER}), COMMUNE)
LEADER = Principal("chu", frozenset({Role.LEADER, Role.HEAD}), CITY)
ADDRESS = {OFFICER: "an@phuong.example.vn", LEADER: "chu@city.example.vn"}


@dataclass
class Escalation:
    """Escalation, as far as it knows what is due and when people work."""

    items: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    is_away: bool = False

    async def calendars(self) -> Sequence[Mapping[str, Any]]:
        return [self._there(CALENDAR)]

    async def due(self, office: str) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self._there(self.items.get(office, []))
        return found

    def _there(self, said: Any) -> Any:
        if self.is_away:
            raise Trouble("escalation is away")
        return said

    def runs(self, office: str, code: str, due_at: datetime, *, petition_id: str | None = None, **other: Any) -> None:
        item: dict[str, Any] = {
            "petition_id": petition_id or str(uuid4()),
            "code": code,
            "kind": "field_report",
            "rule": "IH.RESOLVE",
        }
        item |= {"due_at": due_at.isoformat(), "state": "running", "rung": 0, **other}
        self.items.setdefault(office, []).append(item)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with standing(database, tmp_path) as made:
        made.clock.set(SUNDAY - timedelta(days=2))
        yield made


async def registered(desk: Desk, *persons: Principal) -> None:
    """Have people register and confirm their addresses."""
    for person in persons:
        address, now = ADDRESS[person], desk.clock.now()
        await people.want(desk.post, person, address=address, language=OFFICES_LANGUAGE, wants_digest=True, now=now)
        await desk.rounds()
        (mail,) = desk.mail.to(address)
        await people.confirm(desk.post, person, str(mail["Subject"]).rpartition(" ")[2], now=desk.clock.now())
    desk.mail.taken.clear()


async def morning(desk: Desk, escalation: Escalation, at: datetime) -> int | None:
    desk.clock.set(at)
    told = await Waker(desk.post, escalation, desk.clock, lambda: None).look()
    await desk.rounds()
    return told


def digest(desk: Desk, person: Principal) -> str:
    (mail,) = desk.mail.to(ADDRESS[person])
    return f"{mail['Subject']}\n{mail.get_content()}"


async def test_each_gets_one_on_a_working_day_with_what_presses_in_his_offices(desk: Desk) -> None:
    await registered(desk, OFFICER, LEADER)
    escalation = Escalation()
    escalation.runs(COMMUNE, "LATE-2", TIME - timedelta(days=1), state="overdue", rung=2)
    escalation.runs(COMMUNE, "SOON", TIME + timedelta(hours=30))
    escalation.runs(COMMUNE, "FAR", TIME + timedelta(days=9))
    escalation.runs(DEPARTMENT, "BELOW", TIME - timedelta(hours=1), state="overdue")
    assert await morning(desk, escalation, EARLY) is None
    assert await morning(desk, escalation, TIME) == 2
    own, all_below = digest(desk, OFFICER), digest(desk, LEADER)
    assert own.startswith("Bản tin sáng 16/11/2026: 1 quá hạn, 1 sắp đến hạn\n")
    assert "LATE-2  giải quyết (IH.RESOLVE)" in own
    assert "đã báo cấp 2" in own
    assert [code in own for code in ("SOON", "FAR", "BELOW")] == [True, False, False], (
        "what is due by the end of the next working day"
    )
    assert ("BELOW" in all_below, f"Cơ quan {DEPARTMENT}" in all_below) == (True, True)
    assert "gửi muộn" not in own
    assert all(body["audience"] == "person" for _, body in await said(desk.database))


async def test_whatever_the_clock_does_there_is_one_a_day_and_none_on_a_day_off(desk: Desk) -> None:
    await registered(desk, OFFICER)
    escalation = Escalation()
    assert [await morning(desk, escalation, at) for at in (SUNDAY, SUNDAY + timedelta(hours=1))] == [0, None]
    wakers = [Waker(desk.post, escalation, desk.clock, lambda: None) for _ in range(4)]
    desk.clock.set(TIME)
    told = await asyncio.gather(*(waker.look() for waker in wakers))
    assert sorted(told, key=str) == [1, None, None, None], "of several replicas one tells it"
    for at in (TIME - timedelta(minutes=30), TIME, TIME + timedelta(hours=3)):
        assert await morning(desk, escalation, at) is None
    assert await morning(desk, escalation, HOLIDAY) == 0
    assert len(desk.mail.to(ADDRESS[OFFICER])) == 1


async def test_a_late_start_says_that_it_is_late_and_one_in_the_evening_says_nothing(desk: Desk) -> None:
    await registered(desk, OFFICER)
    escalation = Escalation()
    assert await morning(desk, escalation, TIME + timedelta(hours=3)) == 1
    assert "gửi muộn" in digest(desk, OFFICER)
    assert await morning(desk, escalation, TIME + timedelta(days=2, hours=12)) is None


async def test_while_escalation_is_away_the_morning_waits_and_days_off_are_known_from_before(desk: Desk) -> None:
    await registered(desk, OFFICER)
    escalation = Escalation()
    await morning(desk, escalation, SUNDAY)
    escalation.is_away = True
    with pytest.raises(Trouble):
        await morning(desk, escalation, TIME)
    assert await morning(desk, escalation, HOLIDAY) == 0, "nobody works that day: nothing is asked"
    escalation.is_away = False
    assert await morning(desk, escalation, TIME + timedelta(minutes=2)) == 1


async def test_nothing_of_a_denunciation_is_told_and_nothing_to_who_has_a_conflict_of_interest(desk: Desk) -> None:
    await registered(desk, OFFICER, LEADER)
    sealed, conflict = await desk.lodged(is_sealed=True), await desk.lodged()
    excluded = PersonExcludedV1(person=OFFICER.actor, why=Conflict.RELATIVE, office=COMMUNE)
    await tell(desk.database, [conflict.hears(excluded)], desk.clock.now())
    escalation = Escalation()
    escalation.runs(COMMUNE, "SEALED-1", TIME, petition_id=str(sealed.id))
    escalation.runs(COMMUNE, "SEALED-2", TIME, kind="denunciation")
    escalation.runs(COMMUNE, conflict.code, TIME, petition_id=str(conflict.id))
    await morning(desk, escalation, TIME)
    assert not [word for word in ("SEALED", conflict.code) if word in digest(desk, OFFICER)]
    assert conflict.code in digest(desk, LEADER)
    assert "SEALED" not in digest(desk, LEADER)


async def test_an_address_is_used_once_it_is_confirmed_and_stands_nowhere_in_the_clear(desk: Desk) -> None:
    now, address = desk.clock.now(), ADDRESS[OFFICER]
    shown = await people.want(desk.post, OFFICER, address=address, language="vi", wants_digest=True, now=now)
    assert (shown["address"], shown["is_confirmed"]) == ("a…@p….vn", False)
    with pytest.raises(Refused):
        await people.want(desk.post, OFFICER, address="b@c.vn", language="vi", wants_digest=True, now=now)
    assert await morning(desk, Escalation(), TIME) == 0
    for _ in range(people.GUESSES_MAX):
        with pytest.raises(Malformed):
            await people.confirm(desk.post, OFFICER, "x", now=now)
    (mail,) = desk.mail.to(address)
    with pytest.raises(Malformed):
        await people.confirm(desk.post, OFFICER, str(mail["Subject"]).rpartition(" ")[2], now=now)
    async with desk.database.reading() as connection:
        (row,) = (await connection.execute(text("SELECT * FROM people"))).all()
        log = (await connection.execute(text("SELECT string_agg(sent_to, ' ') FROM attempts"))).scalar_one()
    assert address not in f"{row} {log}"
    await people.forget(desk.post, OFFICER.actor)
    assert await people.listed(desk.post) == []
