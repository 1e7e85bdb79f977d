"""The digest of the morning: to each officer, head and leader who wants it one mail a working day, at 07:15, with what presses.

Invariant: one per person and day, whatever the clock does, however many replicas there are: a morning is told in the transaction
that writes down that it is. Of denunciations nothing is told, of a petition nothing to who has a conflict of interest.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from services.notify.domain.mornings import (
    GROUPS,
    SEEN_FOR,
    Due,
    WorkingDays,
    gathered,
    is_delayed,
    morning_at,
    working_days_of,
)
from services.notify.domain.telling import About, Audience, Notice
from services.notify.gateways.neighbours import Escalation
from services.notify.handlers.post import Post
from services.notify.store import notices, people
from services.notify.store.notices import Waiting
from services.notify.store.people import Registered, Seen
from services.notify.wire.words import ZONE, distance, local
from shared.contracts.words import Kind, Role
from shared.kernel.ids import derived

ASKED_AT_ONCE = 4

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a morning's digests are made from."""

    day: date
    now: datetime
    found: Mapping[str, Sequence[Mapping[str, Any]]]
    seen: Mapping[UUID, Seen]


async def refresh(post: Post, escalation: Escalation, *, now: datetime) -> None:
    """Ask escalation when people work. Raises Trouble; what was told last stays."""
    calendars = await escalation.calendars()
    async with post.database.transaction() as tx:
        await people.put_calendars(tx.connection, calendars, now=now)


async def tell_morning(post: Post, escalation: Escalation, *, now: datetime) -> int | None:
    """Tell this morning where it is time and nobody has; return how many are told, None where there is nothing to do.

    Raises Trouble where escalation does not say what is due: then it is told a little later.
    """
    day = morning_at(now, zone=ZONE)
    if day is None:
        return None
    async with post.database.reading() as connection:
        if await people.is_told(connection, day):
            return None
        registered = await people.to_tell(connection, seen_after=now - SEEN_FOR)
        days = await people.working_days(connection)
        jurisdictions = await people.jurisdictions(connection)
        works = {
            one.actor: working_days_of(days, office=one.office or "", jurisdiction=jurisdictions.get(one.office or "", ""))
            for one in registered
        }
        told = [one for one in registered if works[one.actor].has(day)]
        reaches = {one.actor: await _reach(connection, one) for one in told}
    found = await _due(escalation, sorted({office for reach in reaches.values() for office in reach}))
    async with post.database.reading() as connection:
        ids = {UUID(item["petition_id"]) for items in found.values() for item in items}
        seen = await people.seen(connection, sorted(ids))
    around = _Around(day, now, found, seen)
    made = [(_waiting(one, reaches[one.actor], works[one.actor], around), now) for one in told]
    async with post.database.transaction() as tx:
        if not await people.tell(tx.connection, day, people=len(made), now=now):
            return None
        await notices.add(tx.connection, made, now=now)
    _log.info("the morning is told", extra={"day": day.isoformat(), "people": len(made)})
    return len(made)


async def _reach(connection: Any, person: Registered) -> list[str]:
    """Return the offices that somebody is told of: his own, a leader also those below."""
    office = person.office or ""
    return await people.reach(connection, office) if Role.LEADER in person.roles else [office]


async def _due(escalation: Escalation, offices: Sequence[str]) -> dict[str, Sequence[Mapping[str, Any]]]:
    limit = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(office: str) -> Sequence[Mapping[str, Any]]:
        async with limit:
            return await escalation.due(office)

    return dict(zip(offices, await asyncio.gather(*(ask(office) for office in offices)), strict=True))


def _waiting(person: Registered, reach: Sequence[str], works: WorkingDays, around: _Around) -> Waiting:
    key = derived("morning", person.actor, around.day.isoformat())
    facts = _facts(person, reach, works, around)
    notice = Notice(About.MORNING, Audience.PERSON, person.office, person.language, facts)
    return Waiting(
        id=key,
        petition_id=derived("person", person.actor),
        notice=notice,
        is_sealed=False,
        cause=None,
        correlation_id=key,
        traceparent=None,
        person=person.actor,
    )


def _facts(person: Registered, reach: Sequence[str], works: WorkingDays, around: _Around) -> dict[str, Any]:
    until = works.after(around.day)
    ends_at = datetime.combine(until, time.max, tzinfo=ZONE)
    found = [due for office in reach for item in around.found[office] if (due := _read(item, office, person, around)) is not None]
    morning = gathered(found, ends_at=ends_at)
    groups = [
        {
            "about": name,
            "count": morning.counts[name],
            "lines": [_line(each, person.language, around.now) for each in morning.lines[name]],
            "more": morning.counts[name] - len(morning.lines[name]),
        }
        for name in GROUPS
        if morning.counts[name]
    ]
    return {
        "code": "",
        "day": around.day.strftime("%d/%m/%Y"),
        "until": until.strftime("%d/%m/%Y"),
        "late": morning.counts["late"],
        "soon": morning.counts["soon"],
        "is_above": len(reach) > 1,
        "is_delayed": is_delayed(around.now, around.day, zone=ZONE),
        "groups": groups,
    }


def _read(item: Mapping[str, Any], office: str, person: Registered, around: _Around) -> Due | None:
    """Return a deadline as it is told, None where this one must not hear of it."""
    seen = around.seen.get(UUID(item["petition_id"]), Seen(is_sealed=False, people=1, is_urgent=False, excluded=frozenset()))
    if seen.is_sealed or item["kind"] == Kind.DENUNCIATION or person.actor in seen.excluded:
        return None
    due_at = datetime.fromisoformat(item["due_at"])
    is_late = item["state"] == "overdue" or due_at < around.now
    level = int(item.get("rung", 0))
    return Due(item["petition_id"], item["code"], office, item["rule"], due_at, is_late, level, seen.people, seen.is_urgent)


def _line(due: Due, language: str, now: datetime) -> dict[str, str]:
    return {
        "code": due.code,
        "rule": due.rule,
        "due_at": local(due.due_at),
        "distance": distance(due.due_at, now, language),
        "level": str(due.level),
        "people": str(due.people),
        "is_urgent": "yes" if due.is_urgent else "",
        "office": due.office,
    }
