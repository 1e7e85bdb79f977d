"""The operators' doors over the parked messages as they really are kept."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.kernel.refusals import Refused, Trouble
from shared.messaging.parked import ParkedMessage, ParkedMessages, park
from shared.persistence import Database, DatabaseSettings
from tests.unit.web.house import asking, service

AT = datetime(2026, 7, 1, tzinfo=UTC)
PETITION = uuid4()


class Handling:
    """What a replay calls; it may fail."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.handled: list[int] = []

    async def __call__(self, message: ParkedMessage) -> None:
        if self.error is not None:
            raise self.error
        self.handled.append(message.stream_seq)


def message(seq: int) -> ParkedMessage:
    return ParkedMessage(
        id=ParkedMessage.id_for("audit", "PETITIONS", seq),
        consumer="audit",
        stream="PETITIONS",
        stream_seq=seq,
        subject="petitions.intake.petition.lodged.v1._.x",
        headers={"ce-id": "1"},
        body=b'{"a":1}',
        reason="too_early: waits for version 1",
        deliveries=60,
        aggregate_id=PETITION,
        parked_at=AT + timedelta(seconds=seq),
    )


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=await service_database("audit")).sqlalchemy_url(), schema="audit")
    async with database.transaction() as transaction:
        for seq in (5, 6):
            await park(transaction.connection, message(seq))
    yield database
    await database.close()


async def test_what_is_parked_is_listed_shown_and_replayed_in_order(database: Database) -> None:
    handling = Handling()
    http = asking(service(parked=ParkedMessages(database, handling)), token="operator")
    items = (await http.get("/api/ops/parked")).json()["items"]
    assert [(item["stream_seq"], item["aggregate_id"]) for item in items] == [(5, str(PETITION)), (6, str(PETITION))]
    page = (await http.get("/api/ops/parked?limit=1")).json()
    rest = (await http.get("/api/ops/parked", params={"cursor": page["next"]})).json()
    assert ([*page["items"], *rest["items"]], rest["next"]) == (items, None)
    shown = (await http.get(f"/api/ops/parked/{items[0]['id']}")).json()
    assert (shown["headers"], shown["body"]) == ({"ce-id": "1"}, '{"a":1}')
    assert (await http.post(f"/api/ops/parked/{items[0]['id']}/replay")).json() == {"replayed": 2}
    assert handling.handled == [5, 6]
    assert (await http.get("/api/ops/parked")).json()["items"] == []
    again = await http.post(f"/api/ops/parked/{items[0]['id']}/replay")
    assert (again.status_code, again.json()["code"]) == (409, "parked_already_replayed")
    missing = await http.get(f"/api/ops/parked/{uuid4()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "parked_not_found")


@pytest.mark.parametrize(
    ("error", "status"), [(Refused("early", code="parked_too_early"), 409), (Trouble("down"), 503)], ids=["refused", "trouble"]
)
async def test_what_fails_again_stays_parked_and_says_why(database: Database, error: Exception, status: int) -> None:
    handling = Handling()
    handling.error = error
    http = asking(service(parked=ParkedMessages(database, handling)), token="operator")
    assert (await http.post(f"/api/ops/parked/{message(5).id}/replay")).status_code == status
    assert len((await http.get("/api/ops/parked")).json()["items"]) == 2
