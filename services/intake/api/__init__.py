"""HTTP doors of intake: citizens and clerks, officers, importers, our own services."""

from services.intake.api.doors import Doors
from services.intake.api.routers import build_routers, build_routes

__all__ = ["Doors", "build_routers", "build_routes"]
