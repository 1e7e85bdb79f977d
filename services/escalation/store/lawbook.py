"""The law as amended: which amendments were applied, every wording of a calendar, and a count that tells when to read again."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.amendment import Amendment

Connection = AsyncConnection
LOCK = 4_317
"""Advisory lock: shared by whoever counts by the law, exclusive for whoever changes it."""

_GENERATION = text("SELECT amendments, offices FROM lawbook")
_GENERATION_LOCKED = text("SELECT amendments, offices FROM lawbook, (SELECT pg_advisory_xact_lock_shared(:lock)) AS held")
_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
_AMENDMENTS = text("SELECT * FROM amendments ORDER BY number")
_REMEMBER = text(
    """
    INSERT INTO calendars (name, version, content)
    SELECT * FROM unnest(CAST(:names AS text[]), CAST(:versions AS text[]), CAST(:contents AS text[])) ON CONFLICT DO NOTHING
    """
)
_VERSIONS = text("SELECT name, version FROM calendars ORDER BY name, version")
_CALENDAR = text("SELECT content FROM calendars WHERE name = :name AND version = :version")
_ALERT = text(
    """
    INSERT INTO calendar_alerts (calendar, year, raised_at) VALUES (:calendar, :year, :now)
    ON CONFLICT DO NOTHING RETURNING calendar
    """
)


class Generation(NamedTuple):
    """How often the law and the directory have changed."""

    amendments: int
    offices: int


NEVER = Generation(-1, -1)


async def generation(connection: AsyncConnection, *, is_locked: bool) -> Generation:
    """Return how often law and directory have changed; with the lock nobody changes the law before this transaction ends.

    A change that commits while the lock is waited for may not be seen: who changes the law takes the lock a second time before
    planning what moves, and so waits for those who counted by the old one.
    """
    statement, values = (_GENERATION_LOCKED, {"lock": LOCK}) if is_locked else (_GENERATION, {})
    return Generation(*(await connection.execute(statement, values)).one())


async def lock(connection: AsyncConnection) -> None:
    """Wait until nobody counts by the law, and keep others from it until this transaction ends."""
    await connection.execute(_LOCK, {"lock": LOCK})


async def amendments(connection: AsyncConnection) -> list[Amendment]:
    """Return every amendment in the order in which they were applied."""
    return [Amendment(*row) for row in await connection.execute(_AMENDMENTS)]


async def remember(connection: AsyncConnection, calendars: Iterable[tuple[str, str, str]]) -> None:
    """Keep the wording of calendars by name and version, so that what was counted by them can be counted again."""
    names, versions, contents = zip(*calendars, strict=True)
    await connection.execute(_REMEMBER, {"names": list(names), "versions": list(versions), "contents": list(contents)})


async def calendar_versions(connection: AsyncConnection) -> list[tuple[str, str]]:
    """Return every wording of a calendar that was ever counted by."""
    return [(row.name, row.version) for row in await connection.execute(_VERSIONS)]


async def calendar(connection: AsyncConnection, name: str, version: str) -> str | None:
    """Return the wording of a calendar, None where it is not known."""
    found: str | None = (await connection.execute(_CALENDAR, {"name": name, "version": version})).scalar_one_or_none()
    return found


async def alert(connection: AsyncConnection, name: str, year: int, *, now: datetime) -> bool:
    """Note that a year is missing from a calendar; True the first time."""
    values: dict[str, str | int | datetime | date] = {"calendar": name, "year": year, "now": now}
    return (await connection.execute(_ALERT, values)).scalar_one_or_none() is not None
