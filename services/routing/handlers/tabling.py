"""Competence tables: those that come with the program and those that operators applied, each until the next one begins.

Of two that begin on one day the one applied last counts: a mistake is mended on the day on which it is seen.

Invariant: a table applies from a day that has not passed, and only after it was tried on the last petitions.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.routing.domain.competence import Table, in_succession, mistakes_in_tables
from services.routing.domain.directory import Directory
from services.routing.store import tables as store
from services.routing.store.tables import Tried
from services.routing.wire.competence_files import as_malformed, read_table
from services.routing.wire.events import zone_of
from shared.contracts import NewEvent
from shared.contracts.routing import CompetenceAmendedV1
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused
from shared.persistence import Database, Transaction

STALE_SECONDS = 5.0
TRIED_WITHIN = timedelta(days=7)


@dataclass(slots=True)
class TableBook:
    """The tables at hand, read again when they are a few seconds old."""

    database: Database
    shipped: Sequence[Table]
    topics: frozenset[str]
    _known: Sequence[Table] = field(default_factory=list)
    _read_at: datetime | None = None

    async def tables(self, now: datetime) -> Sequence[Table]:
        """Return every table, each with the day on which it ends."""
        if self._read_at is None or abs((now - self._read_at).total_seconds()) > STALE_SECONDS:
            async with self.database.reading() as connection:
                applied = [read_table(content) for content in await store.contents(connection)]
            self._known = in_succession([*self.shipped, *applied])
            self._read_at = now
        return self._known

    def forget(self) -> None:
        """Read them again at the next question: one was just applied."""
        self._read_at = None

    def checked(self, content: str, directory: Directory) -> Table:
        """Return the table in a file. Raises Malformed naming every office and topic that there is not."""
        table = read_table(content)
        offices = {table.jurisdiction: {office.code for office in directory.all() if office.jurisdiction == table.jurisdiction}}
        mistakes = mistakes_in_tables([table], offices=offices, topics=self.topics)
        if mistakes:
            raise as_malformed(mistakes)
        return table


@dataclass(frozen=True, slots=True)
class ApplyTable:
    """The command: the file, by which operator, when."""

    content: str
    actor: str
    now: datetime
    traceparent: str | None
    authority: str | None = None


def digest_of(content: str) -> str:
    """Return what a file is known by."""
    return hashlib.sha256(content.encode()).hexdigest()


async def apply(tx: Transaction, wanted: ApplyTable, book: TableBook, directory: Directory) -> tuple[Table, Tried]:
    """Apply a table from its day on. Raises Malformed, Refused: not tried, known, its day has passed, another begins later."""
    table = book.checked(wanted.content, directory)
    sha256 = digest_of(wanted.content)
    tried = await store.tried(tx.connection, sha256, since=wanted.now - TRIED_WITHIN)
    if tried is None:
        raise Refused("try it on the last petitions first", code="preview_first", facts={"days": TRIED_WITHIN.days})
    others = [other for other in await book.tables(wanted.now) if other.jurisdiction == table.jurisdiction]
    if any(other.version == table.version for other in others):
        raise Refused("this version is known", code="table_version_known", facts={"version": table.version})
    today = wanted.now.astimezone(zone_of(table.jurisdiction)).date()
    latest_on = max((other.valid_from for other in others), default=None)
    if table.valid_from < today or (latest_on is not None and table.valid_from < latest_on):
        facts = {"valid_from": table.valid_from.isoformat(), "today": today.isoformat(), "latest": str(latest_on or "-")}
        raise Refused("it would change what was decided", code="table_begins_too_early", facts=facts)
    await store.put(tx.connection, table, wanted.content, actor=wanted.actor, now=wanted.now)
    tx.emit([_said(wanted, table, sha256, tried)])
    return table, tried


def _said(wanted: ApplyTable, table: Table, sha256: str, tried: Tried) -> NewEvent:
    aggregate: UUID = derived("competence", table.jurisdiction)
    return NewEvent(
        id=derived("competence", table.jurisdiction, table.version),
        aggregate_id=aggregate,
        body=CompetenceAmendedV1(
            jurisdiction=table.jurisdiction,
            version=table.version,
            valid_from=table.valid_from,
            sha256=sha256,
            petitions=tried.petitions,
            changes=tried.changes,
        ),
        effective_at=wanted.now,
        recorded_at=wanted.now,
        actor=wanted.actor,
        authority=wanted.authority,
        correlation_id=aggregate,
        traceparent=wanted.traceparent,
    )
