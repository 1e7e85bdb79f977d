"""`caunoi up`: the whole city on this machine, as `make run` starts it."""

import contextlib
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.local.processes import StartError
from shared import telemetry
from shared.kernel.refusals import CauNoiError

LOG_BYTES_MAX = 20 * 1024 * 1024
LOG_FILES_KEPT = 3


def register(root: typer.Typer) -> None:
    root.command("up")(up)


def up(
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="port of the one door; 0: any free one")] = 8000,
    var: Annotated[Path, typer.Option(envvar="CAUNOI_VAR", help="directory of all data")] = Path("var"),
) -> None:
    """Start PostgreSQL, nats-server and the five services on this machine; Ctrl-C stops everything."""
    from deploy.local import city  # noqa: PLC0415 - its servers are not among the packages of a container

    _log_to(var / "log" / "city.log")
    try:
        city.up(var, port=port, given=os.environ, say=_say)
    except (StartError, CauNoiError) as error:
        fail(str(error), f"the logs in {var / 'log'} say more; `caunoi doctor` looks at every part")
    finally:
        telemetry.shutdown()


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # whoever listened has gone; the city goes on
        print(line, flush=True)


def _log_to(path: Path) -> None:
    """Write the log as JSON lines into a file: the terminal is for people."""
    level = os.environ.get("CAUNOI_LOG_LEVEL", "INFO")
    telemetry.setup(service="caunoi", otlp_endpoint=os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"), log_level=level)
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES_MAX, backupCount=LOG_FILES_KEPT, encoding="utf-8")
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logging.getLogger().handlers[:] = [handler]
