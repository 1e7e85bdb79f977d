"""The log: events to leaves, tiles and a signed checkpoint, with fsync; beside the bare cost of the same bytes in the same run.

Measured is one call of the use case on a database with N events: reading the rows, RFC 8785, hashing, tiles on disk (each file and
its directory synced), root, signature, checkpoint in the database. Bare is SHA-256 of the same records, entries and nodes, and the
same files written and synced, with nothing else. Limit: 5,000 leaves/s. Run: ``python -m tests.bench.bench_log [--events N]``
"""

import argparse
import asyncio
import hashlib
import os
import tempfile
from pathlib import Path
from time import perf_counter

from services.audit.gateways import DiskTiles
from services.audit.handlers.closing import Closing, TheLog
from services.audit.store import log as store
from services.audit.store import tree
from services.audit.wire.leaf import record_of
from shared.kernel.clock import SystemClock
from shared.persistence import Database, DatabaseSettings
from tests.bench.engines import running_engines
from tests.bench.proc import report
from tests.contract.audit.closing import ORIGIN, SIGNER, rows

EVENTS = 20_000
ROUNDS = 3
LEAVES_PER_SECOND_MIN = 5_000
BODY = (
    b'{"petition_id":"01a221d6-3862-7317-8812-4c5316fd5eee","code":"2Q73-AN1K-HNF4","kind":"field_report","jurisdiction":"hanoi",'
    b'"topic":"rac-thai","commune":"00070","latitude":21.0285,"longitude":105.8542,"channel":"web","language":"vi","urgency":null,'
    b'"is_reachable":true,"is_physical":true,"has_text":true,"source":null,"procedure":null,"other_communes":[],"petitioners":null}'
)
_APPENDED_AT_ONCE = 2000


def bare(records: list[tuple[bytes, bytes]], files: dict[str, bytes], folder: Path) -> float:
    """Return how many seconds the hashing and the synced writing of the same bytes take."""
    begun = perf_counter()
    level = [hashlib.sha256(b"\x00" + hashlib.sha256(salt + record).digest()).digest() for salt, record in records]
    while len(level) > 1:
        level = [hashlib.sha256(b"\x01" + b"".join(level[at : at + 2])).digest() for at in range(0, len(level), 2)]
    folders = {folder / Path(path).parent for path in files}
    for place in folders:
        place.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        with (folder / path).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    for place in folders:
        handle = os.open(place, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return perf_counter() - begun


async def measure(url: str, events: int, folder: Path) -> None:
    """Fill the log, close it over from nothing ROUNDS times, print rates and ratio."""
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="audit")
    for _ in range(0, events, _APPENDED_AT_ONCE):
        async with database.transaction() as transaction:
            await store.append(transaction.connection, rows(_APPENDED_AT_ONCE, body=BODY))
    async with database.reading() as connection:
        said = await tree.said_after(connection, 0, limit=events)
    records = [(one.salt, record_of(one)) for one in said]
    best, best_bare, size = 0.0, 0.0, 0
    for number in range(ROUNDS):
        place, origin = folder / f"log{number}", f"{ORIGIN}/{number}"
        closing = Closing(database, TheLog(origin=origin, signers=(SIGNER,), tiles=DiskTiles(place)), SystemClock())
        begun, size = perf_counter(), 0
        while (new := await closing.step()) is not None:
            size = new.size
        best = max(best, size / (perf_counter() - begun))
        files = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
        best_bare = max(best_bare, size / bare(records, files, folder / f"bare{number}"))
    await database.close()
    report(
        "log",
        {
            "events": size,
            "leaves/s, closed over": round(best),
            "leaves/s, bare hashing and synced writing": round(best_bare),
            "ratio (bare = 1)": round(best / best_bare, 3),
            f"at least {LEAVES_PER_SECOND_MIN} leaves/s": best >= LEAVES_PER_SECOND_MIN,
        },
    )
    if best < LEAVES_PER_SECOND_MIN:
        raise SystemExit(f"the log takes {best:.0f} leaves/s, at least {LEAVES_PER_SECOND_MIN} are asked for")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    events = parser.parse_args().events
    with (
        running_engines() as engines,
        tempfile.TemporaryDirectory(prefix="caunoi-bench-log-", dir=os.environ.get("BENCH_DIR")) as folder,
    ):
        url = asyncio.run(engines.schemas("audit"))["audit"]
        asyncio.run(measure(url, events, Path(folder)))


if __name__ == "__main__":
    main()
