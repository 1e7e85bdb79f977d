"""Webhooks to 100 agencies: how long a healthy one waits when all answer, and when 10 of the 100 hang, as a ratio in the same run.

Endpoints are real HTTP servers in this process; notify is a process of its own. Limit: hanging agencies make the p95 of the healthy
ones at most twice as long. Run: ``python -m tests.bench.bench_webhooks [--quick]``
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from nats.js import JetStreamContext
from sqlalchemy import text

from deploy.bus import jetstream
from deploy.local.processes import free_port
from services.notify.app import DURABLE
from shared.kernel.clock import SystemClock
from shared.messaging.publisher import Publisher
from shared.messaging.topology import provision
from shared.persistence import Database, DatabaseSettings
from shared.persistence.ledger import StoredEvent
from shared.testing import FakeClock, wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.bench.bench_notify import served
from tests.bench.engines import Engines, running_engines
from tests.bench.proc import percentile, report
from tests.component.notify.hooks import hooked
from tests.component.notify.hookshop import Hookshop, settings
from tests.component.notify.receiver import HANG, Receiver, Reply, receiving
from tests.component.notify.scene import MailServer, Neighbours, environ
from tests.component.notify.story import Said, Story, office
from tests.unit.notify import bodies

AGENCIES, HANGING = 100, 10
ROUNDS, ROUND_SECONDS = 12, 2.5
BURST = 30
QUICK_PART = 2
SECONDS_MAX = 120.0
RATIO_MAX = 2.0


@dataclass
class Bench:
    """A notify with a webhook for each of its agencies."""

    publisher: Publisher
    agencies: Mapping[str, Receiver]
    began: dict[str, float] = field(default_factory=dict)

    async def say(self, offices: Sequence[str]) -> list[str]:
        """Route a petition to each office; return the ids of the events that they get."""
        said: list[Said] = []
        for code in offices:
            story = Story()
            said += [story.lodge(is_reachable=False), story.say(bodies.routed(code=story.code, to=code), office=code)]
        ids = [str(envelope.id) for envelope, _ in said if envelope.office != "_"]
        self.began |= dict.fromkeys(ids, time.perf_counter())
        for start in range(0, len(said), 500):
            part = said[start : start + 500]
            await self.publisher.publish([StoredEvent(place, envelope, raw) for place, (envelope, raw) in enumerate(part)])
        return ids

    def waits(self, offices: Sequence[str]) -> list[float]:
        """Return how long each event took to its agency."""
        got = [got for code in offices for got in self.agencies[code].got]
        return [each.at - self.began[each.event["id"]] for each in got if each.event["id"] in self.began]

    async def steady(self, healthy: Sequence[str], rounds: int) -> list[float]:
        """Let every agency get an event every few seconds; return how long the healthy ones waited."""
        self.began.clear()
        for _ in range(rounds):
            await self.say(list(self.agencies))
            await asyncio.sleep(ROUND_SECONDS)
        await wait_until(lambda: len(self.waits(healthy)) >= rounds * len(healthy), SECONDS_MAX)
        return self.waits(healthy)

    async def burst(self, offices: Sequence[str], each: int) -> float:
        """Say many events at once; return deliveries per second."""
        self.began.clear()
        began = time.perf_counter()
        for _ in range(each):
            await self.say(offices)
        await wait_until(lambda: len(self.waits(offices)) >= each * len(offices), SECONDS_MAX)
        return each * len(offices) / (time.perf_counter() - began)


async def run(engines: Engines, issuer: KeyIssuer, part: int) -> dict[str, object]:
    url = (await engines.schemas("notify"))["notify"]
    neighbours = Neighbours(issuer)
    codes = [f"hanoi-{number:05d}" for number in range(AGENCIES)]
    healthy, hanging = codes[HANGING:], codes[:HANGING]
    async with AsyncExitStack() as stack:
        js: JetStreamContext = await stack.enter_async_context(jetstream(engines.bus))
        await stack.enter_async_context(neighbours.serving())
        await provision(js, [DURABLE])
        publisher = Publisher(js)
        await publisher.publish([StoredEvent(0, *office(code, mailbox=None)) for code in codes])
        agencies = {code: await stack.enter_async_context(receiving()) for code in codes}
        around = environ(url=url, bus=engines.bus, issuer=issuer, mail=MailServer(), neighbours=neighbours)
        own = {"NOTIFY_SMTP__PORT": str(free_port()), "CAUNOI_LOG_LEVEL": "ERROR"}
        given = hooked(around | own, engines.var, TIMEOUT_SECONDS="15")
        with served(given) as process:
            await subscribe(url, agencies, engines.var)
            bench = Bench(publisher, agencies)
            await bench.burst(codes, 2)
            per_second = await bench.burst(codes, BURST // part)
            before = await bench.steady(healthy, ROUNDS // part)
            for code in hanging:
                agencies[code].usual = HANG
            beside = await bench.steady(healthy, ROUNDS // part)
            for code in hanging:
                agencies[code].usual = Reply()
        await asyncio.to_thread(process.wait, 30)
    return {"deliveries per second": round(per_second), **_figures(before, beside)}


def _figures(before: Sequence[float], beside: Sequence[float]) -> dict[str, object]:
    rows: dict[str, object] = {}
    for name, waits in (("all answer", before), (f"{HANGING} of {AGENCIES} hang", beside)):
        rows |= {f"{name}: healthy p{p} ms": round(percentile(waits, p) * 1000) for p in (50, 95, 99)}
    ratio = percentile(beside, 95) / percentile(before, 95)
    return rows | {f"ratio of p95 (at most {RATIO_MAX})": round(ratio, 2), "holds": ratio <= RATIO_MAX}


async def subscribe(url: str, agencies: Mapping[str, Receiver], folder: Path) -> None:
    """Add a webhook for each agency, when notify knows its office."""
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="notify")

    async def are_known() -> bool:
        async with database.reading() as connection:
            return int((await connection.execute(text("SELECT count(*) FROM offices"))).scalar_one()) >= len(agencies)

    await wait_until(are_known, SECONDS_MAX)
    shop = Hookshop(database, settings(folder), FakeClock(SystemClock().now()))
    for code, receiver in agencies.items():
        await shop.add(receiver.url, office=code)
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"one {QUICK_PART}th of the events")
    part = QUICK_PART if parser.parse_args().quick else 1
    with running_engines() as engines, serving_issuer(engines.var) as issuer:
        report("webhooks", asyncio.run(run(engines, issuer, part)))


if __name__ == "__main__":
    main()
