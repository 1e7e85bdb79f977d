"""The whole city on one machine: PostgreSQL, nats-server, five services, demo issuer and mail sink behind one port.

Invariant: children are started from the main thread before the event loop and ended after it; whatever happens in between, they
end with us (deploy/local/processes.py).
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx
from starlette.responses import Response
from starlette.types import ASGIApp

from deploy.bus import ensure_streams, jetstream
from deploy.house import durables, room
from deploy.local import provision
from deploy.local.accounts import ACCOUNTS, DEMO_CLIENT_KEY, DEMO_PASSWORD
from deploy.local.city_file import CityFile, city_file, city_lock
from deploy.local.demo_house import doors
from deploy.local.environment import Places, environment, make_secrets
from deploy.local.hosting import house, listening, run, running, serve, stop_signals
from deploy.local.mail import Sink
from deploy.local.nats_accounts import nats_accounts
from deploy.local.pages import page
from deploy.local.processes import age_seconds, free_port
from deploy.local.provision import Server
from deploy.local.servers import SUPERUSER, Nats, Postgres
from deploy.names import AUDIENCE, LOOPBACK, SERVICES
from deploy.rebuild import Ledgers
from deploy.settings import bus_settings, database_urls
from shared.kernel.clock import SystemClock

READY_SECONDS_MAX = 20.0
READY_POLL_SECONDS = 0.02
_JOBS = {
    "intake": ("nhận kiến nghị, giữ kín danh tính", "takes petitions in, keeps identities"),
    "routing": (
        "chuyển tới cơ quan có thẩm quyền, ghi mọi việc đã làm",
        "brings each to the competent office, records every act",
    ),
    "escalation": ("tính hạn theo luật, nhắc, báo quá hạn, chuyển cấp trên", "legal deadlines, reminders, breaches, the ladder"),
    "notify": ("báo cho người dân và cơ quan", "tells people and offices"),
    "audit": ("ghi nhớ mọi sự việc, kể lại từng kiến nghị", "remembers every event, tells each petition's life"),
}

Say = Callable[[str], None]


class Stopped(Exception):  # noqa: N818 - asked for, not an error
    """A stop signal came while the servers were being started."""


@dataclass(frozen=True, slots=True)
class City:
    """One start of the city in `var`, listening at `listener`."""

    var: Path
    listener: socket.socket
    postgres: Postgres
    nats: Nats
    say: Say

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.listener.getsockname()[1]}"


def up(var: Path, *, port: int, given: Mapping[str, str], say: Say) -> None:
    """Run the city until a stop signal. Raises StartError where something is in the way."""
    var = var.resolve()
    with city_lock(var), contextlib.closing(listening(LOOPBACK, port)) as listener:
        passwords = make_secrets(var)
        city = City(var, listener, Postgres(var), Nats(var, accounts=nats_accounts(var, now=SystemClock().now())), say)
        with contextlib.suppress(Stopped), _servers(city):
            run(_live(city, passwords, given))
    say("Đã dừng; dữ liệu được giữ nguyên. / Stopped; all data is kept.")


@contextlib.contextmanager
def _servers(city: City) -> Iterator[None]:
    """Run PostgreSQL and nats-server for the length of the block; both are told to end before either is waited for."""
    signals = stop_signals()
    try:
        for each in signals:
            signal.signal(each, _raise_stopped)
        city.postgres.start()
        city.nats.start()
        yield
    finally:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        city.nats.begin_stop()
        city.postgres.begin_stop()
        city.nats.stop()
        city.postgres.stop()


def _raise_stopped(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


async def _live(city: City, passwords: Mapping[str, str], given: Mapping[str, str]) -> None:
    clock = SystemClock()
    sink = Sink(city.var / "mail", clock)
    smtp_port = await sink.start(LOOPBACK, free_port())
    places = Places(city.url, city.postgres.port, city.nats.url, smtp_port)
    environ = environment(city.var, places, given=given)
    await _prepare(city, passwords, environ)
    services = [room(name).build(environ, clock=clock) for name in SERVICES]
    extra = doors(
        issuer_address=f"{city.url}/issuer",
        audience=AUDIENCE,
        secrets=city.var / "secrets",
        sink=sink,
        clock=clock,
        notify_url=f"{city.url}/notify",
    )
    app = house({service.name: service.app for service in services} | extra, start_page=_start_page)
    written = CityFile(city.url, os.getpid(), places.postgres_port, places.nats_url, places.smtp_port)
    try:
        async with running(services):
            with city_file(city.var, written):
                await serve(app, city.listener, when_up=lambda: _announce(city, app))
    finally:
        await sink.stop()


async def _prepare(city: City, passwords: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Roles, schemas, migrations, streams, consumers: all safe to repeat."""
    admin = Server(host=LOOPBACK, port=city.postgres.port, user=SUPERUSER, password=city.postgres.password)
    await provision.provision(admin, passwords)
    ledgers = Ledgers(database_urls(environ))
    try:
        async with jetstream(bus_settings(environ)) as js:
            done = await ensure_streams(js, durables(), ledgers)
    finally:
        await ledgers.close()
    if done is not None:
        city.say(f"Kênh sự kiện đã mất, dựng lại từ sổ cái: {done.published} sự kiện. / Lost streams rebuilt from the ledgers.")


async def _announce(city: City, app: ASGIApp) -> None:
    """Wait until every service is ready, then say where the doors are."""
    waiting = await _not_ready(app)
    city.say(f"\nCầu Nối: {city.url}/   ({age_seconds():.1f} s)\n")
    for name, (vi, en) in _JOBS.items():
        city.say(f"  {city.url}/{name + '/':<12} {vi} ({en})")
    city.say(f"  {city.url}/{'mail/':<12} hộp thư thử: thư, SMS, Zalo (mail, SMS and Zalo sink)")
    city.say(f"\nTài khoản thử / demo accounts, mật khẩu / password: {DEMO_PASSWORD}")
    for account in ACCOUNTS:
        city.say(f"  {account.name:<18} {account.title} ({account.title_en})")
    city.say(f"\nOpen311: {city.url}/intake/open311/discovery.xml   api_key: {DEMO_CLIENT_KEY}")
    for name, why in waiting.items():
        city.say(f"  CHƯA SẴN SÀNG / NOT READY: {name}: {why}")
    city.say(f"\nLệnh khác / other commands: caunoi --var {city.var} …  (hoặc / or: export CAUNOI_VAR={city.var})")
    city.say(f"\nDữ liệu / data: {city.var}   nhật ký / log: {city.var / 'log'}   Ctrl-C: dừng / stop")


async def _not_ready(app: ASGIApp) -> dict[str, str]:
    """Ask every service until all are ready or the time is up; return what is still missing, by service."""
    ends = time.monotonic() + READY_SECONDS_MAX
    waiting = dict.fromkeys(SERVICES, "")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city") as http:
        while waiting and time.monotonic() < ends:
            for name in tuple(waiting):
                answer = await http.get(f"/{name}/ready")
                waiting[name] = answer.text
                if answer.is_success:
                    del waiting[name]
            await asyncio.sleep(READY_POLL_SECONDS if waiting else 0)
    return waiting


def _start_page() -> Response:
    services = [{"name": name, "vi": vi, "en": en} for name, (vi, en) in _JOBS.items()]
    return page("start.html", services=services, accounts=ACCOUNTS, password=DEMO_PASSWORD, client_key=DEMO_CLIENT_KEY)
