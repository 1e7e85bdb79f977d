"""The doors of Open311 GeoReport v2 (docs/open311.md): for clients that speak with many cities.

They are plain routes and stand in no OpenAPI document: its checks expect problems (RFC 9457) of whatever goes wrong, and these
doors answer mistakes as Open311 wants them. What they take and give is described by that standard and by our own page.
"""

from services.intake.api.open311.errors import ROOT, InTheirForm
from services.intake.api.open311.routes import open311_routes

__all__ = ["ROOT", "InTheirForm", "open311_routes"]
