"""Webhooks and their log are read by right: by the office's officers and head, leaders above it, auditors and operators.

Operators see to it that things arrive, so they see when what was sent and what came of it, but not the words that were exchanged.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.handlers.webhook_post import Hooks
from services.notify.handlers.webhook_subscribing import unknown
from services.notify.store import webhook_log as log
from services.notify.store import webhooks as store
from services.notify.store.webhook_log import Place, Reach, Wanted
from services.notify.store.webhooks import Webhook
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown

READERS = (Role.OFFICER, Role.HEAD, Role.LEADER, Role.AUDITOR, Role.OPERATOR)
_EVERYWHERE = (Role.AUDITOR, Role.OPERATOR)
_WORDS = ("response_headers", "response_body")


async def webhooks(
    hooks: Hooks, *, office: str | None, state: str | None, reader: Principal, after: Place, limit: int
) -> list[tuple[Webhook, int]]:
    """Return the webhooks that somebody sees, oldest first, each with how much waits for it."""
    reach = Reach(reader.has(*_EVERYWHERE), reader.office, reader.has(Role.LEADER))
    async with hooks.database.reading() as connection:
        ids = await log.webhooks(connection, reach, office=office, state=state, after=after, limit=limit)
        found = await store.by_id(connection, ids)
        waiting = await log.waiting(connection, ids)
    return [(found[key], waiting.get(key, 0)) for key in ids]


async def webhook(hooks: Hooks, webhook_id: UUID, *, reader: Principal, now: datetime) -> tuple[Webhook, int, list[datetime]]:
    """Return a webhook, how much waits for it, and when earlier secrets end that still sign. Raises Unknown."""
    async with hooks.database.reading() as connection:
        found = await store.get(connection, webhook_id)
        if found is None or not _sees(reader, await store.offices_above(connection, found.office) or (found.office,)):
            raise unknown()
        waiting = await log.waiting(connection, [webhook_id])
        secrets = (await store.secrets(connection, [webhook_id], now=now)).get(webhook_id, [])
    return found, waiting.get(webhook_id, 0), [ends_at for _, ends_at in secrets if ends_at is not None]


async def deliveries(
    hooks: Hooks, webhook_id: UUID, wanted: Wanted, *, reader: Principal, below: int, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return deliveries, the latest first. Raises Unknown."""
    await _seen(hooks, webhook_id, reader)
    async with hooks.database.reading() as connection:
        return await log.entries(connection, webhook_id, wanted, actor=reader.actor, below=below, limit=limit)


async def delivery(hooks: Hooks, webhook_id: UUID, delivery_id: UUID, *, reader: Principal) -> Mapping[str, Any]:
    """Return one delivery with what was sent and answered, as far as the reader sees it. Raises Unknown."""
    await _seen(hooks, webhook_id, reader)
    async with hooks.database.reading() as connection:
        found = await log.entry(connection, webhook_id, delivery_id, actor=reader.actor)
    if found is None:
        raise Unknown("there is no such delivery", code="webhook_delivery_not_found")
    return found if _reads_words(reader) else _without_words(found)


async def _seen(hooks: Hooks, webhook_id: UUID, reader: Principal) -> Webhook:
    async with hooks.database.reading() as connection:
        found = await store.get(connection, webhook_id)
        if found is None or not _sees(reader, await store.offices_above(connection, found.office) or (found.office,)):
            raise unknown()
    return found


def _sees(reader: Principal, offices: Sequence[str]) -> bool:
    if reader.has(*_EVERYWHERE):
        return True
    own = reader.has(Role.OFFICER, Role.HEAD) and reader.office in offices[:1]
    return own or (reader.has(Role.LEADER) and reader.office in offices)


def _reads_words(reader: Principal) -> bool:
    return reader.has(Role.OFFICER, Role.HEAD, Role.LEADER, Role.AUDITOR)


def _without_words(found: Mapping[str, Any]) -> dict[str, Any]:
    attempts = [{**each, **dict.fromkeys(_WORDS)} for each in found["log"] or []]
    return {**found, "request_body": None, "log": attempts}
