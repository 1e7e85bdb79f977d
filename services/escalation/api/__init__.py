"""Door: HTTP, JSON. Why this date, what is due next, how the clocks ended; the law and its amendments; acts and notes."""

from fastapi import APIRouter

from services.escalation.api import acting, amending, deadlines, law, problems
from services.escalation.handlers.lawbook import Lawbook
from shared.kernel.clock import Clock
from shared.persistence import Database


def router(database: Database, lawbook: Lawbook, clock: Clock) -> APIRouter:
    """Return this service's doors."""
    problems.register_problems()
    routes = APIRouter(prefix="/api")
    routes.include_router(deadlines.router(database, lawbook))
    routes.include_router(deadlines.lists(database))
    routes.include_router(deadlines.states(database))
    routes.include_router(law.router(database, lawbook))
    routes.include_router(law.calendars(database, lawbook))
    routes.include_router(acting.router(database, lawbook, clock))
    routes.include_router(amending.router(database, lawbook, clock))
    return routes
