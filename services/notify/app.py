"""Composition root of notify: builds everything once, starts and stops it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path

from services.notify.api.notices import Doors, router
from services.notify.bus import DURABLE, NAME, participant
from services.notify.domain.channels import Channel
from services.notify.gateways.mail import SmtpServer
from services.notify.gateways.neighbours import HttpNeighbours
from services.notify.gateways.phone import GatewaySettings, HttpGateway
from services.notify.gateways.push import PushKey, PushServices
from services.notify.handlers.post import Phone, Post
from services.notify.settings import PREFIX, Settings
from services.notify.timers.postman import Postman
from shared.identity import EnvelopeCipher, ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.kernel.refusals import Malformed
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
    server = SmtpServer(settings.smtp)
    neighbours = HttpNeighbours(
        intake_url=settings.intake_url,
        escalation_url=settings.escalation_url,
        tokens=ServiceTokens(settings.identity.service_secret_file, NAME),
        clock=clock,
    )
    cipher = EnvelopeCipher.from_file(settings.key_file) if settings.key_file else None
    carriers = carriers_of(settings, cipher)
    post = _post(settings, database, server, neighbours, cipher=cipher, carriers=carriers)
    postman = Postman(post, clock)
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
        await asyncio.gather(server.close(), carriers.close())
        await neighbours.close()
        await database.close()

    return Service(name=NAME, app=app, start=start, stop=stop)


@dataclass(frozen=True, slots=True)
class Carriers:
    """Ways beside mail, as the settings have them."""

    gateways: Mapping[Channel, tuple[HttpGateway, GatewaySettings]]
    push: PushServices | None

    async def close(self) -> None:
        await asyncio.gather(*(gateway.close() for gateway, _ in self.gateways.values()))
        if self.push is not None:
            await self.push.close()


def carriers_of(settings: Settings, cipher: EnvelopeCipher | None) -> Carriers:
    """Return gateways and push services. Raises Malformed where the key for web push is none."""
    given = {Channel.SMS: settings.sms, Channel.ZALO: settings.zalo}
    gateways = {channel: (HttpGateway(its), its) for channel, its in given.items() if its.url}
    pem = settings.push.key_file.read_bytes() if settings.push.key_file else b""
    if not pem.strip() or cipher is None:
        return Carriers(gateways, None)
    return Carriers(gateways, PushServices(settings.push, PushKey(pem)))


def _post(
    settings: Settings,
    database: Database,
    server: SmtpServer,
    neighbours: HttpNeighbours,
    *,
    cipher: EnvelopeCipher | None,
    carriers: Carriers,
) -> Post:
    return Post(
        database=database,
        server=server,
        neighbours=neighbours,
        sender=_address(settings.smtp.sender, "NOTIFY_SMTP__SENDER"),
        public_url=settings.public_url,
        lease=timedelta(seconds=settings.lease_seconds),
        phones={channel: Phone(gateway, its.sender, its.is_plain) for channel, (gateway, its) in carriers.gateways.items()},
        push=carriers.push,
        cipher=cipher,
        back_to=_address(settings.smtp.bounces, "NOTIFY_SMTP__BOUNCES") if settings.smtp.bounces else None,
    )


def _address(written: str, variable: str) -> Address:
    name, address = parseaddr(written)
    user, _, domain = address.partition("@")
    if not user or not domain:
        mistake = {"field": variable, "reason": "no address", "remedy": "write it as Cầu Nối <name@domain>"}
        raise Malformed(f"{variable} holds no address: {written}", code="bad_settings", errors=[mistake])
    return Address(display_name=name, username=user, domain=domain)
