"""The law and the directory at hand, read again as soon as somebody changed them: every replica counts by the same."""

from dataclasses import dataclass, field

import orjson

from services.escalation.domain.amendment import Amendment
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.tree import Tree
from services.escalation.store import lawbook as store
from services.escalation.store import offices
from services.escalation.store.lawbook import NEVER, Connection, Generation
from services.escalation.wire.amendments import amended
from services.escalation.wire.calendars import calendar_content
from services.escalation.wire.rulebook import Law
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class Present:
    """What counts now."""

    law: Law
    rulebook: Rulebook
    tree: Tree


@dataclass(slots=True)
class Lawbook:
    """The files, and what was changed since. `shipped` is what the files say."""

    shipped: Law
    _present: Present | None = None
    _read: Generation = field(default=NEVER)

    async def start(self, database: Database) -> None:
        """Read the law, and keep the wording of its calendars. Raises Malformed where an amendment no longer fits the files."""
        async with database.transaction() as tx:
            present = await self.present(tx.connection)
            await keep_calendars(tx.connection, present.rulebook)

    async def present(self, connection: Connection, *, is_locked: bool = False) -> Present:
        """Return the law and the directory as they are now; with the lock they stay so until the transaction ends."""
        return await self.at(connection, await store.generation(connection, is_locked=is_locked))

    async def at(self, connection: Connection, generation: Generation) -> Present:
        """Return the law and the directory after so many changes; read again only where there were others since."""
        present = self._present
        if present is not None and generation == self._read:
            return present
        law, rulebook = self.shipped, None
        if present is not None and generation.amendments == self._read.amendments:
            law, rulebook = present.law, present.rulebook
        elif generation.amendments:
            law = self.amended(await store.amendments(connection))
        rulebook = rulebook or law.rulebook()
        zones = {name: timetable.zone for name, timetable in rulebook.timetables.items()}
        present = Present(law, rulebook, await offices.tree(connection, zones))
        self._present, self._read = present, generation
        return present

    def amended(self, amendments: list[Amendment]) -> Law:
        """Return the law with amendments taken in, in their order."""
        law = self.shipped
        for amendment in amendments:
            law = amended(law, amendment.kind, amendment.content)
        return law


async def keep_calendars(connection: Connection, rulebook: Rulebook) -> None:
    """Keep the wording of every calendar, so that what was counted by it can be counted again."""
    contents = [
        (name, timetable.calendar.version, orjson.dumps(calendar_content(timetable.calendar)).decode())
        for name, timetable in rulebook.calendars.items()
    ]
    await store.remember(connection, contents)
