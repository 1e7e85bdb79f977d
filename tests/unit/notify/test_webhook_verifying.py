"""What docs/webhooks.md shows to developers is right: the code that verifies, in Python and JavaScript, and our own package."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from caunoi_sdk import Forged, Webhook
from services.notify.wire import webhook_signing as signing
from shared.kernel.clock import SystemClock

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
NODE = Path(sys.executable).with_name("node")
SECRETS = [b"1" * 32, b"2" * 32]
BODY = '{"specversion":"1.0","type":"caunoi.webhook.pinged.v1","data":{"x":"phường"}}'.encode()


def code(language: str) -> str:
    """Return the code of the page in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def signed(*, age: int = 0, secrets: list[bytes] | None = None) -> dict[str, str]:
    return signing.headers(
        "id-1", timestamp=int(SystemClock().now().timestamp()) - age, body=BODY, secrets=SECRETS if secrets is None else secrets
    )


CASES = [
    ("both secrets sign", signed(), SECRETS[1], BODY, True),
    ("the first of them", signed(), SECRETS[0], BODY, True),
    ("another body", signed(), SECRETS[0], BODY + b" ", False),
    ("another secret", signed(), b"3" * 32, BODY, False),
    ("too old", signed(age=400), SECRETS[0], BODY, False),
    ("another scheme", signed() | {"webhook-signature": "v1a," + "A" * 43 + "="}, SECRETS[0], BODY, False),
]


@pytest.mark.parametrize(("what", "headers", "secret", "body", "is_good"), CASES)
def test_the_python_of_the_page(what: str, headers: dict[str, str], secret: bytes, body: bytes, is_good: bool) -> None:
    names: dict[str, object] = {}
    exec(code("python"), names)  # noqa: S102 - the page's own code
    verify = names["verify"]
    assert callable(verify)
    if is_good:
        verify(signing.written(secret), headers, body)
        return
    with pytest.raises(ValueError):  # noqa: PT011 - each with its own words
        verify(signing.written(secret), headers, body)


@pytest.mark.parametrize(("what", "headers", "secret", "body", "is_good"), CASES)
def test_our_own_package(what: str, headers: dict[str, str], secret: bytes, body: bytes, is_good: bool) -> None:
    webhook = Webhook(signing.written(secret))
    if is_good:
        webhook.event(body, headers)
        return
    with pytest.raises(Forged):
        webhook.event(body, headers)


def test_the_javascript_of_the_page() -> None:
    cases = [[signing.written(secret), headers, base64.b64encode(body).decode()] for _, headers, secret, body, _ in CASES]
    script = (
        code("javascript")
        + """
        const cases = JSON.parse(process.argv[1]);
        const good = cases.map(([secret, headers, body]) => {
          try { verify(secret, headers, Buffer.from(body, "base64")); return true; } catch (error) { return false; }
        });
        console.log(JSON.stringify(good));
        """
    )
    done = subprocess.run([NODE, "-e", script, json.dumps(cases)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [is_good for *_, is_good in CASES]
