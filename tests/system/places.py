"""Everything that a city keeps, says and sends, to be searched: its tables, streams and mails, and what its offices sealed."""

import json

import asyncpg

from deploy.bus import jetstream
from deploy.names import SERVICES
from shared.identity import EnvelopeCipher, Sealed
from shared.testing import wait_until
from tests.system.conftest import OpenCity

STEP_SECONDS_MAX = 40.0


async def tables(city: OpenCity) -> dict[str, bytes]:
    """Return every table of every schema as text, by name."""
    read: dict[str, bytes] = {}
    for service, url in city.databases.items():
        connection = await asyncpg.connect(url)
        try:
            names = await connection.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = $1", service)
            for (name,) in names:
                rows = await connection.fetch(f'SELECT t::text FROM {service}."{name}" t')
                read[f"{service}.{name}"] = "\n".join(row[0] for row in rows).encode()
        finally:
            await connection.close()
    return read


async def streams(city: OpenCity) -> dict[str, bytes]:
    """Return every message of every stream with its subject and headers, by stream."""
    read: dict[str, bytes] = {}
    async with jetstream(city.bus) as js:
        for info in await js.streams_info():
            name, parts = info.config.name or "", []
            for place in range(info.state.first_seq, info.state.last_seq + 1):
                message = await js.get_msg(name, place)
                parts.append(f"{message.subject}\n{json.dumps(message.headers)}\n".encode() + (message.data or b""))
            read[name] = b"\n".join(parts)
    return read


async def _rows(city: OpenCity, service: str, table: str) -> int:
    connection = await asyncpg.connect(city.databases[service])
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {service}.{table}"))
    finally:
        await connection.close()


async def settled(city: OpenCity) -> None:
    """Wait until audit has heard as much as was said, twice the same."""
    sizes: list[int] = []

    async def nothing_more() -> bool:
        said = sum([await _rows(city, service, "events") for service in SERVICES])
        heard = await _rows(city, "audit", "log")
        sizes.append(said)
        return heard >= said and len(sizes) > 2 and sizes[-1] == sizes[-2] == sizes[-3]

    await wait_until(nothing_more, STEP_SECONDS_MAX, what="everything is heard")


def mails(city: OpenCity, *, address: str) -> dict[str, bytes]:
    """Return the mails without the `address` that they went to, which the petitioner gave for that."""
    files = [path for path in (city.directory / "mail").rglob("*") if path.is_file()]
    return {f"mail {path.name}": path.read_bytes().replace(address.encode(), b"") for path in files}


async def opened(city: OpenCity, key: EnvelopeCipher) -> dict[str, str]:
    """Return what offices wrote about the one petition that was answered, opened with `key`: points, answer, what was proposed."""
    connection = await asyncpg.connect(city.databases["routing"])
    found = {}
    try:
        for table, context in (("answers", "petition_id"), ("requests", "petition_id"), ("act_proposals", "id")):
            (row,) = await connection.fetch(f"SELECT {context} AS id, wrapped_key, nonce, ciphertext FROM routing.{table}")
            sealed = Sealed(row["wrapped_key"], row["nonce"], row["ciphertext"])
            found[table] = key.open(sealed, context=row["id"].bytes).decode()
    finally:
        await connection.close()
    return found
