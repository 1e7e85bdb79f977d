"""Doors: HTTP. The log of an office's webhooks, what is sent again, and tests."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.notify.api.webhooks import HookDoors, webhooks_router
from services.notify.handlers import webhook_looking as looking
from services.notify.handlers import webhook_repeating as repeating
from services.notify.handlers.webhook_post import Hooks
from services.notify.handlers.webhook_repeating import Span, Which
from services.notify.store.webhook_log import Wanted
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.web import requires
from shared.web.paging import number_of

LOG_MAX = 200

Manager = Annotated[Principal, Depends(requires(Role.HEAD, Role.LEADER, Role.OPERATOR))]
Reader = Annotated[Principal, Depends(requires(*looking.READERS))]
State = Literal["waiting", "delivered", "parked", "skipped"]


class Redeliver(BaseModel):
    """What is sent again: what was heard from `since` on and before `until`."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    until: AwareDatetime | None = None
    which: Which = Which.FAILED


def hook_routers(hooks: Hooks, clock: Clock, wake: Callable[[], None]) -> list[APIRouter]:
    """Return all doors of webhooks; `wake` is called when there may be something to send."""
    doors = HookDoors(hooks, clock, wake)
    return [webhooks_router(doors), _router(doors)]


def _router(doors: HookDoors) -> APIRouter:
    made = APIRouter(prefix="/api/webhooks/{webhook_id}", tags=["webhooks"])
    _log_doors(made, doors)
    _repeating_doors(made, doors)
    return made


def _log_doors(made: APIRouter, doors: HookDoors) -> None:
    @made.get("/deliveries")
    async def deliveries(  # noqa: PLR0917 - what one may ask for
        webhook_id: UUID,
        reader: Reader,
        state: State | None = None,
        type: str | None = None,  # noqa: A002 - the name in the address
        petition: str | None = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=LOG_MAX)] = 50,
    ) -> dict[str, Any]:
        """List deliveries, the latest first."""
        wanted = Wanted(state, type, petition, since, until)
        items = await looking.deliveries(doors.hooks, webhook_id, wanted, reader=reader, below=number_of(cursor), limit=limit)
        more = str(items[-1]["position"]) if len(items) == limit else None
        return {"items": items, "next": more}

    @made.get("/deliveries/{delivery_id}")
    async def delivery(webhook_id: UUID, delivery_id: UUID, reader: Reader) -> dict[str, Any]:
        """Show a delivery: what was sent and what was answered, each time. Operators: without the words."""
        return dict(await looking.delivery(doors.hooks, webhook_id, delivery_id, reader=reader))


def _repeating_doors(made: APIRouter, doors: HookDoors) -> None:
    @made.post("/deliveries/{delivery_id}/redeliver")
    async def again(webhook_id: UUID, delivery_id: UUID, manager: Manager) -> dict[str, int]:
        """Send a delivery again, under the same webhook-id."""
        await repeating.again(doors.hooks, webhook_id, delivery_id, by=manager, now=doors.clock.now())
        doors.wake()
        return {"queued": 1}

    @made.post("/redeliver")
    async def again_of(webhook_id: UUID, asked: Redeliver, manager: Manager) -> dict[str, Any]:
        """Send a span of time again: what failed, also what was missed (from before the webhook too), or all."""
        now = doors.clock.now()
        span = Span(asked.since, asked.until or now, asked.which)
        number, has_more = await repeating.again_of(doors.hooks, webhook_id, span, by=manager, now=now)
        doors.wake()
        return {"queued": number, "more": has_more}

    @made.post("/test")
    async def test(webhook_id: UUID, manager: Manager) -> dict[str, Any]:
        """Send a test that means nothing, now, also to a paused endpoint; show what was sent and answered."""
        ping_id = uuid7(doors.clock.now())
        sent = await repeating.test(doors.hooks, webhook_id, by=manager, ping_id=ping_id, clock=doors.clock)
        return dict(await looking.delivery(doors.hooks, webhook_id, sent, reader=manager))
