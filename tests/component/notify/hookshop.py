"""Webhooks without the rest of notify: a real database, a real courier and real endpoints, by a clock that a test moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from services.notify.gateways.webhook_settings import WebhookSettings
from services.notify.handlers import webhook_subscribing as subscribing
from services.notify.handlers.webhook_hearing import enqueue
from services.notify.handlers.webhook_post import Hooks, hooks_of
from services.notify.timers.courier import Courier
from shared.contracts.words import Role
from shared.identity import Principal
from shared.messaging import Incoming
from shared.persistence import Database
from shared.testing.clock import FakeClock
from tests.component.notify.story import Story
from tests.unit.notify import bodies
from tests.unit.notify.bodies import COMMUNE

BEGIN = datetime.fromisoformat("2026-11-16T01:00:00+00:00")
OPERATOR = Principal(subject="op-1", roles=frozenset({Role.OPERATOR}))
HOUR = timedelta(hours=1)


@dataclass
class Hookshop:
    """One replica at work, step by step."""

    database: Database
    settings: WebhookSettings
    clock: FakeClock = field(default_factory=lambda: FakeClock(BEGIN))

    def __post_init__(self) -> None:
        self.hooks: Hooks = hooks_of(self.settings, self.database)
        self.courier = Courier(self.hooks, self.clock, self.settings)

    async def add(self, url: str, *, office: str = COMMUNE) -> UUID:
        wanted = subscribing.Wanted(url=url)
        standing = await subscribing.add(self.hooks, wanted, office=office, by=OPERATOR, webhook_id=uuid4(), now=self.clock.now())
        return standing.webhook.id

    async def hear(self, *petitions: Story, office: str = COMMUNE) -> None:
        """Hear of each petition that it was lodged and routed to an office."""
        batch = []
        for story in petitions:
            batch += [
                story.hears(bodies.lodged(code=story.code)),
                story.hears(bodies.routed(code=story.code, to=office), office=office),
            ]
        await self.take(*batch)

    async def take(self, *batch: Incoming) -> None:
        """Hear of events in one batch."""
        async with self.database.transaction() as tx:
            await enqueue(tx, batch, self.clock.now())

    async def steps(self, number: int, *, every: timedelta = timedelta(0)) -> None:
        """Let the courier look so many times, what it sent ended each time; the clock goes on in between."""
        for _ in range(number):
            await self.courier.step()
            await self.ended()
            self.clock.advance(every)

    async def ended(self) -> None:
        """Wait for what is under way, and have it recorded."""
        while self.courier._under_way or self.courier._ended:
            await self.courier.step()

    async def states(self) -> list[tuple[str, str | None, int]]:
        """Return every delivery: its state, why, and how often it was tried."""
        async with self.database.reading() as connection:
            rows = await connection.execute(text("SELECT state, reason, attempts FROM webhook_deliveries ORDER BY position"))
            return [(row.state, row.reason, row.attempts) for row in rows]

    async def webhook(self, webhook_id: UUID) -> Any:
        async with self.database.reading() as connection:
            return (await connection.execute(text("SELECT * FROM webhooks WHERE id = :id"), {"id": webhook_id})).one()

    async def said(self) -> Sequence[str]:
        async with self.database.reading() as connection:
            return (await connection.execute(text("SELECT type FROM events ORDER BY seq"))).scalars().all()

    async def told(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return what offices are to be told by mail."""
        async with self.database.reading() as connection:
            rows = await connection.execute(text("SELECT about, office, facts::json AS facts FROM notices ORDER BY created_at"))
            return [(row.about, row.office, row.facts) for row in rows]


def settings(folder: Path, **given: object) -> WebhookSettings:
    key = folder / "webhook-key"
    key.write_text("07" * 32)
    own = {"key_file": key, "allowed_networks": "127.0.0.0/8", "allow_http": True, "timeout_seconds": 0.5}
    return WebhookSettings.model_validate(own | given)
