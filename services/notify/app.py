"""Composition root of notify: builds everything once, starts and stops it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from services.notify.api.notices import Doors, router
from services.notify.bus import DURABLE, NAME, participant
from services.notify.gateways.neighbours import HttpNeighbours
from services.notify.handlers.outfit import Outfit
from services.notify.settings import PREFIX, Settings
from services.notify.timers.postman import Postman
from shared.identity import ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Repeats, Service, build_app, load_settings, problems

__all__ = ["DURABLE", "NAME", "build"]

EXAMPLES = Path(__file__).with_name("examples.json")

_PROBLEMS = {"petition_not_found": ("Không có đơn nào mang mã này.", "No petition has this code.")}


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service. Raises Malformed listing every setting that is not right."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    problems.register(_PROBLEMS)
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    neighbours = HttpNeighbours(
        intake_url=settings.intake_url,
        escalation_url=settings.escalation_url,
        tokens=ServiceTokens(settings.identity.service_secret_file, NAME),
        clock=clock,
    )
    outfit = Outfit(settings, database, neighbours)
    postman = Postman(outfit.post, clock)
    bus = participant(database=database, bus=settings.bus, clock=clock, wake=postman.wake)
    app = build_app(
        name=NAME,
        routers=[router(Doors(database))],
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        examples=EXAMPLES,
        repeats=Repeats(database),
        readiness=bus.problems,
        parked=bus.parked,
        events=bus.part,
    )

    async def start() -> None:
        postman.start()
        await bus.start()

    async def stop() -> None:
        await asyncio.gather(postman.stop(), bus.stop())
        await outfit.close()
        await neighbours.close()
        await database.close()

    return Service(name=NAME, app=app, start=start, stop=stop)
