"""What is posted by clients of Open311: a form, with files where it has parts; and whose key it bears."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.intake.api.doors import Doors
from services.intake.domain.files import FILES_MAX
from services.intake.domain.lodging import mistakes_in_key
from services.intake.domain.mistakes import refuse
from services.intake.domain.open311 import JURISDICTION
from services.intake.wire.open311_asked import Fields, fields_of, first
from shared.identity import NotAllowed
from shared.kernel.refusals import Malformed, Unknown
from shared.web import language_of
from shared.web.middleware import BODY_BYTES_MAX, TOO_LARGE

FIELDS_MAX = 100
MEDIA = ("media", "media[]")
PLAIN, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
KEY_HEADER = "idempotency-key"


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted, by whom. `key` is the idempotency key, apart from those of other clients."""

    fields: Fields
    files: Sequence[tuple[str, bytes]]
    client: str
    key: str | None

    @property
    def actor(self) -> str:
        """Who says what nobody can be asked for: the client that passed it on."""
        return f"client:{self.client}"


async def form_of(request: Request, doors: Doors) -> Form:
    """Read what was posted. Raises NotAllowed (the key of the client), Unknown (the jurisdiction), Malformed."""
    items, files = await _items(request)
    fields = fields_of([*items, *((name, value) for name, value in request.query_params.multi_items() if name == "api_key")])
    client = _client(fields, doors)
    in_jurisdiction(fields)
    key = request.headers.get(KEY_HEADER)
    mistakes = mistakes_in_key(key)
    if mistakes:
        raise refuse(mistakes, language=language_of(request))
    return Form(fields, files, client, f"open311 {client} {key}" if key else None)


def asked_of(request: Request) -> Fields:
    """Return what is asked in the address. Raises Unknown where another jurisdiction is meant."""
    fields = fields_of(request.query_params.multi_items())
    in_jurisdiction(fields)
    return fields


def in_jurisdiction(fields: Fields) -> None:
    """Raise Unknown where another jurisdiction is meant than the one that is served here."""
    if any(value != JURISDICTION for value in fields.get("jurisdiction_id", ())):
        raise Unknown("this jurisdiction is not served here", code="open311_jurisdiction", facts={"allowed": JURISDICTION})


def _client(fields: Fields, doors: Doors) -> str:
    if not doors.open311.keys.has_any:
        raise NotAllowed("nobody was given a key", code="open311_no_keys", facts={"contact": doors.open311.contact})
    key = first(fields, "api_key")
    client = doors.open311.keys.client_of(key) if key else None
    if client is None:
        raise NotAllowed("no client has this key", code="open311_key", facts={"contact": doors.open311.contact})
    return client


async def _items(request: Request) -> tuple[list[tuple[str, str]], list[tuple[str, bytes]]]:
    kind = request.headers.get("content-type", PLAIN).partition(";")[0].strip().lower()
    if kind == PLAIN:
        return _plain(await _small(request)), []
    if kind != PARTS:
        raise Malformed("this is no form", code="open311_form")
    # One file more than may be kept is read, so that whoever sends too many is told the limit.
    async with request.form(max_files=FILES_MAX + 1, max_fields=FIELDS_MAX) as form:
        items = form.multi_items()
        found = [item for name, item in items if name in MEDIA and isinstance(item, UploadFile)]
        files = [(f"files.{place}", await item.read()) for place, item in enumerate(found)]
        return [(name, item) for name, item in items if isinstance(item, str)], files


async def _small(request: Request) -> bytes:
    """Return a body without files: the door takes larger ones for those that have some. Raises HTTPException (413)."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise HTTPException(TOO_LARGE)
    return bytes(body)


def _plain(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as error:  # not in UTF-8, before or after it is unpacked, or too many fields
        raise Malformed("the form cannot be read", code="open311_form") from error
