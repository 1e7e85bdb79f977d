"""Doors for what comes back: undeliverable mails from the city's mail server, delivery reports from gateways; and trying again.

The first two need no sign-in: the return address of a mail, and a gateway's signature, prove what they are about.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from services.notify.domain.channels import Channel
from services.notify.gateways.phone import SIGNATURE_HEADER, check_signature, read_key
from services.notify.handlers import returning
from services.notify.handlers.post import Post
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.refusals import Malformed
from shared.web import requires

KEY_CHARACTERS_MAX, REASON_CHARACTERS_MAX = 100, 40
_MAIL = {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}}
_PHONES = Literal["sms", "zalo"]


@dataclass(frozen=True, slots=True)
class Doors:
    """What these doors share; `keys` are those that we share with gateways."""

    post: Post
    keys: Mapping[Channel, Path | None]
    clock: Clock
    wake: Callable[[], None]


class Report(BaseModel):
    """What a gateway says of a message. `id` is the one that we gave; `rejected`: there is no such number or account."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(max_length=KEY_CHARACTERS_MAX)
    status: Literal["delivered", "delayed", "undelivered", "rejected"]
    reason: str = Field(default="", max_length=REASON_CHARACTERS_MAX, pattern=r"^[a-z0-9_.\-]*$")
    provider_id: str | None = Field(default=None, max_length=KEY_CHARACTERS_MAX)


class Taken(BaseModel):
    """What was made of it: noted, repeated (said before), not_a_report (nothing was changed)."""

    outcome: Literal["noted", "repeated", "not_a_report"]


_REPORT_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": Report.model_json_schema()}}}}


def router(doors: Doors) -> APIRouter:
    """Return the doors."""
    made = APIRouter(prefix="/api", tags=["notices"])

    @made.post("/bounces", openapi_extra=_MAIL)
    async def bounce(request: Request) -> Taken:
        """Take in a mail that came back, as the mail server got it, with X-Original-To or Delivered-To (caunoi notice bounce)."""
        outcome = await returning.take_mail(doors.post, await request.body(), now=doors.clock.now())
        doors.wake()
        return Taken.model_validate({"outcome": outcome})

    @made.post("/gateways/{channel}/reports", openapi_extra=_REPORT_BODY)
    async def report(channel: _PHONES, request: Request) -> Taken:
        """Take in a gateway's delivery report, signed in Caunoi-Signature (docs/notices.md)."""
        body, now = await request.body(), doors.clock.now()
        key = read_key(doors.keys.get(Channel(channel)))
        check_signature(key, request.headers.get(SIGNATURE_HEADER, ""), body, now=now)
        said = _read(body)
        outcome = await returning.take_report(
            doors.post, Channel(channel), said.id, said.status, reason=said.reason, provider_id=said.provider_id, now=now
        )
        doors.wake()
        return Taken.model_validate({"outcome": outcome})

    @made.post("/notices/{notice_id}/retry", status_code=202)
    async def retry(notice_id: UUID, _operator: Annotated[Principal, Depends(requires(Role.OPERATOR))]) -> dict[str, Any]:
        """Try a notice again that failed or was skipped, by every way."""
        await returning.retry(doors.post, notice_id, now=doors.clock.now())
        doors.wake()
        return {"id": notice_id, "state": "waiting"}

    return made


def _read(body: bytes) -> Report:
    try:
        return Report.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise Malformed("the report is no JSON", code="malformed") from error
    except ValidationError as error:
        places = [".".join(map(str, item["loc"])) for item in error.errors(include_input=False)]
        remedy = "xem giao thức cổng trong docs/notices.md · see the gateway protocol in docs/notices.md"
        errors = [{"field": place, "reason": "wrong", "remedy": remedy} for place in places]
        raise Malformed("the report is not as agreed", code="malformed", errors=errors) from error
