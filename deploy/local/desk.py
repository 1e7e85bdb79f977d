"""The demo issuer's desk: the page where one of the demo accounts signs in, and the codes that are given for it.

Codes are good once, for a minute, for the client that asked (RFC 6749, 4.1.2), with PKCE (RFC 7636). A browser is led back only
to this machine, or to the host on which it asked.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deploy.local.accounts import ACCOUNTS, DEMO_PASSWORD, Account, account_of
from deploy.local.pages import page

CODE_LIFETIME = timedelta(minutes=1)
CODES_MAX = 1000
CARRIED = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
_BACK = "/signed-in"
_SEE_OTHER, _BAD_REQUEST = 303, 400


class Signing(Protocol):
    """What the desk needs of the issuer."""

    address: str

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Code:
    """What was asked with, and who signed in."""

    account: Account
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str
    ends_at: datetime

    def fits(self, form: Mapping[str, str]) -> bool:
        """Whether who brings the code is who asked for it."""
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        shown = urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_same_client = (form.get("client_id"), form.get("redirect_uri")) == (self.client_id, self.redirect_uri)
        return is_same_client and compare_digest(shown, self.challenge)


class Desk:
    """Where people sign in."""

    def __init__(self, issuer: Signing) -> None:
        self._issuer = issuer
        self._codes: OrderedDict[str, Code] = OrderedDict()

    def sign_in(self, request: Request, asked: Mapping[str, str], *, is_wrong: bool = False) -> Response:
        """Return the page, or say what is wrong with how it was asked for: never lead a browser somewhere unknown."""
        mistake = _mistake(request, asked)
        if mistake:
            return page("sign-in-mistake.html", status=_BAD_REQUEST, mistake=mistake)
        carried = {name: asked[name] for name in CARRIED if name in asked}
        status = _BAD_REQUEST if is_wrong else 200
        back = urlsplit(asked["redirect_uri"])
        facts = {"carried": carried, "accounts": ACCOUNTS, "password": DEMO_PASSWORD, "is_wrong": is_wrong}
        return page("sign-in.html", status=status, leads_to=f"{back.scheme}://{back.netloc}", **facts)

    def signed_in(self, request: Request, form: Mapping[str, str]) -> Response:
        """Lead somebody back with a code; who gives a wrong password sees the page again."""
        account = account_of(form.get("username", ""), form.get("password", ""))
        if account is None or _mistake(request, form):
            return self.sign_in(request, form, is_wrong=account is None)
        code = secrets.token_urlsafe(32)
        self._codes[code] = Code(
            account=account,
            client_id=form["client_id"],
            redirect_uri=form["redirect_uri"],
            challenge=form["code_challenge"],
            nonce=form.get("nonce", ""),
            ends_at=self._issuer.now() + CODE_LIFETIME,
        )
        while len(self._codes) > CODES_MAX:
            self._codes.popitem(last=False)
        answer = urlencode({"code": code, "state": form.get("state", ""), "iss": self._issuer.address})
        return RedirectResponse(f"{form['redirect_uri']}?{answer}", status_code=_SEE_OTHER)

    def take(self, code: str) -> Code | None:
        """Return what a code was given for: once, and not after it has ended."""
        known = self._codes.pop(code, None)
        return known if known is not None and self._issuer.now() < known.ends_at else None


def _mistake(request: Request, asked: Mapping[str, str]) -> str | None:
    """Return what is wrong with how sign-in is asked for."""
    if asked.get("response_type") != "code":
        return "response_type"
    if not asked.get("client_id"):
        return "client_id"
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        return "code_challenge"
    back = urlsplit(asked.get("redirect_uri", ""))
    is_known = back.hostname in _LOOPBACK or back.netloc == request.headers.get("host")
    if back.scheme not in ("http", "https") or not is_known or not back.path.endswith(_BACK) or back.query or back.fragment:
        return "redirect_uri"
    return None
