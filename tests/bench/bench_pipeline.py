"""The whole pipeline on one machine: from the door until all five services are done, and from the 201 to the stored deadline.

Half of the petitioners leave an address, so there are three mails for two petitions. Run: ``python -m tests.bench.bench_pipeline [--quick]``
"""

import argparse
import asyncio
import time

from tests.bench.bench_intake import lodging
from tests.bench.load import run_clients
from tests.bench.proc import percentile, report
from tests.bench.whole_city import WholeCity, running_city

CLIENTS = 32
PETITIONS = 3000
WARM_UP = 300
CALM_PETITIONS = 200
CALM_PER_SECOND = 20
QUICK_PART = 5
CPU_MS_MAX = 4.0

_WAYS = """
    SELECT extract(epoch FROM min(d.recorded_at) - l.recorded_at) * 1000 AS ms
    FROM intake.events l JOIN escalation.events d USING (aggregate_id)
    WHERE l.type LIKE '%petition.lodged.v1' AND d.type LIKE '%deadline.set.v1' AND l.recorded_at >= $1
    GROUP BY l.aggregate_id, l.recorded_at
"""
_EVENTS = "SELECT count(*) FROM audit.log WHERE aggregate_id IN (SELECT id FROM intake.petitions)"


async def _ways_to_deadline(city: WholeCity, since: object) -> list[float]:
    connection = await city.database()
    rows = await connection.fetch(_WAYS, since)
    await connection.close()
    return [float(row["ms"]) for row in rows]


async def _now(city: WholeCity) -> object:
    connection = await city.database()
    now = await connection.fetchval("SELECT now()")
    await connection.close()
    return now


async def _events(city: WholeCity) -> int:
    connection = await city.database()
    number = int(await connection.fetchval(_EVENTS))
    await connection.close()
    return number


async def _calm(city: WholeCity, petitions: int) -> list[float]:
    """Lodge slowly; return the milliseconds from the lodging to the deadline."""
    since = await _now(city)
    request = lodging("/intake/api/petitions")
    for _ in range(petitions):
        await run_clients(city.port, request, clients=1, requests=1)
        await asyncio.sleep(1 / CALM_PER_SECOND)
    await asyncio.to_thread(city.settle)
    return await _ways_to_deadline(city, since)


async def measure(city: WholeCity, petitions: int, calm: int) -> dict[str, object]:
    request = lodging("/intake/api/petitions")
    await run_clients(city.port, request, clients=8, requests=WARM_UP)
    await asyncio.to_thread(city.settle)
    since, before, said, began = await _now(city), city.cpu(), await _events(city), time.perf_counter()
    lodged = await run_clients(city.port, request, clients=CLIENTS, requests=petitions)
    done = await asyncio.to_thread(city.settle) - began
    cost, events = city.cpu().since(before), await _events(city) - said
    ways = await _ways_to_deadline(city, since)
    rows: dict[str, object] = {
        f"at the door, {CLIENTS} clients: rate /s": round(lodged.rate),
        **{f"at the door: p{p} ms": round(percentile(lodged.latencies, p) * 1000, 1) for p in (50, 95, 99)},
        "until all five services are done: petitions /s": round(petitions / done, 1),
        "events per petition": round(events / petitions, 2),
        **{f"whole pipeline: {name}": value for name, value in cost.per(petitions).items()},
        f"whole pipeline: CPU of the services by {CPU_MS_MAX} ms": round(
            cost.per(petitions)["CPU ms five services"] / CPU_MS_MAX, 2
        ),
        **{f"under full load, lodged to deadline: p{p} ms": round(percentile(ways, p)) for p in (50, 95, 99)},
    }
    quiet = await _calm(city, calm)
    return rows | {f"{CALM_PER_SECOND}/s, lodged to deadline: p{p} ms": round(percentile(quiet, p)) for p in (50, 95, 99)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"one {QUICK_PART}th of the petitions")
    part = QUICK_PART if parser.parse_args().quick else 1
    with running_city() as city:
        report("pipeline", asyncio.run(measure(city, PETITIONS // part, CALM_PETITIONS // part)))


if __name__ == "__main__":
    main()
