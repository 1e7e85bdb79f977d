"""What all services say and hear, asked of the services themselves, and every file that is made from it."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from deploy.house import room
from deploy.local.rights import environ_of_doors
from deploy.local.sdk import models_due
from deploy.names import SERVICES
from shared.contracts.asyncapi import merged
from shared.contracts.conversation import HEARERS
from shared.contracts.published import due
from shared.kernel.clock import SystemClock
from shared.web.events import DOCUMENT

ROOT = Path(__file__).resolve().parents[2]
ASYNCAPI = ROOT / "docs" / "events" / "asyncapi.json"


def documents() -> dict[str, dict[str, Any]]:
    """Return the AsyncAPI document of each service, asked at its own door."""
    return asyncio.run(_documents())


async def _documents() -> dict[str, dict[str, Any]]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        environ = environ_of_doors(Path(folder))
        for name in SERVICES:
            transport = httpx.ASGITransport(room(name).build(environ, clock=SystemClock()).app)
            async with httpx.AsyncClient(transport=transport, base_url="http://city") as http:
                found[name] = (await http.get(DOCUMENT)).raise_for_status().json()
    return found


def schemas_due(today: date) -> Iterator[tuple[Path, str]]:
    """Yield the stored schemas that are not what the contracts give. Raises Breaking."""
    yield from due(today)


def files_due() -> Iterator[tuple[Path, str]]:
    """Yield each file that is not what the services tell, with what it is to hold. Stored schemas come first (`schemas_due`)."""
    told = documents()
    yield from _different(ASYNCAPI, merged(told.values()))
    yield from _different(HEARERS, _hearers(told))
    yield from models_due()


def _hearers(told: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Return which services act on each event."""
    found: dict[str, list[str]] = {}
    for name, each in told.items():
        for operation in each["operations"].values():
            if operation["action"] == "receive":
                event_type = operation["messages"][0]["$ref"].rsplit("/", 1)[1]
                names = found.setdefault(event_type, [])
                if name not in names:
                    names.append(name)
    return dict(sorted(found.items()))


def _different(path: Path, content: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        yield path, text
