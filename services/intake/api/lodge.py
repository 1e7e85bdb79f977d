"""`POST /petitions`: the hot door, a plain route. Parses, calls the desk, renders the receipt."""

import os
from collections.abc import Awaitable, Callable
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.doors import Doors
from services.intake.domain import code as codes
from services.intake.domain.lodging import (
    LEGAL_ZONE,
    mistakes_in,
    mistakes_in_key,
    mistakes_in_right,
    mistakes_in_topic,
    mistakes_in_urgency,
)
from services.intake.domain.mistakes import refuse
from services.intake.domain.secret import context_of, secret_of
from services.intake.handlers.lodging import LodgePetition, Receipt, petitioner_ids, phrase_for
from services.intake.wire.lodging import parse_lodging
from shared.contracts.words import Role
from shared.identity import Ciphers
from shared.kernel.ids import uuid7
from shared.telemetry import current_traceparent
from shared.web import language_of, signed_in

CREATED = 201
CLERKS = (Role.CLERK, Role.OFFICER, Role.HEAD)
KEY_HEADER = "idempotency-key"
PETITIONER = "petitioner"


def lodge_door(doors: Doors) -> Callable[[Request], Awaitable[Response]]:
    """Return the door."""

    async def lodge(request: Request) -> Response:
        command = await _command(request, doors)
        receipt = await doors.desk.lodge(command)
        return rendered_receipt(receipt, doors.cipher)

    return lodge


async def _command(request: Request, doors: Doors) -> LodgePetition:
    """Read and check the request. Raises Malformed with every mistake at once, NotSignedIn where a token is not valid."""
    now = doors.clock.now()
    signed = await signed_in(request) if "authorization" in request.headers else None
    is_clerk = signed is not None and signed.has(*CLERKS)
    key = request.headers.get(KEY_HEADER)
    lodging, mistakes = parse_lodging(await request.body())
    if lodging is not None:
        lodging, communes = await doors.register.located(lodging, now)
        mistakes = [
            *mistakes,
            *mistakes_in(lodging, communes=communes, today=now.astimezone(LEGAL_ZONE).date()),
            *mistakes_in_topic(lodging, doors.topics.known),
            *mistakes_in_urgency(lodging, is_clerk=is_clerk),
            *mistakes_in_right(lodging, is_clerk=is_clerk),
        ]
    mistakes = [*mistakes, *mistakes_in_key(key)]
    if mistakes or lodging is None:
        raise refuse(mistakes, language=language_of(request))
    return LodgePetition(
        lodging=lodging,
        petition_id=uuid7(now),
        code=codes.mint(os.urandom(codes.ENTROPY_BYTES)),
        key=key,
        actor=signed.actor if signed else PETITIONER,
        authority=signed.acting_as(CLERKS).authority or PETITIONER if signed else PETITIONER,
        now=now,
        traceparent=current_traceparent(),
    )


def secret_for(cipher: Ciphers, petition_id: UUID, *, is_sealed: bool) -> str:
    """Return the secret of a petitioner for the receipt, the first one's by the petition's id: of a denunciation the phrase."""
    if is_sealed:
        return phrase_for(cipher, petition_id)
    return secret_of(cipher.stamp(context_of(petition_id.bytes)))


def secrets_of(cipher: Ciphers, petition_id: UUID, number: int, *, is_sealed: bool) -> list[str]:
    """Return the secrets of all who lodged a petition, the first one's first."""
    return [secret_for(cipher, key, is_sealed=is_sealed) for key in petitioner_ids(petition_id, number)]


def rendered_receipt(receipt: Receipt, cipher: Ciphers) -> Response:
    """Return the receipt with the petitioner's secret; of a denunciation the phrase alone, which is all that leads to it."""
    headers = {"Idempotent-Replayed": "true"} if receipt.is_repeat else {}
    secret, *others = secrets_of(cipher, receipt.petition_id, receipt.petitioners, is_sealed=receipt.is_sealed)
    jointly = {"petitioners": [secret, *others]} if others else {}
    if receipt.is_sealed:
        sealed = {"phrase": secret, "lodged_at": receipt.lodged_at, **jointly}
        return Response(orjson.dumps(sealed), status_code=CREATED, media_type="application/json", headers=headers)
    body = {
        "code": receipt.code,
        "secret": secret,
        "petition_id": str(receipt.petition_id),
        "lodged_at": receipt.lodged_at,
        **jointly,
    }
    headers["Location"] = f"/intake/api/petitions/{receipt.code}"
    return Response(orjson.dumps(body), status_code=CREATED, media_type="application/json", headers=headers)
