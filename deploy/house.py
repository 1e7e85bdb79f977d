"""The five services as whoever runs them sees them: a name, the events heard, and something to build.

A service is imported only when it is asked for: a container for one of them carries the cost of one.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from deploy.names import SERVICES
from shared.kernel.clock import Clock
from shared.messaging.topology import Durable
from shared.web import Service


class Room(Protocol):
    """What `services/<name>/app.py` offers."""

    NAME: str
    DURABLE: Durable | None

    def build(self, environ: Mapping[str, str], *, clock: Clock) -> Service: ...


def room(name: str) -> Room:
    """Return the composition root of the service `name`."""
    return cast("Room", import_module(f"services.{name}.app"))


def durables(names: Sequence[str] = SERVICES) -> list[Durable]:
    """Return the consumers of the services `names`."""
    return [durable for durable in (room(name).DURABLE for name in names) if durable is not None]
