"""Processes that close a log over again and again, to be killed in the middle of it: python -m tests.fault.log.killed URL DIR.

For each line on standard input one of them begins; it says its id, and then a line for each checkpoint.
"""

import asyncio
import os
import sys
from pathlib import Path

from services.audit.gateways import DiskTiles
from services.audit.handlers.closing import Closing, TheLog
from services.audit.store import log as store
from shared.kernel.clock import SystemClock
from shared.persistence import Database
from tests.contract.audit.closing import ORIGIN, SIGNER, rows

EVENTS = 700


async def main(url: str, folder: str) -> None:
    database = Database(url, schema="audit")
    closing = Closing(database, TheLog(origin=ORIGIN, signers=(SIGNER,), tiles=DiskTiles(Path(folder))), SystemClock())
    print(os.getpid(), flush=True)
    while True:
        async with database.transaction() as transaction:
            await store.append(transaction.connection, rows(EVENTS))
        await closing.step()
        await closing.publish()
        print("closed", flush=True)


if __name__ == "__main__":
    for _line in sys.stdin:  # one process loads the code, each of its children begins at once
        child = os.fork()
        if child == 0:
            asyncio.run(main(*sys.argv[1:]))
        os.waitpid(child, 0)
