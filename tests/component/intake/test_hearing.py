"""What routing and escalation say, as the petitioner sees it: state, office by name, due date, steps."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import nats
import pytest
from nats.js import JetStreamContext

from services.intake.bus import DURABLE
from services.intake.domain.retention import erased_before
from services.intake.store import retention
from services.intake.wire.retention import SHIPPED, read_retention
from shared.contracts import Cause, Envelope, EventBody
from shared.contracts.escalation import DeadlineBreachedV1, DeadlineMetV1, DeadlineSetV1, PetitionEscalatedV1
from shared.contracts.procedure import PersonExcludedV1
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRoutedV1,
    RouteBasis,
    RouteV1,
)
from shared.contracts.words import Conflict, Kind, Role, Urgency
from shared.kernel.ids import derived
from shared.messaging import BusSettings
from shared.messaging.topology import provision
from shared.testing import wait_until
from tests.component.intake.conftest import Intake

NOW = datetime(2099, 11, 23, 3, tzinfo=UTC)
DUE = NOW + timedelta(days=7)
WARD = "hanoi-00070"


class Telling:
    """Says events as routing and escalation would, numbered, with causes."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js
        self._versions: dict[tuple[UUID, str], int] = {}
        self.said: list[tuple[Envelope, bytes]] = []

    async def say(self, about: UUID, body: EventBody, *, minutes: int = 0, cause: Cause | None = None) -> Cause:
        source = body.TYPE.split(".")[1]
        version = self._versions[about, source] = self._versions.get((about, source), 0) + 1
        envelope = Envelope(
            id=uuid4(),
            type=body.TYPE,
            source=source,
            aggregate_id=about,
            version=version,
            effective_at=NOW + timedelta(minutes=minutes),
            recorded_at=NOW + timedelta(minutes=minutes),
            actor=f"service:{source}",
            correlation_id=about,
            cause=cause,
            office=WARD,
            is_sealed=False,
            traceparent=None,
        )
        self.said.append((envelope, body.model_dump_json().encode()))
        await self.publish(*self.said[-1])
        return Cause(envelope.id, source, version)

    async def publish(self, envelope: Envelope, body: bytes, *, again: bool = False) -> None:
        headers = envelope.headers()
        if again:
            headers["Nats-Msg-Id"] = str(uuid4())  # past the server's own window of known ids
        await self._js.publish(envelope.subject, body, headers=headers)


@pytest.fixture
async def telling(bus: BusSettings, intake: Intake) -> AsyncIterator[Telling]:
    connection = await nats.connect(bus.url, user=bus.user, password=bus.password)
    js = connection.jetstream()
    await provision(js, [DURABLE])
    yield Telling(js)
    await connection.close()


def office(code: str, name: str, **more: Any) -> OfficeRegisteredV1:
    fields = {"code": code, "jurisdiction": "hanoi", "kind": "commune", "name_vi": name, "name_en": f"{name} (en)"}
    return OfficeRegisteredV1(**fields, valid_from=date(2025, 7, 1), **more)


def routed(code: str) -> PetitionRoutedV1:
    return PetitionRoutedV1(
        code=code,
        kind=Kind.FIELD_REPORT,
        jurisdiction="hanoi",
        topic=None,
        topic_origin="none",
        commune="00070",
        urgency=Urgency.NORMAL,
        is_physical=False,
        route=RouteV1(office=WARD, superiors=["hanoi"], basis=RouteBasis.COMPETENCE),
    )


def deadline(deadline_id: UUID, rule: str, due_at: datetime) -> DeadlineSetV1:
    return DeadlineSetV1(
        deadline_id=deadline_id,
        rule=rule,
        rule_version=1,
        step="resolve",
        limit="7 working_day",
        office=WARD,
        started_at=NOW,
        due_at=due_at,
        calendar="hanoi",
        calendar_version="1",
        citation="-",
        confirmation="TEXT",
        derivation_sha256="0" * 64,
    )


async def _lodged(intake: Intake) -> tuple[str, UUID]:
    receipt = (await intake.http.post("/api/petitions", json={"kind": "field_report", "text": "Đèn hỏng"})).json()
    return receipt["code"], UUID(receipt["petition_id"])


async def _seen(intake: Intake, code: str, language: str = "vi") -> dict[str, Any]:
    seen: dict[str, Any] = (await intake.http.get(f"/api/petitions/{code}", headers={"Accept-Language": language})).json()
    return seen


async def _seen_with(intake: Intake, code: str, **wanted: Any) -> dict[str, Any]:
    async def seen() -> dict[str, Any]:
        found = await _seen(intake, code)
        return found if all(found[field] == value for field, value in wanted.items()) else {}

    found: dict[str, Any] = await wait_until(seen, what=f"{wanted}")
    return found


async def test_the_petitioner_sees_state_office_due_date_and_steps(intake: Intake, telling: Telling) -> None:
    code, petition_id = await _lodged(intake)
    await telling.say(derived("office", WARD), office(WARD, "Phường Hoàn Kiếm"))
    lodged = Cause(derived(petition_id, "lodged"), "intake", 1)
    cause = await telling.say(petition_id, routed(code), cause=lodged)
    near, far = uuid4(), uuid4()
    await telling.say(petition_id, deadline(far, "IH.RESOLVE", DUE), cause=cause)
    await telling.say(petition_id, deadline(near, "IH.RECEIPT", NOW + timedelta(hours=4)), cause=cause)
    seen = await _seen_with(intake, code, due_rule="IH.RECEIPT")
    assert (seen["state"], seen["state_text"]) == ("routed", "Đã chuyển đến cơ quan có thẩm quyền")
    assert seen["office"] == {"code": WARD, "name": "Phường Hoàn Kiếm"}
    accepted = await telling.say(petition_id, PetitionAcceptedV1(office=WARD), minutes=60)
    met = DeadlineMetV1(deadline_id=near, rule="IH.RECEIPT", due_at=NOW, ended_at=NOW, ended_by="x")
    await telling.say(petition_id, met, cause=accepted)
    seen = await _seen_with(intake, code, state="accepted", due_rule="IH.RESOLVE")
    assert datetime.fromisoformat(seen["due_at"]) == DUE
    assert (await _seen(intake, code, "en"))["office"]["name"] == "Phường Hoàn Kiếm (en)"


async def test_an_overdue_step_and_the_ladder_are_shown_and_do_not_hide_the_answer(intake: Intake, telling: Telling) -> None:
    code, petition_id = await _lodged(intake)
    cause = await telling.say(petition_id, routed(code))
    clock = uuid4()
    await telling.say(petition_id, deadline(clock, "IH.RESOLVE", DUE), cause=cause)
    late = DeadlineBreachedV1(deadline_id=clock, rule="IH.RESOLVE", office=WARD, due_at=DUE)
    await telling.say(petition_id, late, minutes=60)
    ladder = PetitionEscalatedV1(deadline_id=clock, rule="IH.RESOLVE", level=1, from_office=WARD, to_office="hanoi", due_at=DUE)
    await telling.say(petition_id, ladder, minutes=90)
    await telling.say(petition_id, PetitionAnsweredV1(office=WARD), minutes=120)

    async def has_every_step() -> bool:
        steps = (await _seen(intake, code))["steps"]
        return [step["what"] for step in steps] == ["lodged", "routed", "breached", "escalated", "answered"]

    await wait_until(has_every_step)
    seen = await _seen(intake, code)
    assert (seen["state"], seen["office"]["code"]) == ("answered", WARD)


async def test_everything_said_twice_and_out_of_order_ends_the_same(intake: Intake, telling: Telling) -> None:
    code, petition_id = await _lodged(intake)
    cause = await telling.say(petition_id, routed(code))
    await telling.say(petition_id, deadline(uuid4(), "IH.RESOLVE", DUE), cause=cause)
    await telling.say(petition_id, PetitionAcceptedV1(office=WARD), minutes=10)
    first = await _seen_with(intake, code, state="accepted", due_rule="IH.RESOLVE")
    for envelope, body in [*reversed(telling.said), *telling.said]:
        await telling.publish(envelope, body, again=True)
    other, other_id = await _lodged(intake)
    await telling.say(other_id, routed(other))
    await _seen_with(intake, other, state="routed")  # everything before it was handled
    assert await _seen(intake, code) == first


async def test_a_commune_is_checked_once_the_directory_was_heard(intake: Intake, telling: Telling) -> None:
    body = {"kind": "field_report", "text": "Đèn hỏng", "commune": "00099"}
    assert (await intake.http.post("/api/petitions", json=body)).status_code == 201
    await telling.say(derived("office", "hanoi-00004"), office("hanoi-00004", "Phường Ba Đình"))

    async def is_refused() -> bool:
        return (await intake.http.post("/api/petitions", json=body)).status_code == 422

    await wait_until(is_refused, 30, what="the register is read again")
    assert (await intake.http.post("/api/petitions", json=body | {"commune": "00004"})).status_code == 201


async def test_who_is_excluded_finds_and_reads_nothing_of_it(intake: Intake, telling: Telling) -> None:
    code, petition_id = await _lodged(intake)
    await telling.say(petition_id, routed(code))
    asked = {"fields": ["text"], "purpose": "dealing"}

    async def seen() -> tuple[int, int]:
        headers = intake.as_person(Role.OFFICER, WARD)
        read = await intake.http.post(f"/api/petitions/{code}/reveal", json=asked, headers=headers)
        found = await intake.http.get("/api/search", headers=headers)
        return read.status_code, len(found.json()["items"])

    async def is_seen() -> bool:
        return await seen() == (200, 1)

    async def is_hidden() -> bool:
        return await seen() == (404, 0)

    await wait_until(is_seen)
    await telling.say(petition_id, PersonExcludedV1(office=WARD, person="person:p-1", why=Conflict.RELATIVE))
    await wait_until(is_hidden)


async def test_as_what_it_is_treated_is_shown_and_decides_how_long_it_is_kept(intake: Intake, telling: Telling) -> None:
    code, petition_id = await _lodged(intake)
    await telling.say(petition_id, routed(code))
    await telling.say(petition_id, routed(code).model_copy(update={"kind": Kind.COMPLAINT}), minutes=5)

    async def is_a_complaint() -> bool:
        return bool((await _seen(intake, code))["kind"] == "complaint")

    await wait_until(is_a_complaint)
    await telling.say(petition_id, PetitionClosedV1(office=WARD, outcome="answered"), minutes=10)
    rules, zone = read_retention(SHIPPED), ZoneInfo("Asia/Ho_Chi_Minh")

    async def due_after(years: int) -> int:
        now = NOW.replace(year=NOW.year + years) + timedelta(days=2)
        befores = {kind: erased_before(kept, now=now, zone=zone) for kind, kept in rules.items()}
        async with intake.database.transaction() as tx:
            return len(await retention.due(tx.connection, befores, limit=10))

    async def is_due_in_time() -> bool:
        return await due_after(rules["complaint"].years) == 1

    await wait_until(is_due_in_time)
    assert await due_after(rules["field_report"].years) == 0
