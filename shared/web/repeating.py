"""The same `Idempotency-Key` gets the same answer, on every POST (IETF draft idempotency-key-header).

Doors that remember keys in the transaction of their effect do so themselves, and answers that show protected data are not kept a
second time: those doors are `own`. Around every other one this keeps the answer. A crash between effect and answer leaves the key
free: each door does nothing twice by itself.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.identity import EnvelopeCipher, NotSignedIn, Sealed, TokenVerifier
from shared.kernel.clock import Clock
from shared.kernel.refusals import CauNoiError, Malformed, Refused, Trouble
from shared.persistence import Database
from shared.persistence.keyed import KeyedAnswer, Standing, claim, keep, release
from shared.web.language import language_of
from shared.web.problems import problem, response_to
from shared.web.signing_in import bearer_of

KEY_HEADER = "idempotency-key"
KEY_CHARACTERS = range(8, 201)
_PRINTABLE = range(0x21, 0x7F)
_FIRST_FAILURE = 300
_JSON = "application/json"
_DOORS = "/api/"
_REMEDY = "8 đến 200 ký tự ASCII, không dấu cách · 8 to 200 ASCII characters, no spaces"
_WRAPPED_BYTES = 60  # nonce, data key, tag
_NONCE_BYTES = 12


def none_of_its_own(_path: str) -> bool:
    """Say of every door that it remembers no keys itself."""
    return False


@dataclass(frozen=True, slots=True)
class Repeats:
    """Where answers are kept, sealed where there is a cipher; which doors (by their path) remember keys themselves."""

    database: Database
    cipher: EnvelopeCipher | None = None
    own: Callable[[str], bool] = none_of_its_own


class Repeating:
    """Answers a repeated request as it was answered before."""

    def __init__(self, app: ASGIApp, *, repeats: Repeats, verifier: TokenVerifier, clock: Clock) -> None:
        self._app = app
        self._repeats = repeats
        self._verifier = verifier
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or scope["method"] != "POST" or not path.startswith(_DOORS) or self._repeats.own(path):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        written = connection.headers.get(KEY_HEADER)
        who = await self._who(connection)
        if written is None or who is None:
            await self._app(scope, receive, send)
            return
        language = language_of(connection)
        try:
            body = await _body(receive)
            key = _key(written, who, path)
            known = await self._claimed(key, _digest(scope, body))
        except HTTPException as error:  # the body is too large
            await problem(error.status_code, f"http_{error.status_code}", language=language)(scope, receive, send)
            return
        except CauNoiError as error:
            await response_to(error, language=language)(scope, receive, send)
            return
        if known is not None:
            headers = {"Idempotent-Replayed": "true"}
            answer = Response(self._opened(key, known.body), known.status, headers, media_type=known.media_type)
            await answer(scope, receive, send)
            return
        kept = _Kept(send)
        try:
            await self._app(scope, _again(body, receive), kept)
        finally:
            await self._remember(key, kept)

    async def _who(self, connection: HTTPConnection) -> str | None:
        """Return whose key it is; None where the token is not valid, which the door says."""
        token = bearer_of(connection)
        if token is None:
            return ""
        try:
            return (await self._verifier.verify(token, now=self._clock.now())).actor
        except (NotSignedIn, Trouble):
            return None

    async def _claimed(self, key: bytes, digest: bytes) -> KeyedAnswer | None:
        """Return what was answered before, None where the request is to be answered now. Raises Refused, Trouble."""
        async with self._repeats.database.transaction() as tx:
            standing, known = await claim(tx.connection, key, digest, now=self._clock.now())
        match standing:
            case Standing.OTHER:
                raise Refused("this Idempotency-Key was used for another request", code="idempotency_key_reused")
            case Standing.RUNNING:
                raise Refused("a request under this Idempotency-Key is being answered", code="idempotency_key_running")
            case _:
                return known

    async def _remember(self, key: bytes, kept: "_Kept") -> None:
        async with self._repeats.database.transaction() as tx:
            if kept.status is not None and kept.status < _FIRST_FAILURE:
                await keep(tx.connection, key, KeyedAnswer(kept.status, kept.media_type, self._sealed(key, bytes(kept.body))))
            else:
                await release(tx.connection, key)

    def _sealed(self, key: bytes, body: bytes) -> bytes:
        if self._repeats.cipher is None:
            return body
        sealed = self._repeats.cipher.seal(body, context=key)
        return sealed.wrapped_key + sealed.nonce + sealed.ciphertext

    def _opened(self, key: bytes, kept: bytes) -> bytes:
        if self._repeats.cipher is None:
            return kept
        wrapped, rest = kept[:_WRAPPED_BYTES], kept[_WRAPPED_BYTES:]
        return self._repeats.cipher.open(Sealed(wrapped, rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]), context=key)


class _Kept:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.media_type = _JSON
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            found = [value.decode("latin-1") for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
            self.media_type = found[0] if found else _JSON
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        await self._send(message)


def _key(written: str, who: str, path: str) -> bytes:
    """Return what answers are found by. Raises Malformed where the key has not the form of one."""
    if len(written) not in KEY_CHARACTERS or any(ord(letter) not in _PRINTABLE for letter in written):
        mistake = {"field": "Idempotency-Key", "reason": "bad_key", "remedy": _REMEDY}
        raise Malformed("the Idempotency-Key has not the right form", code="malformed", errors=[mistake])
    return hashlib.sha256(f"{who}\n{path}\n{written}".encode()).digest()


def _digest(scope: Scope, body: bytes) -> bytes:
    return hashlib.sha256(scope.get("query_string", b"") + b"\n" + body).digest()


async def _body(receive: Receive) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        parts += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what the door receives: the body that was read, then whatever comes after it."""
    is_given = False

    async def given() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return given
