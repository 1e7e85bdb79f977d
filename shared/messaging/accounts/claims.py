"""Claims: what an operator says of an account and an account of a user, as tokens of nats-server (version 2 of its format).

Pure. The format is checked against nats-server itself (tests/component/agencies).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.kernel.refusals import Malformed
from shared.messaging.accounts.keys import Key

VERSION = 2
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}

Claims = Mapping[str, Any]


def signed(claims: Claims, by: Key, *, now: datetime) -> str:
    """Return the token. The same claims signed in the same second are the same token."""
    content = {**claims, "iss": by.public, "iat": int(now.timestamp())}
    digest = hashlib.sha256(_json(content)).digest()
    content["jti"] = base64.b32encode(digest).decode().rstrip("=")
    text = f"{_base64(_json(_HEADER))}.{_base64(_json(content))}"
    return f"{text}.{_base64(by.sign(text.encode()))}"


def content_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, unchecked. Raises Malformed where it is none."""
    try:
        middle = token.split(".")[1]
        content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError) as error:
        raise Malformed("this is no token of nats-server", code="bad_token") from error
    return content


def say_the_same(one: str, other: str) -> bool:
    """Whether two tokens say the same, signed by the same key, whenever that was."""
    first, second = content_of(one), content_of(other)
    for name in ("iat", "jti"):
        first.pop(name, None)
        second.pop(name, None)
    return first == second


def credentials(token: str, seed: str) -> str:
    """Return the content of a `.creds` file, which every NATS client reads."""
    return (
        "-----BEGIN NATS USER JWT-----\n"
        f"{token}\n"
        "------END NATS USER JWT------\n"
        "\n"
        "************************* IMPORTANT *************************\n"
        "NKEY Seed printed below can be used to sign and prove identity.\n"
        "NKEYs are sensitive and should be treated as secrets.\n"
        "\n"
        "-----BEGIN USER NKEY SEED-----\n"
        f"{seed}\n"
        "------END USER NKEY SEED------\n"
    )


def token_in(credentials_text: str) -> str:
    """Return the token that a `.creds` file holds. Raises Malformed."""
    lines = credentials_text.splitlines()
    for place, line in enumerate(lines[:-1]):
        if "BEGIN NATS USER JWT" in line:
            return lines[place + 1].strip()
    raise Malformed("these are no credentials of nats-server", code="bad_credentials")


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
