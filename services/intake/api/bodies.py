"""Bodies that a door reads itself, as the OpenAPI document describes them: forms with files, files, and the counter's lines."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain.counter import LINES_MAX
from services.intake.domain.files import FILES_MAX
from services.intake.wire.lodging import LodgePetition
from shared.contracts.words import Channel

BINARY = {"type": "string", "format": "binary"}
FILES = {
    "type": "array",
    "minItems": 1,
    "maxItems": FILES_MAX,
    "items": BINARY,
    "description": "JPEG, PNG, WebP or PDF, up to 10 MB",
}
PHRASE = {"type": "string", "description": "the eight words of the receipt"}


class CounterPetition(LodgePetition):
    """A petition as it is lodged for somebody at the counter, or out of a letter."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={})

    channel: Channel = Channel.COUNTER
    register_number: str | None = Field(default=None, description="as in the register; needed for post")
    received_on: date | None = Field(default=None, description="today where it is not given")
    name_on_receipt: bool = False


class CounterPetitions(BaseModel):
    """What a clerk lodges at once."""

    model_config = ConfigDict(extra="forbid")

    petitions: list[CounterPetition] = Field(min_length=1, max_length=LINES_MAX)


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}


def _form(properties: Mapping[str, Any]) -> dict[str, Any]:
    return _body({"multipart/form-data": {"schema": {"type": "object", "required": list(properties), "properties": properties}}})


COUNTER_BODY = _body({"application/json": {"schema": {"$ref": "#/components/schemas/CounterPetitions"}}})
UPLOAD_BODY = _form({"files": FILES})
SEALED_UPLOAD_BODY = _form({"phrase": PHRASE, "files": FILES})
VOTERS_BODY = _body(
    {
        "text/csv": {"schema": {"type": "string"}},
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"schema": BINARY},
        "application/octet-stream": {"schema": BINARY},
    }
)
"""Which of the two it is the file itself says, whatever it is called."""


def binary(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return how an answer is described that is a file."""
    return {200: {"description": "The file", "content": {media_type: {"schema": BINARY} for media_type in media_types}}}
