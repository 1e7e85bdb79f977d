"""The five schemas: reachable under their own roles, at the newest revision, durable; how old the oldest unsent event is."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.doctor.finding import Finding, fail, ok, warn
from shared.kernel.refusals import Trouble
from shared.messaging import parked
from shared.persistence import Database, ledger

OUTBOX_AGE_WARN = timedelta(minutes=1)
OUTBOX_AGE_FAIL = timedelta(minutes=15)
_SERVICES = Path(__file__).resolve().parents[2] / "services"
_DURABLE_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


async def look(service: str, url: URL, *, now: datetime) -> AsyncIterator[Finding]:
    """Look at the schema of `service`."""
    part = f"{service} schema"
    database = Database(url, schema=service, pool_size=1)
    try:
        async with database.reading() as connection:
            for finding in await _look_inside(connection, service, now):
                yield finding
    except Trouble as error:
        yield fail(part, f"{error}: {url.host}:{url.port}", "start PostgreSQL; check the address, role and password file")
    except ProgrammingError:
        yield fail(part, "its tables are not there", "run `caunoi provision` (`make run` does it at every start)")
    except (SQLAlchemyError, OSError) as error:
        yield fail(part, f"{type(error).__name__} {str(error).splitlines()[0]}", "check the address, role and password file")
    finally:
        await database.close()


async def _look_inside(connection: AsyncConnection, service: str, now: datetime) -> list[Finding]:
    found = [
        await _revision(connection, service),
        await _durability(connection, service),
        await _outbox(connection, service, now),
        await _parked(connection, service),
    ]
    return [*found, await _webhooks(connection)] if service == "notify" else found


async def _revision(connection: AsyncConnection, service: str) -> Finding:
    config = Config()
    config.set_main_option("script_location", str(_SERVICES / service / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    actual = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    if actual == newest:
        return ok(f"{service} schema", f"revision {actual}, the newest")
    return fail(f"{service} schema", f"revision {actual}, the newest is {newest}", "run `caunoi provision` before the services")


async def _durability(connection: AsyncConnection, service: str) -> Finding:
    query = text("SELECT name FROM pg_settings WHERE setting = 'off' AND name = ANY(:names)")
    off = (await connection.execute(query, {"names": list(_DURABLE_SETTINGS)})).scalars().all()
    if off:
        return fail(f"{service} durability", f"{', '.join(off)} off", "switch it on: a power cut would lose what was promised")
    return ok(f"{service} durability", "a commit survives a power cut")


async def _outbox(connection: AsyncConnection, service: str, now: datetime) -> Finding:
    oldest = await ledger.oldest_unsent_at(connection)
    age = now - oldest if oldest else timedelta()
    words = f"oldest unsent event {age.total_seconds():.0f} s old" if oldest else "every event is on the bus"
    remedy = f"is {service} running and nats-server up? Its log says why it does not publish"
    if age > OUTBOX_AGE_FAIL:
        return fail(f"{service} outbox", words, remedy)
    return warn(f"{service} outbox", words, remedy) if age > OUTBOX_AGE_WARN else ok(f"{service} outbox", words)


async def _parked(connection: AsyncConnection, service: str) -> Finding:
    count = await parked.count_waiting(connection)
    if count:
        return warn(f"{service} parked", f"{count} messages wait for a person", f"caunoi parked list {service}")
    return ok(f"{service} parked", "no message waits for a person")


async def _webhooks(connection: AsyncConnection) -> Finding:
    query = """
        SELECT count(*) AS all, count(*) FILTER (WHERE state = 'paused') AS paused,
            count(*) FILTER (WHERE state = 'active' AND failures >= 5) AS failing
        FROM webhooks WHERE state <> 'removed'
    """
    row = (await connection.execute(text(query))).one()
    words = f"{row.all} webhooks, {row.failing} failing, {row.paused} paused"
    if row.failing or row.paused:
        return warn("notify webhooks", words, "caunoi webhook list; their offices are told by mail")
    return ok("notify webhooks", words)
