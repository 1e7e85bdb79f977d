"""A calendar amendment that moves 100,000 of 1,000,000 running deadlines while petitions keep coming in.

Run: ``python -m tests.bench.bench_amend [--open N] [--moved N]``
"""

import argparse
import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text

from deploy.local.provision import Server, provision
from deploy.local.servers import SUPERUSER, Postgres
from services.escalation.domain.clocks import Clocks
from services.escalation.domain.petition import Fact, Matter, Petition
from services.escalation.domain.tree import Holder, Tree
from services.escalation.handlers import amending
from services.escalation.handlers.amending import Wanted
from services.escalation.handlers.hearing import Heard
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.store.clocks import Origin
from services.escalation.wire.rulebook import Law, read_law
from shared.contracts import Cause
from shared.persistence import Database, DatabaseSettings
from tests.bench.proc import family_cpu_seconds, own_cpu_seconds, percentile, report

RULES = Path(__file__).resolve().parents[2] / "services" / "escalation" / "rules"
OPEN, MOVED, CHUNK = 1_000_000, 100_000, 2_000
EARLY, ACROSS = datetime(2026, 3, 2, 2, tzinfo=UTC), datetime(2026, 5, 11, 2, tzinfo=UTC)
ANNOUNCED = datetime(2026, 5, 12, 2, tzinfo=UTC)
A_DAY_OFF = """
calendar: hanoi
days_off:
  - {day: 2026-05-20, name: Nghỉ đột xuất, source: Quyết định, announced_on: 2026-05-12}
"""


async def lodge(database: Database, lawbook: Lawbook, at: datetime, count: int) -> None:
    """Let recommendations find their office: one running clock each, counted by the real law."""
    async with database.transaction() as tx:
        present = await lawbook.present(tx.connection, is_locked=True)
        heard = Heard(present, {})
        for number in range(count):
            petition = _petition(uuid4(), at + timedelta(minutes=number % 240))
            clocks = Clocks(petition, present.rulebook, Tree())
            clocks.hear(Fact("received", petition.lodged_at, "routed", holder=Holder(f"hanoi-{number % 126:05}", ("hanoi",))))
            heard.clocks[petition.id] = clocks
            heard.take(clocks, Origin(Cause(petition.id, "routing", 1), petition.id, is_sealed=False, traceparent=None))
        await heard.save(tx, at)


def _petition(petition_id: UUID, at: datetime) -> Petition:
    matter = Matter("dialogue_question", "dialogue_question.ordinary", "hanoi", "web", "normal")
    return Petition(petition_id, petition_id.hex, matter, at, petition_id)


async def arriving(database: Database, law: Lawbook, stop: asyncio.Event) -> list[float]:
    """Lodge twenty petitions every half second; return how long each batch took."""
    loop, seconds = asyncio.get_running_loop(), []
    while not stop.is_set():
        begun = loop.time()
        await lodge(database, law, ANNOUNCED, 20)
        seconds.append(loop.time() - begun)
        await asyncio.sleep(0.5)
    return seconds


async def run(postgres: Postgres, running: int, moved: int) -> None:
    server = Server(host="127.0.0.1", port=postgres.port, user=SUPERUSER, password=postgres.password)
    password = uuid4().hex
    await provision(server, {"escalation": password}, database="bench")
    url = server.url("bench", user="escalation", password=password)
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="escalation")
    law = read_law(RULES)
    lawbook = Lawbook(law)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for start in range(0, running, CHUNK):
        await lodge(database, lawbook, ACROSS if start < moved else EARLY, CHUNK)
    figures: dict[str, object] = {"running": running, "set per second": round(running / (loop.time() - begun))}
    wanted = Wanted("calendar", A_DAY_OFF, "person:operator", ANNOUNCED)
    begun = loop.time()
    previewed = 0
    async for part in amending.preview(database, lawbook, wanted):
        previewed += len(part)
    figures["preview s"] = round(loop.time() - begun, 1)
    figures |= await moved_while_arriving(database, postgres, law, wanted) | {"previewed": previewed}
    report("amendment", figures)
    await database.close()


async def moved_while_arriving(database: Database, postgres: Postgres, law: Law, wanted: Wanted) -> dict[str, object]:
    """Apply the amendment and move everything while petitions come in; return what it cost."""
    loop, lawbook = asyncio.get_running_loop(), Lawbook(law)
    stop = asyncio.Event()
    arrivals = asyncio.create_task(arriving(database, Lawbook(law), stop))
    own, postgres_cpu, begun = own_cpu_seconds(), family_cpu_seconds(postgres.pid), loop.time()
    async with database.transaction() as tx:
        await amending.apply(tx, lawbook, wanted)
    count = await amending.carry_out(database, lawbook, now=ANNOUNCED)
    seconds = loop.time() - begun
    stop.set()
    waits = await arrivals
    cost = own_cpu_seconds() - own + family_cpu_seconds(postgres.pid) - postgres_cpu
    async with database.reading() as connection:
        said = "SELECT count(*) FROM events WHERE type = 'petitions.escalation.deadline.moved.v1'"
        events = (await connection.execute(text(said))).scalar_one()
    return {
        "moved": count,
        "deadline.moved said": events,
        "apply and move s": round(seconds, 1),
        "CPU ms per move": round(cost * 1000 / max(count, 1), 3),
        "batches of petitions meanwhile": len(waits),
        "batch of 20 heard, p50 s": round(percentile(waits, 50), 3),
        "batch of 20 heard, max s": round(max(waits), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=OPEN, help="running deadlines")
    parser.add_argument("--moved", type=int, default=MOVED, help="how many of them the amendment moves")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="caunoi-bench-") as directory:
        Path(directory).chmod(0o755)  # as root PostgreSQL runs as another user, who has to walk there
        postgres = Postgres(Path(directory))
        postgres.start()
        try:
            asyncio.run(run(postgres, arguments.open, arguments.moved))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
