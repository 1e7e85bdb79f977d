"""What comes back after a message was taken: delivered, delayed, bounced; addresses that do not work; notices taken up again.

Invariant: of an attempt one final word counts, the first; a notice is taken up again only where it had been settled.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.store.attempts import waiting_from
from services.notify.store.notices import Waiting

DELIVERED, DELAYED, BOUNCED = "delivered", "delayed", "bounced"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that something is reported of."""

    notice: Waiting
    state: str
    number: int
    channel: str
    mark: bytes | None
    report: str | None
    is_last: bool
    is_open: bool


_COLUMNS = """
    n.id, n.petition_id, n.petitioner_id, n.about, n.audience, n.office, n.language, n.facts, n.due_at, n.is_sealed,
    n.cause_id, n.cause_source, n.cause_version, n.correlation_id, n.traceparent, n.attempts, n.is_urgent, n.channel, n.tries,
    n.given_up, n.round, n.person, n.reason, false AS is_uncertain, NULL AS pinned
"""
_ATTEMPT = text(
    f"""
    SELECT {_COLUMNS}, n.state, a.number, a.channel AS by_channel, a.mark, a.report, a.number = n.attempts AS is_last,
        a.ended_at IS NULL AS is_open
    FROM notices n JOIN attempts a ON a.notice_id = n.id
    WHERE n.id = :id AND (a.number = :number OR (CAST(:number AS int) IS NULL AND a.channel = :channel AND a.number = (
        SELECT max(number) FROM attempts l WHERE l.notice_id = n.id AND l.channel = :channel)))
    FOR UPDATE OF n, a
    """
)
_REPORT = text(
    """
    UPDATE attempts SET report = :report, report_code = :code, reported_at = :now,
        provider_id = coalesce(:provider_id, provider_id)
    WHERE notice_id = :id AND number = :number
    """
)
_BAD = text(
    """
    INSERT INTO bad_addresses (owner_id, mark, channel, reason, notice_id, since)
    VALUES (:owner, :mark, :channel, :reason, :notice, :now) ON CONFLICT DO NOTHING
    """
)
_AGAIN = text(
    """
    UPDATE notices SET state = 'waiting', reason = :reason, next_try_at = :now, settled_at = NULL, held_for = NULL,
        round = round + 1, tries = 0,
        given_up = CASE WHEN CAST(:gives_up AS text) IS NULL THEN given_up ELSE array_append(given_up, :gives_up) END
    WHERE id = :id
    """
)
_RETRY = text(
    f"""
    WITH taken_up AS (
        UPDATE notices SET state = 'waiting', reason = NULL, next_try_at = :now, settled_at = NULL, held_for = NULL,
            round = round + 1, tries = 0, given_up = '{{}}'
        WHERE id = :id AND state IN ('failed', 'skipped') RETURNING id
    )
    SELECT {_COLUMNS} FROM notices n JOIN taken_up USING (id)
    """
)


async def attempt(
    connection: AsyncConnection, notice_id: UUID, *, number: int | None = None, channel: str | None = None
) -> Attempt | None:
    """Return an attempt by its number, or the last one by a channel, kept from others until the end of the transaction."""
    values = {"id": notice_id, "number": number, "channel": channel}
    row = (await connection.execute(_ATTEMPT, values)).one_or_none()
    if row is None:
        return None
    mark = bytes(row.mark) if row.mark is not None else None
    return Attempt(waiting_from(row), row.state, row.number, row.by_channel, mark, row.report, row.is_last, row.is_open)


async def put_report(
    connection: AsyncConnection, found: Attempt, report: str, code: str, *, provider_id: str | None, now: datetime
) -> None:
    """Write what was reported of an attempt."""
    values = {"id": found.notice.id, "number": found.number, "report": report, "code": code}
    await connection.execute(_REPORT, {**values, "provider_id": provider_id, "now": now})


async def put_bad(connection: AsyncConnection, owner: UUID, found: Attempt, reason: str, *, now: datetime) -> None:
    """Write that an address does not work, for whose it is."""
    values = {
        "owner": owner,
        "mark": found.mark,
        "channel": found.channel,
        "reason": reason,
        "notice": found.notice.id,
        "now": now,
    }
    await connection.execute(_BAD, values)


async def again(connection: AsyncConnection, notice_id: UUID, *, gives_up: str | None, reason: str, now: datetime) -> None:
    """Take a settled notice up again, by another channel or by the same."""
    await connection.execute(_AGAIN, {"id": notice_id, "gives_up": gives_up, "reason": reason, "now": now})


async def retry(connection: AsyncConnection, notice_id: UUID, *, now: datetime) -> Waiting | None:
    """Take a notice up again that had failed or was skipped, by every way; None where it is neither."""
    row = (await connection.execute(_RETRY, {"id": notice_id, "now": now})).one_or_none()
    return waiting_from(row) if row else None


async def forgive(connection: AsyncConnection, owner: UUID) -> None:
    """Forget that addresses of somebody bounced."""
    await connection.execute(text("DELETE FROM bad_addresses WHERE owner_id = :owner"), {"owner": owner})
