"""`caunoi serve NAME`: one service (or the demonstration's issuer and mail sink) from the environment, as containers run it."""

import contextlib
import os
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.house import room
from deploy.local.hosting import house, listening, run, running, serve
from deploy.local.processes import StartError
from deploy.names import SERVICES
from shared import telemetry
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import CauNoiError

EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container's own network; the gateway is what the world sees
DEMO = "demo"


def register(root: typer.Typer) -> None:
    root.command("serve")(serve_one)


def serve_one(
    name: Annotated[str, typer.Argument(help=f"{', '.join(SERVICES)}, or {DEMO} (issuer and mail sink)")],
    host: Annotated[str, typer.Option(help="address to listen on")] = EVERYWHERE,
    port: Annotated[int, typer.Option(min=0, max=65535, help="port to listen on")] = 8000,
) -> None:
    """Serve one part of the city under its own path, /NAME; everything else comes from the environment."""
    if name not in (*SERVICES, DEMO):
        fail(f"there is no service {name!r}", f"one of {', '.join((*SERVICES, DEMO))}")
    level = os.environ.get("CAUNOI_LOG_LEVEL", "INFO")
    telemetry.setup(service=name, otlp_endpoint=os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"), log_level=level)
    try:
        run(_demo(host, port) if name == DEMO else _service(name, host, port))
    except (StartError, CauNoiError) as error:
        fail(str(error), "every variable is described in .env.example")
    finally:
        telemetry.shutdown()


async def _service(name: str, host: str, port: int) -> None:
    service = room(name).build(os.environ, clock=SystemClock())
    with contextlib.closing(listening(host, port)) as listener:
        async with running([service]):
            await serve(house({name: service.app}), listener)


async def _demo(host: str, port: int) -> None:
    from deploy.local import demo_house  # noqa: PLC0415 - its SMTP server is not among the packages of a service's image

    with contextlib.closing(listening(host, port)) as listener:
        async with demo_house.mounted(os.environ, host=host) as mounted:
            await serve(house(mounted), listener)
