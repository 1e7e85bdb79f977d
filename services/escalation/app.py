"""Composition root: builds the service once, starts and stops it. Also the calendar check for the command line."""

from collections.abc import Mapping
from pathlib import Path

from services.escalation import api
from services.escalation.bus import DURABLE, NAME, Ears
from services.escalation.settings import PREFIX, Settings
from services.escalation.timers import Sweep
from services.escalation.wire.vectors import Checked, check_file
from shared.identity import TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Service, build_app, load_settings

__all__ = ["DURABLE", "NAME", "Checked", "build", "check_calendar"]


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service as the environment describes it. Raises Malformed listing every mistake."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    rulebook = settings.rulebook()
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    ears = Ears(database=database, bus=settings.bus, rulebook=rulebook, clock=clock)
    sweep = Sweep(database, clock, is_current=ears.is_current, pace_seconds=settings.sweep_pace_seconds)

    async def readiness() -> list[str]:
        return [*await ears.participant.problems(), *await sweep.problems()]

    async def start() -> None:
        await ears.participant.start()
        await sweep.start()

    async def stop() -> None:
        await sweep.stop()
        await ears.participant.stop()
        await database.close()

    app = build_app(
        name=NAME,
        routers=[api.router(database, rulebook)],
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        readiness=readiness,
        parked=ears.participant.parked,
    )
    return Service(name=NAME, app=app, start=start, stop=stop)


def check_calendar(file: Path) -> Checked:
    """Check the calendar engine against a file of vectors. Raises Malformed where the file cannot be read."""
    return check_file(file)
