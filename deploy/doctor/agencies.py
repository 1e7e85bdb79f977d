"""Agencies: does nats-server know everything of each, and does each one's stream take its events from the stream that there is.

How far a stream is behind only nats-server's own account knows: `caunoi agency list` and the metric `caunoi.agency.behind` tell.
"""

from collections.abc import AsyncIterator, Sequence

from nats.errors import Error as NatsError
from sqlalchemy import URL, Row, text
from sqlalchemy.exc import SQLAlchemyError

from deploy.bus import jetstream
from deploy.doctor.finding import Finding, fail, ok
from shared.kernel.refusals import Trouble
from shared.messaging.accounts.agency_stream import present_generation
from shared.messaging.accounts.layout import SOURCE_STREAM
from shared.messaging.settings import BusSettings
from shared.persistence import Database

_REGISTERED = text("SELECT office, generation, in_force_at FROM agencies ORDER BY office")
_KEEPER = "is notify running? Its log says what keeps it from telling nats-server"


async def look(bus: BusSettings, notify: URL) -> AsyncIterator[Finding]:
    """Look at every registered agency; nothing where there is none, or where the look at bus and databases says why."""
    registered = await _registered(notify)
    if not registered:
        return
    try:
        async with jetstream(bus) as js:
            generation = await present_generation(js)
    except (Trouble, NatsError, OSError, TimeoutError):
        return
    for agency in registered:
        part = f"agency {agency.office}"
        if agency.in_force_at is None:
            yield fail(part, "nats-server does not know everything of it yet", _KEEPER)
        elif agency.generation != generation:
            yield fail(part, f"its stream takes events from a {SOURCE_STREAM} that is no more", _KEEPER)
        else:
            yield ok(part, "nats-server knows it; its stream takes events")


async def _registered(notify: URL) -> Sequence[Row[tuple[object, ...]]]:
    database = Database(notify, schema="notify", pool_size=1)
    try:
        async with database.reading() as connection:
            return list(await connection.execute(_REGISTERED))
    except (Trouble, SQLAlchemyError):
        return []  # the look at the databases says why
    finally:
        await database.close()
