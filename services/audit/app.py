"""Composition root: builds the service once, starts and stops it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.audit.api import anomalies as anomalies_api
from services.audit.api import comparing as comparing_api
from services.audit.api import exporting as exporting_api
from services.audit.api import log as log_api
from services.audit.api import reconciling as reconciling_api
from services.audit.api import tracing as tracing_api
from services.audit.api import tree as tree_api
from services.audit.bus import DURABLE, NAME, participant
from services.audit.gateways import EscalationBooks, Ledger, Neighbour, ServiceLedger
from services.audit.handlers.comparing import OWN, OwnLedger
from services.audit.handlers.exporting import Exporter
from services.audit.handlers.naming import OfficeNames
from services.audit.handlers.tracing import CeilingBook, Tracer
from services.audit.pages import doors as pages
from services.audit.settings import PREFIX, Settings
from services.audit.timers import Asker, Closer, ExportWorker, Nightly, NightlyComparison
from shared.identity import ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Pages, Repeats, Service, build_app, load_settings

__all__ = ["DURABLE", "NAME", "build"]

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples.json"


@dataclass(frozen=True, slots=True)
class _Around:
    """The other services, as they are asked."""

    neighbours: Mapping[str, Neighbour]
    books: EscalationBooks
    ledgers: Mapping[str, Ledger]
    tracer: Tracer

    async def close(self) -> None:
        for neighbour in self.neighbours.values():
            await neighbour.close()


@dataclass(frozen=True, slots=True)
class _Clocks:
    """What time alone brings about."""

    reconciliation: Nightly
    comparison: NightlyComparison
    closer: Closer
    asker: Asker
    exports: ExportWorker

    async def start(self) -> None:
        for part in (self.reconciliation, self.comparison, self.closer, self.asker, self.exports):
            await part.start()

    async def stop(self) -> None:
        for part in (self.exports, self.asker, self.closer, self.comparison, self.reconciliation):
            await part.stop()


def _around(settings: Settings, database: Database, clock: Clock) -> _Around:
    """Return the other services; the ledgers are those of whom audit hears, its own among them."""
    tokens = ServiceTokens(settings.identity.service_secret_file, NAME)
    addresses = {
        "intake": settings.intake_url,
        "routing": settings.routing_url,
        "escalation": settings.escalation_url,
        "notify": settings.notify_url,
    }
    neighbours = {name: Neighbour(name, address, tokens, clock) for name, address in addresses.items()}
    known: dict[str, Ledger] = {name: ServiceLedger(neighbour) for name, neighbour in neighbours.items()}
    known[OWN] = OwnLedger(database)
    ledgers = {name: known[name] for name in DURABLE.hears}
    books = EscalationBooks(neighbours["escalation"])
    return _Around(neighbours, books, ledgers, Tracer(database, CeilingBook(books, clock), ledgers, clock))


def _clocks(settings: Settings, exporter: Exporter, around: _Around) -> _Clocks:
    database, log, clock = exporter.database, exporter.log, exporter.tracer.clock
    at, zone = settings.reconcile_at, exporter.zone
    return _Clocks(
        Nightly(database, around.books, clock, at=at, zone=zone, told=reconciling_api.measured),
        NightlyComparison(database, around.ledgers, clock, at=at, zone=zone, told=comparing_api.measured),
        Closer(
            database,
            log,
            clock,
            pace_seconds=settings.log_pace_seconds,
            check_every=timedelta(minutes=settings.log_check_minutes),
        ),
        Asker(database, log, clock),
        ExportWorker(exporter),
    )


def _routers(exporter: Exporter, around: _Around, clocks: _Clocks) -> list[APIRouter]:
    """Return the doors."""
    database, log, tracer = exporter.database, exporter.log, exporter.tracer
    clock = tracer.clock
    return [
        log_api.router(database, clock),
        exporting_api.router(exporter, clocks.exports.wake),
        tracing_api.router(tracer),
        comparing_api.router(database, around.ledgers, clock),
        reconciling_api.router(database, around.books, clock),
        anomalies_api.router(database),
        tree_api.public_router(log),
        tree_api.proofs_router(database, log),
        tree_api.witnesses_router(database, log, clock),
        *pages.routers(exporter, OfficeNames(database, clock), clocks.exports.wake),
    ]


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service as the environment describes it. Raises Malformed listing every mistake."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    taking_part = participant(database=database, bus=settings.bus, clock=clock)
    around = _around(settings, database, clock)
    exporter = Exporter(database, settings.log(), around.tracer, ZoneInfo(settings.zone))
    clocks = _clocks(settings, exporter, around)

    async def problems() -> list[str]:
        return [*await taking_part.problems(), *await clocks.closer.problems()]

    async def start() -> None:
        await taking_part.start()
        await clocks.start()

    async def stop() -> None:
        await clocks.stop()
        await taking_part.stop()
        await around.close()
        await database.close()

    app = build_app(
        name=NAME,
        routers=_routers(exporter, around, clocks),
        pages=Pages(templates=HERE / "templates", static=HERE / "static", zone=settings.zone),
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        examples=EXAMPLES,
        repeats=Repeats(database),
        readiness=problems,
        parked=taking_part.parked,
        events=taking_part.part,
        ledger=database,
    )
    return Service(name=NAME, app=app, start=start, stop=stop)
