"""Composition root: builds the service once, starts and stops it."""

from collections.abc import Mapping

from services.audit import api
from services.audit.bus import DURABLE, NAME, participant
from services.audit.settings import PREFIX, Settings
from shared.identity import TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Service, build_app, load_settings

__all__ = ["DURABLE", "NAME", "build"]


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service as the environment describes it. Raises Malformed listing every mistake."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    taking_part = participant(database=database, bus=settings.bus, clock=clock)

    async def stop() -> None:
        await taking_part.stop()
        await database.close()

    app = build_app(
        name=NAME,
        routers=[api.router(database)],
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        readiness=taking_part.problems,
        parked=taking_part.parked,
    )
    return Service(name=NAME, app=app, start=taking_part.start, stop=stop)
