"""Composition root: builds the service once, starts and stops it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.audit.api import anomalies as anomalies_api
from services.audit.api import log as log_api
from services.audit.api import reconciling as reconciling_api
from services.audit.api import tree as tree_api
from services.audit.bus import DURABLE, NAME, participant
from services.audit.gateways import Books, EscalationBooks
from services.audit.handlers.closing import TheLog
from services.audit.handlers.naming import OfficeNames
from services.audit.handlers.tracing import CeilingBook
from services.audit.pages import doors as pages
from services.audit.settings import PREFIX, Settings
from services.audit.timers import Closer, Nightly
from shared.identity import ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Pages, Repeats, Service, build_app, load_settings

__all__ = ["DURABLE", "NAME", "build"]

EXAMPLES = Path(__file__).with_name("examples.json")


@dataclass(frozen=True, slots=True)
class _Clocks:
    """What time alone brings about."""

    nightly: Nightly
    closer: Closer

    async def start(self) -> None:
        await self.nightly.start()
        await self.closer.start()

    async def stop(self) -> None:
        await self.closer.stop()
        await self.nightly.stop()


def _routers(database: Database, books: Books, law: CeilingBook, log: TheLog, clock: Clock) -> list[APIRouter]:
    """Return the doors."""
    return [
        log_api.router(database, law),
        reconciling_api.router(database, books, law, clock),
        anomalies_api.router(database),
        tree_api.public_router(log),
        tree_api.proofs_router(database, log),
        *pages.routers(database, law, OfficeNames(database, clock)),
    ]


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service as the environment describes it. Raises Malformed listing every mistake."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    taking_part = participant(database=database, bus=settings.bus, clock=clock)
    books = EscalationBooks(settings.escalation_url, ServiceTokens(settings.identity.service_secret_file, NAME), clock)
    law = CeilingBook(books, clock)
    the_log = settings.log()
    clocks = _Clocks(
        Nightly(database, books, clock, at=settings.reconcile_at, zone=ZoneInfo(settings.zone), told=reconciling_api.measured),
        Closer(database, the_log, clock, pace_seconds=settings.log_pace_seconds),
    )

    async def problems() -> list[str]:
        return [*await taking_part.problems(), *await clocks.closer.problems()]

    async def start() -> None:
        await taking_part.start()
        await clocks.start()

    async def stop() -> None:
        await clocks.stop()
        await taking_part.stop()
        await books.close()
        await database.close()

    app = build_app(
        name=NAME,
        routers=_routers(database, books, law, the_log, clock),
        pages=Pages(templates=Path(__file__).with_name("templates"), zone=settings.zone),
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        examples=EXAMPLES,
        repeats=Repeats(database),
        readiness=problems,
        parked=taking_part.parked,
        events=taking_part.part,
    )
    return Service(name=NAME, app=app, start=start, stop=stop)
