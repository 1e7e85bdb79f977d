"""Webhooks of offices in a test: added through the doors, and looked at there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.contracts.words import Role
from shared.kernel.clock import Clock
from shared.testing import wait_until
from tests.component.notify.scene import Around, Scene, at_work
from tests.component.notify.story import office, publish
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT

QUICK = "0,0.05,0.1,0.2,0.2"
"""A schedule for tests: seconds before each attempt."""


def hooked(given: dict[str, str], tmp_path: Path, *, schedule: str = QUICK, **settings: str) -> dict[str, str]:
    """Return what notify is started with where webhooks may go to this machine."""
    key = tmp_path / "webhook-key"
    key.write_text("07" * 32)
    own = {
        "KEY_FILE": str(key),
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "ALLOW_HTTP": "true",
        "SCHEDULE_SECONDS": schedule,
        "TIMEOUT_SECONDS": "1",
        "LEASE_SECONDS": "2",
    }
    return given | {f"NOTIFY_WEBHOOKS__{name}": value for name, value in (own | settings).items()}


@asynccontextmanager
async def hooks_at_work(around: Around, given: Mapping[str, str], clock: Clock) -> AsyncIterator[Scene]:
    """Notify at work, by this clock, in a city of three offices that it has heard of."""
    for code in (COMMUNE, DEPARTMENT, CITY):
        await publish(around.js, office(code, mailbox=f"{code}@hanoi.example", parent=None if code == CITY else CITY))
    async with at_work(around, given, clock) as started:
        await wait_until(started.has_heard_everything, 20.0)
        yield started


@dataclass
class Office:
    """An office's head at the doors."""

    scene: Scene
    code: str = COMMUNE
    role: Role = Role.HEAD

    @property
    def headers(self) -> dict[str, str]:
        return self.scene.as_person(self.role, self.code)

    async def call(self, method: str, path: str, *, status: int | None = None, **given: Any) -> Any:
        answer = await self.scene.http.request(method, f"/api/webhooks{path}", headers=self.headers, **given)
        assert status is None or answer.status_code == status, answer.text
        return answer.json()

    async def add(self, url: str, **wanted: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.call("POST", "", json={"url": url, **wanted}, status=201)
        return made

    async def show(self, webhook: str) -> dict[str, Any]:
        shown: dict[str, Any] = await self.call("GET", f"/{webhook}", status=200)
        return shown

    async def log(self, webhook: str, **wanted: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.call("GET", f"/{webhook}/deliveries", params=wanted, status=200))["items"]
        return found

    async def delivery(self, webhook: str, delivery: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.call("GET", f"/{webhook}/deliveries/{delivery}", status=200)
        return found

    async def settled(self, webhook: str, number: int) -> list[dict[str, Any]]:
        """Wait until so many deliveries wait no more; return the log."""

        async def are_settled() -> list[dict[str, Any]]:
            log = await self.log(webhook)
            return log if len(log) >= number and all(item["state"] != "waiting" for item in log) else []

        return await wait_until(are_settled, 20.0, what=f"{number} deliveries")
