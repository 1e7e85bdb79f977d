"""All pages of audit."""

from collections.abc import Callable

from fastapi import APIRouter

from services.audit.handlers.exporting import Exporter
from services.audit.handlers.naming import OfficeNames
from services.audit.pages import exports, proof, standing, tracing
from services.audit.pages import log as log_pages


def routers(exporter: Exporter, offices: OfficeNames, wake: Callable[[], None]) -> tuple[APIRouter, ...]:
    """Return the doors. `wake` lets the worker of this replica look for exports at once."""
    database, tracer, log = exporter.database, exporter.tracer, exporter.log
    return (
        standing.router(database, log),
        tracing.router(tracer, offices, log),
        log_pages.router(database, log),
        proof.router(log),
        exports.router(exporter, wake, offices),
    )
