"""What the doors of routing share: handed in once, at start."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.routing.domain.definition import Procedures
from services.routing.gateways import Law
from services.routing.handlers.directing import DirectoryBook
from services.routing.handlers.rerouting import Rules
from services.routing.handlers.suggesting import Topics
from services.routing.handlers.tabling import TableBook
from shared.identity import Ciphers
from shared.kernel.clock import Clock
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything a door may use."""

    database: Database
    cipher: Ciphers
    book: DirectoryBook
    topics: Topics
    clock: Clock
    law: Law
    alone_within: timedelta
    procedures: Procedures
    tables: TableBook

    async def rules(self, now: datetime) -> Rules:
        """Return what acting needs, with the directory as it is."""
        directory, tables = await self.book.directory(now), await self.tables.tables(now)
        return Rules(self.procedures, tables, directory, self.cipher, self.alone_within)
