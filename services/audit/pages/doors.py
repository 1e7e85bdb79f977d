"""All pages of audit."""

from fastapi import APIRouter

from services.audit.handlers.closing import TheLog
from services.audit.handlers.naming import OfficeNames
from services.audit.handlers.tracing import Tracer
from services.audit.pages import log as log_pages
from services.audit.pages import proof, standing, tracing
from shared.persistence import Database


def routers(database: Database, tracer: Tracer, offices: OfficeNames, log: TheLog) -> tuple[APIRouter, ...]:
    """Return the doors."""
    return (
        standing.router(database, log),
        tracing.router(tracer, offices, log),
        log_pages.router(database, log),
        proof.router(log),
    )
