"""Composition root: builds the service once, starts and stops it."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from services.audit.api import anomalies as anomalies_api
from services.audit.api import log as log_api
from services.audit.api import reconciling as reconciling_api
from services.audit.bus import DURABLE, NAME, participant
from services.audit.gateways import EscalationBooks
from services.audit.handlers.tracing import CeilingBook
from services.audit.settings import PREFIX, Settings
from services.audit.timers import Nightly
from shared.identity import ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Repeats, Service, build_app, load_settings

__all__ = ["DURABLE", "NAME", "build"]

EXAMPLES = Path(__file__).with_name("examples.json")


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service as the environment describes it. Raises Malformed listing every mistake."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    taking_part = participant(database=database, bus=settings.bus, clock=clock)
    books = EscalationBooks(settings.escalation_url, ServiceTokens(settings.identity.service_secret_file, NAME), clock)
    law = CeilingBook(books, clock)
    nightly = Nightly(
        database, books, clock, at=settings.reconcile_at, zone=ZoneInfo(settings.zone), told=reconciling_api.measured
    )

    async def start() -> None:
        await taking_part.start()
        await nightly.start()

    async def stop() -> None:
        await nightly.stop()
        await taking_part.stop()
        await books.close()
        await database.close()

    app = build_app(
        name=NAME,
        routers=[
            log_api.router(database, law),
            reconciling_api.router(database, books, law, clock),
            anomalies_api.router(database),
        ],
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        examples=EXAMPLES,
        repeats=Repeats(database),
        readiness=taking_part.problems,
        parked=taking_part.parked,
        events=taking_part.part,
    )
    return Service(name=NAME, app=app, start=start, stop=stop)
