"""Signatures by Standard Webhooks 1.0, symmetric scheme: HMAC-SHA256 over ``id.timestamp.body``, one for each secret in force."""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
_VERSION = "v1"


def written(secret: bytes) -> str:
    """Return a secret as people are given it."""
    return PREFIX + b64encode(secret).decode()


def read(secret: str) -> bytes:
    """Return the bytes of a written secret. Raises ValueError."""
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("this is no secret of a webhook") from error


def headers(message_id: str, *, timestamp: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """Return the three headers; while a new secret and the one before it both count there are two signatures."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"{_VERSION},{signature}" for signature in signatures),
    }
