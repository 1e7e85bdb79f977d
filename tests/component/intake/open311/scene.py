"""A client of Open311, and what the city does with what it posts."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import httpx
from sqlalchemy import text

from services.intake.domain.progress import Office
from services.intake.handlers.hearing import hear
from services.intake.store import hearing
from shared.contracts import Envelope, EventBody
from shared.contracts.routing import PetitionRoutedV1, RouteBasis, RouteV1
from shared.contracts.words import Kind, Urgency
from shared.kernel.clock import SystemClock
from shared.messaging import Incoming
from tests.component.intake.conftest import Intake

KEY, OTHER_KEY = "khoa-cua-ung-dung", "khoa-khac"
WARD, WARD_NAME = "hanoi-00070", "Uỷ ban nhân dân phường Hoàn Kiếm"
POSTED = {"service_code": "ngap-ung", "address_string": "12 Hàng Bài", "description": "Nắp cống vỡ, nước tràn ra đường"}
FORMS = ("xml", "json")


@dataclass
class Client:
    """Asks the doors below /open311 in either form."""

    intake: Intake
    versions: dict[UUID, int] = field(default_factory=dict)

    @classmethod
    async def with_communes(cls, intake: Intake) -> None:
        started = date(2025, 7, 1)
        wards = (("hanoi-00004", "Ba Đình", None), ("hanoi-00070", "Hoàn Kiếm", None), ("hanoi-99999", "Cũ", date(2026, 1, 1)))
        offices = [
            Office(
                code,
                "hanoi",
                "commune",
                f"Uỷ ban nhân dân phường {name}",
                f"People's Committee of {name} ward",
                started,
                until,
                (),
            )
            for code, name, until in wards
        ]
        async with intake.database.transaction() as tx:
            await hearing.put_offices(tx.connection, offices)

    async def get(self, path: str, *, form: str = "json", headers: Any = None, **asked: Any) -> httpx.Response:
        return await self.intake.http.get(f"/open311/{path}.{form}", params=asked, headers=headers)

    async def post(
        self,
        path: str = "v2/requests",
        *,
        form: str = "json",
        key: str | None = KEY,
        headers: Any = None,
        files: Any = None,
        **sent: Any,
    ) -> httpx.Response:
        data = ({"api_key": key} if key is not None else {}) | sent
        return await self.intake.http.post(f"/open311/{path}.{form}", data=data, headers=headers, files=files)

    async def lodged(self, **sent: Any) -> str:
        """Post a request; return its number."""
        answer = await self.post(**(POSTED | sent))
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["service_request_id"])

    async def listed(self, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.get("v2/requests", **asked)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def numbers(self, **asked: Any) -> list[str]:
        return [item["service_request_id"] for item in await self.listed(**asked)]

    async def petition_id(self, code: str) -> UUID:
        async with self.intake.database.reading() as connection:
            found = await connection.execute(text("SELECT id FROM petitions WHERE code = :code"), {"code": code})
            return UUID(str(found.scalar_one()))

    async def hears(self, code: str, body: EventBody, *, at: datetime | None = None) -> None:
        """Let intake hear what another service says of a petition."""
        petition_id, source = await self.petition_id(code), body.TYPE.split(".")[1]
        version = self.versions[petition_id] = self.versions.get(petition_id, 0) + 1
        now = at or SystemClock().now()
        envelope = Envelope(
            id=uuid4(),
            type=body.TYPE,
            source=source,
            aggregate_id=petition_id,
            version=version,
            effective_at=now,
            recorded_at=now,
            actor=f"service:{source}",
            correlation_id=petition_id,
            cause=None,
            office=WARD,
            is_sealed=False,
            traceparent=None,
        )
        incoming = Incoming(envelope, body, body.model_dump_json().encode(), "PETITIONS", version)
        async with self.intake.database.transaction() as tx:
            await hear(tx, [incoming], now)

    async def routed(
        self, code: str, *, topic: str | None = "ngap-ung", kind: Kind = Kind.FIELD_REPORT, rule: str = "HN-1"
    ) -> None:
        await self.hears(code, routed(code, topic=topic, kind=kind, rule=rule))

    async def in_hand(self, *, topic: str | None = "ngap-ung", days_ago: float = 0, **sent: Any) -> str:
        """Post a request and let it be routed; let it have been posted some days ago."""
        code = await self.lodged(**sent)
        await self.routed(code, topic=topic)
        if days_ago:
            at = SystemClock().now() - timedelta(days=days_ago)
            values = {"at": at, "id": await self.petition_id(code)}
            async with self.intake.database.transaction() as tx:
                for table, name in (("search_entries", "petition_id"), ("petitions", "id")):
                    await tx.connection.execute(text(f"UPDATE {table} SET lodged_at = :at WHERE {name} = :id"), values)
                await tx.connection.execute(text("UPDATE steps SET effective_at = :at WHERE petition_id = :id"), values)
        return code

    async def said(self) -> list[str]:
        async with self.intake.database.reading() as connection:
            return [row.type.split(".", 2)[2] for row in await connection.execute(text("SELECT type FROM events ORDER BY seq"))]


def routed(code: str, *, topic: str | None, kind: Kind, rule: str) -> PetitionRoutedV1:
    return PetitionRoutedV1(
        code=code,
        kind=kind,
        jurisdiction="hanoi",
        topic=topic,
        topic_origin="given" if topic else "none",
        commune="00070",
        urgency=Urgency.NORMAL,
        is_physical=True,
        route=RouteV1(office=WARD, superiors=["hanoi"], basis=RouteBasis.COMPETENCE, rule=rule),
    )


def shape(answer: httpx.Response) -> ET.Element:
    """Return an answer in XML, read as clients read it."""
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<')
    return ET.fromstring(answer.content)  # noqa: S314 - it is our own


def errors(answer: httpx.Response) -> list[tuple[int, str]]:
    """Return code and description of each error, whatever form the answer has."""
    if answer.headers["content-type"] == "application/json; charset=utf-8":
        found = [(item["code"], item["description"]) for item in answer.json()]
    else:
        root = shape(answer)
        assert root.tag == "errors"
        assert all([inner.tag for inner in item] == ["code", "description"] for item in root)
        found = [(int(item.findtext("code") or 0), item.findtext("description") or "") for item in root]
    assert found
    assert all(code == answer.status_code and description for code, description in found)
    return found


def moment(written: str) -> datetime:
    """Return an instant of an answer, which has the zone of Hanoi and no fractions."""
    assert len(written) == len("2026-07-01T08:00:00+07:00")
    assert written.endswith("+07:00")
    return datetime.fromisoformat(written).astimezone(UTC)
