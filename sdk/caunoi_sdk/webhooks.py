"""Webhooks by Standard Webhooks 1.0: is it from the city, and is it fresh? Nothing but the standard library is needed.

https://www.standardwebhooks.com: the signature is over ``id.timestamp.body``, the header may carry several, for a secret that is
being rotated and for further kinds of signatures.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from caunoi_sdk.clock import Clock, utc_now
from caunoi_sdk.event import Event, Unreadable

PREFIX = "whsec_"
SCHEME = "v1"
TOLERANCE = timedelta(minutes=5)
PING = "caunoi.webhook.pinged.v1"
_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class Forged(Exception):  # noqa: N818 - it is what the message is taken for
    """It is not from the city, or it is not fresh. Answer 401 and do nothing else with it."""


class Webhook:
    """Verifies what is sent to one address. `secrets`: more than one while they are rotated; each is whsec_…"""

    def __init__(self, *secrets: str, tolerance: timedelta = TOLERANCE, clock: Clock = utc_now) -> None:
        if not secrets:
            raise ValueError("name at least one secret (whsec_…)")
        self._keys = [_key(secret) for secret in secrets]
        self._tolerance = tolerance
        self._clock = clock

    def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Verify the raw body, before anything is read of it. Raises Forged."""
        given = {name.lower(): value for name, value in headers.items()}
        missing = [name for name in (_ID, _TIMESTAMP, _SIGNATURE) if not given.get(name)]
        if missing:
            raise Forged(f"the header {missing[0]} is missing")
        self._fresh(given[_TIMESTAMP])
        signed = f"{given[_ID]}.{int(given[_TIMESTAMP])}.".encode() + body
        wanted = [hmac.new(key, signed, hashlib.sha256).digest() for key in self._keys]
        # Every pair is compared, each in constant time: how long it takes tells nothing.
        if not any([hmac.compare_digest(one, other) for one in _signatures(given[_SIGNATURE]) for other in wanted]):  # noqa: C419
            raise Forged("no signature is ours")

    def event(self, body: bytes, headers: Mapping[str, str]) -> Event | None:
        """Verify and read; None is a test ping. Raises Forged, and Unreadable where the body is no event of ours."""
        self.verify(body, headers)
        try:
            document = json.loads(body)
        except ValueError as error:
            raise Unreadable(f"the body is no JSON: {error}") from error
        if not isinstance(document, dict):
            raise Unreadable("the body is no JSON object")
        return None if document.get("type") == PING else Event.from_cloudevent(document)

    def _fresh(self, written: str) -> None:
        try:
            sent_at = datetime.fromtimestamp(int(written), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise Forged("the timestamp cannot be read") from error
        lateness = self._clock() - sent_at
        if lateness > self._tolerance:
            raise Forged("the message is too old: is your clock right?")
        if lateness < -self._tolerance:
            raise Forged("the message is of the future: is your clock right?")


def sign(secret: str, *, message_id: str, at: datetime, body: bytes) -> str:
    """Return a signature as the city makes it, for tests of your own receiver."""
    signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
    return f"{SCHEME},{base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()}"


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error


def _signatures(written: str) -> Sequence[bytes]:
    """Return the signatures of our scheme; others, and what is none, are passed over."""
    found = []
    for each in written.split(" "):
        scheme, _, value = each.partition(",")
        if scheme == SCHEME:
            try:
                found.append(base64.b64decode(value, validate=True))
            except binascii.Error:
                continue
    return found
