"""Use case: tell a petition's whole life, with what the law allows at most and who else had to do with it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.audit.domain.code import code_key
from services.audit.domain.gaps import Known
from services.audit.domain.lifecycle import tell
from services.audit.domain.oddities import Ceilings, OddityKind
from services.audit.domain.oddities.clocks import Ceiling
from services.audit.domain.told import Told
from services.audit.gateways import Books, Ledger
from services.audit.handlers import comparing
from services.audit.store import log as store
from services.audit.store import relations
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble, Unknown
from shared.persistence import Database

RELATED_MAX = 100
"""Petitions that belong to one, in one answer."""
LAW_KEPT = timedelta(minutes=5)
LAW_ASKED_AGAIN = timedelta(seconds=10)
"""Where escalation did not answer it is asked again after this; meanwhile what was known stays."""
LAW_SECONDS_MAX = 2.0


class CeilingBook:
    """What the law allows at most by extension, read from escalation's law as data and kept for a while."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self._books, self._clock = books, clock
        self._known: Ceilings | None = None
        self._ask_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def ceilings(self) -> Ceilings | None:
        """Return them; None where escalation has never answered."""
        async with self._asking:
            now = self._clock.now()
            if self._ask_at is None or now >= self._ask_at:
                try:
                    async with asyncio.timeout(LAW_SECONDS_MAX):
                        self._known = ceilings_of(await self._books.rulebook())
                    self._ask_at = now + LAW_KEPT
                except (Trouble, TimeoutError):
                    self._ask_at = now + LAW_ASKED_AGAIN
        return self._known


def ceilings_of(rulebook: Mapping[str, Any]) -> Ceilings:
    """Return the most that each rule gives by extension."""
    found: dict[tuple[str, int], Ceiling] = {}
    for rule in rulebook["rules"]:
        extensions = rule.get("extensions") or ()
        if extensions:
            acts = [item.get("acts_max") for item in extensions]
            most = None if None in acts else sum(int(number) for number in acts)
            found[str(rule["id"]), int(rule["version"])] = Ceiling(max(int(item["ceiling"]) for item in extensions), most)
    return found


@dataclass(frozen=True, slots=True)
class Tracer:
    """What telling a life needs."""

    database: Database
    law: CeilingBook
    ledgers: Mapping[str, Ledger]
    clock: Clock


async def life_of(tracer: Tracer, reader: Principal, key: str, *, is_compared: bool) -> Told:
    """Return the life of the petition with the code or id `key`; `is_compared`: held against the services' own records.

    Raises Unknown, also for a reader who is excluded from it. The log is read before the services are asked: what it holds they
    had said before.
    """
    told = await _told(tracer.database, await tracer.law.ceilings(), reader, key)
    if not is_compared:
        return told
    entries = [step.entry for step in told.life.steps]
    compared = await comparing.compare_one(tracer.ledgers, told.petition_id, entries, now=tracer.clock.now())
    return replace(told, compared=compared)


async def id_of_petition(database: Database, reader: Principal, key: str) -> UUID:
    """Return the id of the petition with the code or id `key`. Raises Unknown, also for a reader who is excluded from it."""
    return (await _told(database, None, reader, key)).petition_id


async def _told(database: Database, ceilings: Ceilings | None, reader: Principal, key: str) -> Told:
    async with database.reading() as connection:
        petition_id, code = _as_id(key), None
        if petition_id is not None:
            code = await store.code_of(connection, petition_id)
        else:
            petition_id, code = await store.petition(connection, code_key=code_key(key), reader=reader.actor) or (None, None)
        if petition_id is None:
            raise Unknown("no petition with this code has been heard of", code="petition_not_heard_of")
        entries = await store.entries_of(connection, petition_id, reader=reader.actor)
        heard = await store.heard_of(connection, [petition_id], reader=reader.actor)
        known = known_of(heard).get(petition_id, Known())
        others = await relations.related(connection, petition_id, limit=RELATED_MAX, reader=reader.actor)
        having = await relations.offices_with_seconds(connection, petition_id) if others else frozenset()
    if not entries and not known.mentioned and not known.parked:
        raise Unknown("nothing has been heard of it", code="petition_not_heard_of")
    life = tell(entries, known, ceilings=ceilings, also_having=having)
    unjudged = () if ceilings is not None else (str(OddityKind.EXTENSION_BEYOND_CEILING),)
    return Told(petition_id, code, life, others, unjudged)


def known_of(rows: Iterable[store.HeardOf]) -> dict[UUID, Known]:
    """Gather what was mentioned, by petition."""
    found: dict[UUID, Known] = {}
    for row in rows:
        known = found.setdefault(row.aggregate_id, Known())
        if row.is_parked:
            known.park(row.source, row.version)
        else:
            known.mention(row.source, row.version)
    return found


def _as_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
