"""The directory: loaded when it differs from what is stored, said office by office, kept at hand for deciding."""

from dataclasses import dataclass, field
from datetime import datetime

from services.routing.domain.directory import Directory
from services.routing.domain.directory_rules import missing_from
from services.routing.store import offices as store
from services.routing.wire.directory_file import LoadedDirectory, as_malformed
from services.routing.wire.events import office_event
from shared.kernel.refusals import Trouble
from shared.persistence import Database, Transaction

STALE_SECONDS = 5.0


async def load(
    tx: Transaction,
    loaded: LoadedDirectory,
    *,
    actor: str,
    now: datetime,
    authority: str | None = None,
    is_shipped: bool = False,
) -> int:
    """Store what is new or changed in a directory and say it; return how many offices that are. Safe to repeat.

    A directory that comes with the program never replaces a newer one that an operator has loaded. Raises Malformed where an
    operator's file forgets an office that is stored: an office is closed, never deleted.
    """
    await store.lock(tx.connection)
    version, digest = (await store.versions(tx.connection)).get(loaded.jurisdiction, ("", ""))
    if digest == loaded.sha256 or (is_shipped and version >= loaded.version):
        return 0
    present = await store.directory(tx.connection)
    missing = [] if is_shipped else missing_from(loaded.offices, stored=present, jurisdiction=loaded.jurisdiction)
    if missing:
        raise as_malformed(missing, loaded.lines)
    changed = [office for office in loaded.offices if present.get(office.code) != office]
    await store.put(
        tx.connection,
        changed,
        jurisdiction=loaded.jurisdiction,
        version=loaded.version,
        sha256=loaded.sha256,
        now=now,
    )
    tx.emit(
        office_event(office, present.get(office.code), version=loaded.version, actor=actor, authority=authority, now=now)
        for office in changed
    )
    return len(changed)


@dataclass(slots=True)
class DirectoryBook:
    """The stored directory at hand, read again when it is a few seconds old."""

    database: Database
    _known: Directory = field(default_factory=lambda: Directory(()))
    _read_at: datetime | None = None

    async def directory(self, now: datetime) -> Directory:
        """Return the directory. Raises Trouble while none is loaded."""
        if self._read_at is None or not len(self._known) or abs((now - self._read_at).total_seconds()) > STALE_SECONDS:
            async with self.database.reading() as connection:
                self._known = await store.directory(connection)
            self._read_at = now
        if not len(self._known):
            raise Trouble("the directory of offices is not loaded yet: `caunoi directory load`", code="no_directory")
        return self._known

    def forget(self) -> None:
        """Read it again at the next question: it was just loaded."""
        self._read_at = None
