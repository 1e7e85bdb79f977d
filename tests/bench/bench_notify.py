"""Notify alone: hearing imported petitions, of which nobody is told, and telling people by mail and SMS, each with its cost.

Intake is played by a small server in this process, so are the mail server and the gateway; none is counted. Run:
``python -m tests.bench.bench_notify [--quick]``
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import uuid4

import asyncpg
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.bus import jetstream
from deploy.local.processes import free_port
from deploy.local.servers import SUPERUSER
from services.notify.app import DURABLE
from services.notify.domain.channels import Channel, Preferences
from services.notify.store.wanting import written_down
from shared.contracts import EventBody
from shared.contracts.escalation import DeadlineSetV1
from shared.contracts.routing import PetitionClosedV1
from shared.messaging.publisher import Publisher
from shared.messaging.topology import provision
from shared.persistence.ledger import StoredEvent
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.bench.engines import Engines, Work, running_engines
from tests.bench.proc import percentile, report
from tests.component.notify.gateway import KEY, Gateway, serving
from tests.component.notify.scene import HOST, Neighbours
from tests.component.notify.story import AT, Said, Story, office
from tests.unit.notify.bodies import COMMUNE

IMPORTED, MAILED, TEXTED, CALM, WARM_UP = 20_000, 1_500, 3_000, 100, 10
TARGET = 200
"""Notices that are to be sent in a second."""
MAILS_EACH = 3
AT_ONCE = 1000
CALM_PAUSE_SECONDS = 0.05
QUICK_PART = 10
SECONDS_MAX = 300.0
IMPORT_CPU_MS_MAX = 0.2


@dataclass
class Postbox:
    """A mail server that takes everything and notes when; no more."""

    arrived_at: dict[str, float] = field(default_factory=dict)
    count: int = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        self.count += 1
        self.arrived_at.setdefault(envelope.rcpt_tos[0], time.perf_counter())
        return "250 OK"

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="mail.bench", ident="bench"), HOST, port)
        yield
        server.close()


def deadline() -> EventBody:
    return DeadlineSetV1(
        deadline_id=uuid4(),
        rule="IH.RECEIPT",
        rule_version=1,
        step="receive",
        limit="8 working_hour",
        office=COMMUNE,
        started_at=AT,
        due_at=AT + timedelta(days=1),
        calendar="hanoi",
        calendar_version="2026.1",
        citation="QĐ 1207/QĐ-UBND",
        confirmation="NEWS",
        derivation_sha256="0" * 64,
    )


def imported() -> list[Said]:
    """Return what is said of an imported petition that its source has closed."""
    story = Story()
    story.lodge(is_imported=True, is_reachable=False)
    story.route()
    story.say(deadline())
    story.say(PetitionClosedV1(office=COMMUNE, outcome="closed_at_source"))
    return story.events


def told(neighbours: Neighbours) -> list[Said]:
    """Return what is said of a petition whose petitioner left an address: a receipt, a route for both, a due date."""
    story = Story()
    neighbours.knows(story.id, email=f"{story.id.hex}@example.vn")
    story.lodge()
    story.route()
    story.say(deadline())
    return story.events


async def publish(publisher: Publisher, events: Sequence[Said]) -> None:
    for start in range(0, len(events), AT_ONCE):
        part = events[start : start + AT_ONCE]
        await publisher.publish([StoredEvent(seq=0, envelope=envelope, body=body) for envelope, body in part])


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that runs."""

    engines: Engines
    pid: int
    publisher: Publisher
    ledger: asyncpg.Connection
    neighbours: Neighbours
    postbox: Postbox
    gateway: Gateway

    async def heard(self, petitions: int) -> None:
        """Wait until the last word of so many petitions was heard."""
        query = "SELECT count(*) FROM notify.inbox_heads WHERE source = 'routing' AND version = 2"

        async def is_all() -> bool:
            return int(await self.ledger.fetchval(query)) >= petitions

        await wait_until(is_all, SECONDS_MAX, what="everything heard")

    async def sent(self, notices: int) -> None:
        """Wait until so many notices are recorded as sent."""

        async def is_all() -> bool:
            return int(await self.ledger.fetchval("SELECT count(*) FROM notify.events")) >= notices

        await wait_until(is_all, SECONDS_MAX, what="everything sent")


async def import_figures(bench: Bench, petitions: int) -> dict[str, object]:
    events = [event for _ in range(petitions) for event in imported()]
    before, began = await bench.engines.work(bench.pid), time.perf_counter()
    await publish(bench.publisher, events)
    await bench.heard(petitions)
    seconds = time.perf_counter() - began
    work = (await bench.engines.work(bench.pid)).since(before)
    own = work.service_cpu * 1000 / petitions
    return {
        "imported petitions (four events each)": petitions,
        "import: petitions /s": round(petitions / seconds),
        f"import: CPU of the service by {IMPORT_CPU_MS_MAX} ms": round(own / IMPORT_CPU_MS_MAX, 2),
        **_per("import, a petition", work, petitions),
    }


async def mail_figures(bench: Bench, petitions: int) -> dict[str, object]:
    events = [event for _ in range(petitions) for event in told(bench.neighbours)]
    notices, before_sent = petitions * MAILS_EACH, bench.postbox.count
    before, began = await bench.engines.work(bench.pid), time.perf_counter()
    await publish(bench.publisher, events)
    await bench.sent(before_sent + notices)
    seconds = time.perf_counter() - began
    work = (await bench.engines.work(bench.pid)).since(before)
    return {"mails": notices, **_pace("mails", notices / seconds, work.service_cpu / notices), **_per("a mail", work, notices)}


async def text_figures(bench: Bench, number: int) -> dict[str, object]:
    stories, wanted = [Story() for _ in range(number)], Preferences((Channel.SMS,), quiet=None)
    for each, story in enumerate(stories):
        bench.neighbours.knows(story.id, email=None, phone=f"+84912{each:06}")
        story.lodge()
    rows = [(story.id, story.id, json.dumps(written_down(wanted)), AT) for story in stories]
    await bench.ledger.copy_records_to_table(
        "preferences", schema_name="notify", records=rows, columns=["petitioner_id", "petition_id", "wanted", "updated_at"]
    )
    before_sent = int(await bench.ledger.fetchval("SELECT count(*) FROM notify.events"))
    before, began = await bench.engines.work(bench.pid), time.perf_counter()
    await publish(bench.publisher, [event for story in stories for event in story.events])
    await bench.sent(before_sent + number)
    seconds = time.perf_counter() - began
    work = (await bench.engines.work(bench.pid)).since(before)
    assert len(bench.gateway.taken) == number
    return {"SMS": number, **_pace("SMS", number / seconds, work.service_cpu / number), **_per("an SMS", work, number)}


def _pace(what: str, per_second: float, cpu_seconds: float) -> dict[str, object]:
    """Return the pace as measured, and what the service's CPU alone would allow it, whoever else is busy on this machine."""
    return {
        f"{what}: /s": round(per_second),
        f"{what}: of the {TARGET}/s that are to hold": round(per_second / TARGET, 2),
        f"{what}: of them by the service's CPU on one core": round(1 / cpu_seconds / TARGET, 2),
    }


async def calm_figures(bench: Bench, petitions: int) -> dict[str, object]:
    """Lodge slowly; from the word on the bus to the mail at the server."""
    waits = []
    for _ in range(petitions):
        story, address = Story(), f"{uuid4().hex}@example.vn"
        bench.neighbours.knows(story.id, email=address)
        began = time.perf_counter()
        await publish(bench.publisher, [story.lodge()])
        await wait_until(partial(bench.postbox.arrived_at.get, address), SECONDS_MAX)
        waits.append(bench.postbox.arrived_at[address] - began)
        await asyncio.sleep(CALM_PAUSE_SECONDS)
    return {f"calm, from the bus to the mail: p{p} ms": round(percentile(waits, p) * 1000) for p in (50, 95, 99)}


def _per(what: str, work: Work, operations: int) -> dict[str, object]:
    return {f"{what}: {name}": round(value, 4) for name, value in work.per(operations).items()}


@contextmanager
def served(environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "deploy.cli.main", "serve", "notify", "--host", HOST, "--port", str(free_port())]
    process = subprocess.Popen(words, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()


def environment(
    engines: Engines, url: str, issuer: KeyIssuer, neighbours: Neighbours, *, smtp_port: int, gateway_url: str
) -> dict[str, str]:
    return issuer.environ | {
        "NOTIFY_DATABASE__URL": url,
        "CAUNOI_BUS__URL": engines.nats.url,
        "CAUNOI_BUS__USER": engines.nats.user,
        "CAUNOI_BUS__PASSWORD": engines.nats.password,
        "CAUNOI_LOG_LEVEL": "WARNING",
        "NOTIFY_INTAKE_URL": f"{neighbours.url}/intake",
        "NOTIFY_ROUTING_URL": f"{neighbours.url}/routing",
        "NOTIFY_PUBLIC_URL": "https://caunoi.example",
        "NOTIFY_SMTP__HOST": HOST,
        "NOTIFY_SMTP__PORT": str(smtp_port),
        "NOTIFY_SMTP__SECURITY": "none",
        "NOTIFY_SMTP__SENDER": "Cầu Nối <khong-tra-loi@hanoi.example>",
        **_gateway(engines, gateway_url),
    }


def _gateway(engines: Engines, url: str) -> dict[str, str]:
    (engines.var / "sms-key").write_text(KEY)
    (engines.var / "notify-key").write_text("ab" * 32)
    return {
        "NOTIFY_SMS__URL": url,
        "NOTIFY_SMS__KEY_FILE": str(engines.var / "sms-key"),
        "NOTIFY_KEY_FILE": str(engines.var / "notify-key"),
    }


async def run(engines: Engines, issuer: KeyIssuer, part: int) -> dict[str, object]:
    url = (await engines.schemas("notify"))["notify"]
    neighbours, postbox, smtp_port = Neighbours(issuer), Postbox(), free_port()
    gateway = Gateway()
    async with AsyncExitStack() as stack:
        js = await stack.enter_async_context(jetstream(engines.bus))
        gateway_url = await stack.enter_async_context(serving(gateway.app()))
        for each in (postbox.listening(smtp_port), neighbours.serving()):
            await stack.enter_async_context(each)
        await provision(js, [DURABLE])
        publisher = Publisher(js)
        await publish(publisher, [office(COMMUNE, mailbox="phuong@hanoi.example")])
        address = engines.postgres.url_of(SUPERUSER, engines.postgres.password, database="bench")
        ledger = await asyncpg.connect(address)
        given = environment(engines, url, issuer, neighbours, smtp_port=smtp_port, gateway_url=gateway_url)
        with served(given) as process:
            bench = Bench(engines, process.pid, publisher, ledger, neighbours, postbox, gateway)
            await mail_figures(bench, WARM_UP)
            rows = await calm_figures(bench, CALM // part)
            rows |= await mail_figures(bench, MAILED // part)
            rows |= await text_figures(bench, TEXTED // part)
            rows |= await import_figures(bench, IMPORTED // part)
        await asyncio.to_thread(process.wait, 15)
        await ledger.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"one {QUICK_PART}th of the petitions")
    part = QUICK_PART if parser.parse_args().quick else 1
    with running_engines() as engines, serving_issuer(engines.var) as issuer:
        report("notify", asyncio.run(run(engines, issuer, part)))


if __name__ == "__main__":
    main()
