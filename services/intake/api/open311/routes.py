"""The addresses of Open311 GeoReport v2."""

from collections.abc import Awaitable, Callable

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.intake.api.doors import Doors
from services.intake.api.open311.errors import ROOT
from services.intake.api.open311.posting import Posting
from services.intake.api.open311.reading import Reading
from services.intake.wire.open311 import JSON, XML

V2 = f"{ROOT}v2/"
REQUESTS, UPDATES = f"{V2}requests", f"{V2}servicerequestupdates"

_Door = Callable[[Request], Awaitable[Response]]


class _Form(Convertor[str]):
    """The suffix of an address."""

    regex = f"{XML}|{JSON}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def open311_routes(doors: Doors) -> list[BaseRoute]:
    """Return the doors."""
    register_url_convertor("open311", _Form())
    reading, posting = Reading(doors), Posting(doors)
    return [
        _route(f"{ROOT}discovery", reading.discovery),
        _route(f"{V2}services", reading.services),
        _route(f"{V2}services/{{code}}", reading.definition),
        _route(REQUESTS, _both(reading.requests, posting.request), methods=["GET", "POST"]),
        _route(f"{V2}requests/{{number}}", reading.request),
        _route(f"{V2}tokens/{{number}}", reading.token),
        _route(UPDATES, _both(reading.updates, posting.update), methods=["GET", "POST"]),
    ]


def _route(path: str, door: _Door, *, methods: list[str] | None = None) -> Route:
    return Route(f"{path}.{{form:open311}}", door, methods=methods or ["GET"], include_in_schema=False)


def _both(shown: _Door, posted: _Door) -> _Door:
    """Return the door of one address that is read and posted to."""

    async def either(request: Request) -> Response:
        return await (posted if request.method == "POST" else shown)(request)

    return either
