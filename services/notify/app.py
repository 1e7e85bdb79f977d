"""Composition root of notify: builds everything once, starts and stops it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter

from services.notify.api.agencies import AgencyDoors, agencies_router
from services.notify.api.problems import register_problems
from services.notify.api.routers import build_routers, door_of
from services.notify.api.webhook_deliveries import hook_routers
from services.notify.bus import DURABLE, NAME, participant
from services.notify.gateways.neighbours import HttpNeighbours
from services.notify.handlers.agencies import OnServer
from services.notify.handlers.outfit import Outfit
from services.notify.handlers.webhook_post import hooks_of
from services.notify.settings import PREFIX, Settings
from services.notify.timers.courier import Courier
from services.notify.timers.keeper import Keeper
from services.notify.timers.mornings import Waker
from services.notify.timers.postman import Postman
from shared.identity import ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.messaging.accounts.authority import Authority
from shared.persistence import Database
from shared.web import Repeats, Service, build_app, load_settings

__all__ = ["DURABLE", "NAME", "build"]

EXAMPLES = Path(__file__).with_name("examples.json")


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service. Raises Malformed listing every setting that is not right."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    register_problems()
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    neighbours = _neighbours(settings, clock)
    outfit = Outfit(settings, database, neighbours)
    postman = Postman(outfit.post, clock)
    waker = Waker(outfit.post, neighbours if settings.escalation_url else None, clock, postman.wake)
    keeper = _keeper(settings, database, clock)
    courier = Courier(hooks_of(settings.webhooks, database), clock, settings.webhooks)
    bus = participant(database=database, bus=settings.bus, clock=clock, wake=postman.wake, wake_webhooks=courier.wake)
    app = build_app(
        name=NAME,
        routers=[
            *build_routers(outfit, prover=neighbours, push=settings.push, clock=clock, wake=postman.wake),
            *_agencies(database, keeper, courier, clock),
        ],
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        door_of=door_of,
        examples=EXAMPLES,
        repeats=Repeats(database, cipher=courier.hooks.cipher),
        readiness=bus.problems,
        parked=bus.parked,
        events=bus.part,
        ledger=database,
    )

    async def start() -> None:
        postman.start()
        await asyncio.gather(*(part.start() for part in (waker, courier, bus, keeper) if part is not None))

    async def stop() -> None:
        await asyncio.gather(*(part.stop() for part in (postman, waker, bus, courier, keeper) if part is not None))
        for part in (outfit, neighbours, database):
            await part.close()

    return Service(name=NAME, app=app, start=start, stop=stop)


def _neighbours(settings: Settings, clock: Clock) -> HttpNeighbours:
    tokens = ServiceTokens(settings.identity.service_secret_file, NAME)
    return HttpNeighbours(intake_url=settings.intake_url, escalation_url=settings.escalation_url, tokens=tokens, clock=clock)


def _agencies(database: Database, keeper: Keeper | None, courier: Courier, clock: Clock) -> list[APIRouter]:
    return [agencies_router(_agency_doors(database, keeper, clock)), *hook_routers(courier.hooks, clock, courier.wake)]


def _keeper(settings: Settings, database: Database, clock: Clock) -> Keeper | None:
    """Return who keeps nats-server's accounts of agencies; None where it has no accounts."""
    if settings.agencies is None:
        return None
    key, accounts = settings.agencies.signing_key_file, settings.agencies.accounts_file
    return Keeper(database, Authority.from_files(settings.bus, signing_key=key, accounts_file=accounts, clock=clock), clock)


def _agency_doors(database: Database, keeper: Keeper | None, clock: Clock) -> AgencyDoors:
    async def tell(office: str) -> bool:
        return keeper is not None and await keeper.put_in_force(office)

    authority, on_server = (keeper.authority, keeper.on_server) if keeper else (None, OnServer())
    return AgencyDoors(database=database, clock=clock, authority=authority, on_server=on_server, tell=tell)
