"""Doors: HTTP. An office's webhooks: added, listed, changed, tested, paused, resumed, ended."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.notify.handlers import webhook_looking as looking
from services.notify.handlers import webhook_subscribing as subscribing
from services.notify.handlers.webhook_post import Hooks
from services.notify.handlers.webhook_subscribing import Standing, Wanted
from services.notify.store.webhooks import Webhook
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.web import requires
from shared.web.paging import cursor_of, place_of

PAGE_MAX = 200
OVERLAP_HOURS, OVERLAP_HOURS_MAX = 24.0, 24.0 * 30
TYPES_MAX = 100

Manager = Annotated[Principal, Depends(requires(Role.HEAD, Role.LEADER, Role.OPERATOR))]
Reader = Annotated[Principal, Depends(requires(*looking.READERS))]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AddWebhook(_Body):
    """An address that gets events of an office's petitions."""

    url: str = Field(max_length=1000, description="https://…, reached from the open Internet")
    office: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$", description="left out: one's own")
    description: str = Field(default="", max_length=200)
    event_types: list[str] | None = Field(default=None, max_length=TYPES_MAX, description="names of events; left out: all")


class ChangeWebhook(_Body):
    """What is to be otherwise; what is left out stays."""

    url: str | None = Field(default=None, max_length=1000)
    description: str | None = Field(default=None, max_length=200)
    event_types: list[str] | None = Field(default=None, max_length=TYPES_MAX, description="names of events; an empty list: all")


class RotateSecret(_Body):
    """How long the secret before signs too."""

    overlap_hours: float = Field(default=OVERLAP_HOURS, ge=0, le=OVERLAP_HOURS_MAX, description="0: it ends at once")


class ResumeWebhook(_Body):
    """What becomes of what waited."""

    skip: bool = Field(default=False, description="do not send what waited; it stays in the log and can be sent again")


@dataclass(frozen=True, slots=True)
class HookDoors:
    """Everything a door of webhooks may use."""

    hooks: Hooks
    clock: Clock
    wake: Callable[[], None]
    """Says that there may be something to send."""


def webhooks_router(doors: HookDoors) -> APIRouter:
    """Return the doors."""
    made = APIRouter(prefix="/api/webhooks", tags=["webhooks"])
    _looking_doors(made, doors)
    _changing_doors(made, doors)
    _pausing_doors(made, doors)
    return made


def _looking_doors(made: APIRouter, doors: HookDoors) -> None:
    @made.get("/event-types")
    async def event_types(_reader: Reader) -> dict[str, list[str]]:
        """List the events that a webhook can carry."""
        return {"items": subscribing.known_types()}

    @made.get("")
    async def all_webhooks(
        reader: Reader,
        office: str | None = None,
        state: Literal["active", "paused"] | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    ) -> dict[str, Any]:
        """List webhooks, oldest first: those of one's office, leaders also of the offices below, auditors and operators all."""
        found = await looking.webhooks(
            doors.hooks, office=office, state=state, reader=reader, after=place_of(cursor), limit=limit
        )
        more = cursor_of(found[-1][0].created_at, found[-1][0].id) if len(found) == limit else None
        return {"items": [_line(webhook, waiting) for webhook, waiting in found], "next": more}

    @made.get("/{webhook_id}")
    async def one(webhook_id: UUID, reader: Reader) -> dict[str, Any]:
        """Show a webhook: how its endpoint does, how much waits, and until when earlier secrets still sign."""
        webhook, waiting, ends = await looking.webhook(doors.hooks, webhook_id, reader=reader, now=doors.clock.now())
        return {**_line(webhook, waiting), "former_secrets_end_at": ends}


def _changing_doors(made: APIRouter, doors: HookDoors) -> None:
    @made.post("", status_code=201)
    async def add(asked: AddWebhook, manager: Manager) -> dict[str, Any]:
        """Add a webhook; its secret is shown this once. For the office's head, leaders above it, operators."""
        now = doors.clock.now()
        wanted = Wanted(asked.url, asked.description, asked.event_types)
        standing = await subscribing.add(doors.hooks, wanted, office=asked.office, by=manager, webhook_id=uuid7(now), now=now)
        return _told(standing)

    @made.patch("/{webhook_id}")
    async def change(webhook_id: UUID, asked: ChangeWebhook, manager: Manager) -> dict[str, Any]:
        """Give a webhook another address, description or list of events."""
        wanted = Wanted(asked.url, asked.description, asked.event_types)
        return _told(await subscribing.change(doors.hooks, webhook_id, wanted, by=manager, now=doors.clock.now()))

    @made.post("/{webhook_id}/rotate")
    async def rotate(webhook_id: UUID, asked: RotateSecret, manager: Manager) -> dict[str, Any]:
        """Make a new secret, shown this once; until the overlap ends both sign."""
        overlap = timedelta(hours=asked.overlap_hours)
        return _told(await subscribing.rotate(doors.hooks, webhook_id, overlap=overlap, by=manager, now=doors.clock.now()))

    @made.delete("/{webhook_id}")
    async def remove(webhook_id: UUID, manager: Manager) -> dict[str, Any]:
        """End a webhook: its secret is destroyed, what waited is not sent."""
        return _told(await subscribing.remove(doors.hooks, webhook_id, by=manager, now=doors.clock.now()))


def _pausing_doors(made: APIRouter, doors: HookDoors) -> None:
    @made.post("/{webhook_id}/pause")
    async def pause(webhook_id: UUID, manager: Manager) -> dict[str, Any]:
        """Send nothing until it is resumed; what happens meanwhile waits."""
        return _told(await subscribing.pause(doors.hooks, webhook_id, by=manager, now=doors.clock.now()))

    @made.post("/{webhook_id}/resume")
    async def resume(webhook_id: UUID, asked: ResumeWebhook, manager: Manager) -> dict[str, Any]:
        """Go on: with what waited, or without it."""
        now = doors.clock.now()
        standing = await subscribing.resume(doors.hooks, webhook_id, skips=asked.skip, by=manager, now=now)
        doors.wake()
        return _told(standing)


def _line(webhook: Webhook, waiting: int) -> dict[str, Any]:
    health = webhook.health
    return {
        "id": webhook.id,
        "office": webhook.office,
        "url": webhook.url,
        "description": webhook.description,
        "event_types": webhook.event_types,
        "state": webhook.state,
        "paused_why": webhook.paused_why,
        "paused_at": webhook.paused_at,
        "waiting": waiting,
        "failing_since": health.failing_since,
        "failures": health.failures,
        "last_failure": health.last_failure,
        "last_failure_at": health.last_failure_at,
        "last_success_at": health.last_success_at,
        "created_at": webhook.created_at,
        "created_by": webhook.created_by,
    }


def _told(standing: Standing) -> dict[str, Any]:
    """Return a webhook as it stands after an act, with what the act brought."""
    extra: dict[str, str | int | datetime | None] = {"skipped": standing.skipped}
    if standing.secret is not None:
        extra |= {"secret": standing.secret, "former_secret_ends_at": standing.former_ends_at}
    return {**_line(standing.webhook, standing.waiting), **extra}
