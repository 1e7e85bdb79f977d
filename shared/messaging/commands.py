"""Requests of offices' own systems over NATS, answered by the very application that answers over HTTP.

``agency.<office>.<act>.<petition code>`` is an act; ``agency.<office>.show.<code>``, ``….queue`` and ``….grounds`` are questions.
The office stands in the subject, which nats-server lets no other agency use; nothing in a request can name another.

Invariant: validation, rights, refusals, words and idempotency are those of the API, since they are the API's.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from shared.identity import PRINCIPAL_KEY, Principal
from shared.messaging.accounts.layout import COMMANDS
from shared.messaging.outcomes import Failed, attempt

Application = Callable[[Any, Any, Any], Awaitable[None]]

AT_ONCE = 32
STOP_SECONDS = 2.0
SHOW, QUEUE, GROUNDS = "show", "queue", "grounds"
STATUS_HEADER = "Caunoi-Status"
ERROR_HEADER, ERROR_CODE_HEADER = "Nats-Service-Error", "Nats-Service-Error-Code"
_KEY = "Idempotency-Key"
_SENT_ON = (_KEY, "If-Match", "Accept-Language", "traceparent")
_ANSWERED_ON = ("content-type", "content-language", "etag", "retry-after", "idempotent-replayed")
_OF_EVENTS = ("ce-id", "nats-stream-source")
_FIRST_FAILURE = 400
_NOT_FOUND, _UNPROCESSABLE, _BROKEN = 404, 422, 500
_QUESTION_TOKENS, _ACT_TOKENS = 3, 4
_REMEDY = "8 đến 200 ký tự ASCII, mỗi việc một khoá mới · 8 to 200 ASCII characters, a new one for each act"

_DETAILS = {
    "no_such_command": "Không có lệnh này. · There is no such command.",
    "malformed": "Thiếu khoá của yêu cầu. · The key of the request is missing.",
    "internal": "Lỗi của hệ thống. · Our mistake.",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request as the API has it."""

    method: str
    path: str
    query: str = ""


@dataclass(slots=True)
class Answer:
    """What is answered: a status as of HTTP, headers, a body."""

    status: int = _BROKEN
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    async def take(self, message: MutableMapping[str, Any]) -> None:
        """Take a part of the answer from the application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message.get("headers", ())}
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class Commands:
    """Answers for one service. `acts` are those that an office's own system may do."""

    def __init__(self, app: Application, *, service: str, acts: frozenset[str]) -> None:
        self._app = app
        self._service = service
        self._acts = acts
        self._free = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    async def listen(self, client: Client) -> None:
        """Begin to answer; of several replicas each request reaches one."""

        async def hear(message: Msg) -> None:
            await self._free.acquire()  # who comes then waits with the server
            task = asyncio.create_task(self._serve(client, message))
            self._running.add(task)
            task.add_done_callback(self._done)

        self._subscription = await client.subscribe(f"{COMMANDS}.*.>", queue=self._service, cb=hear)

    async def stop(self) -> None:
        """Take no other; finish those in hand."""
        if self._subscription is not None:
            await attempt(self._subscription.unsubscribe)
            self._subscription = None
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()

    async def _serve(self, client: Client, message: Msg) -> None:
        headers = {name.lower(): value for name, value in (message.headers or {}).items()}
        if not message.reply or any(name in headers for name in _OF_EVENTS):
            return  # an event that a consumer delivers to here, or somebody who wants no answer: no command
        answer = await attempt(lambda: self._answer(message.subject, headers, message.data))
        if isinstance(answer, Failed):
            _log.error("command %s failed", message.subject.split(".")[2], exc_info=answer.error)
            answer = _problem(_BROKEN, "internal")
        try:
            await client.publish(message.reply, bytes(answer.body), headers=_headers(answer))
        except NatsError as error:
            _log.warning("an answer could not be given: %s", type(error).__name__)

    async def _answer(self, subject: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return what the application answers."""
        office = subject.split(".")[1]
        wanted = self._wanted(subject, body)
        if wanted is None:
            return _problem(_NOT_FOUND, "no_such_command", acts=sorted({*self._acts, SHOW, QUEUE, GROUNDS}))
        if wanted.method == "POST" and _KEY.lower() not in headers:
            return _problem(_UNPROCESSABLE, "malformed", errors=[{"field": _KEY, "reason": "missing", "remedy": _REMEDY}])
        answer = Answer()
        await self._app(_scope(wanted, headers, Principal.agency(office)), _receiving(body), answer.take)
        return answer

    def _wanted(self, subject: str, body: bytes) -> Wanted | None:
        """Return what is asked for as the API has it; None where there is no such thing."""
        tokens = subject.split(".")
        what, code = tokens[2], quote(tokens[-1], safe="")
        if len(tokens) == _ACT_TOKENS and what in self._acts:
            return Wanted("POST", f"/api/petitions/{code}/{what}")
        if len(tokens) == _ACT_TOKENS and what == SHOW:
            return Wanted("GET", f"/api/petitions/{code}")
        if len(tokens) == _QUESTION_TOKENS and what in (QUEUE, GROUNDS):
            return Wanted("GET", f"/api/{what}", _query(body))
        return None


def _query(body: bytes) -> str:
    """Return the parameters of a question: a JSON object of words and numbers, or nothing."""
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return ""
    return urlencode({name: str(value) for name, value in given.items()}) if isinstance(given, dict) else ""


def _scope(wanted: Wanted, headers: Mapping[str, str], who: Principal) -> dict[str, Any]:
    sent = [
        (name.lower().encode(), headers[name.lower()].encode("latin-1", "replace"))
        for name in _SENT_ON
        if name.lower() in headers
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": wanted.method,
        "scheme": "http",
        "path": wanted.path,
        "raw_path": wanted.path.encode(),
        "root_path": "",
        "query_string": wanted.query.encode(),
        "headers": [(b"host", b"nats"), (b"content-type", b"application/json"), (b"accept", b"application/json"), *sent],
        "client": None,
        "server": None,
        "state": {},
        PRINCIPAL_KEY: who,
    }


def _receiving(body: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    return receive


def _problem(status: int, code: str, **facts: object) -> Answer:
    body = {"type": f"urn:caunoi:problem:{code}", "status": status, "code": code, "detail": _DETAILS[code], **facts}
    return Answer(status, {"content-type": "application/problem+json"}, bytearray(json.dumps(body, ensure_ascii=False).encode()))


def _headers(answer: Answer) -> dict[str, str]:
    """Return the headers of the answer; of a failure also those that clients of NATS' own services look for."""
    headers = {STATUS_HEADER: str(answer.status)}
    headers |= {name.title(): answer.headers[name] for name in _ANSWERED_ON if name in answer.headers}
    if answer.status >= _FIRST_FAILURE:
        headers |= {ERROR_CODE_HEADER: str(answer.status), ERROR_HEADER: _code_of(answer)}
    return headers


def _code_of(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["code"])
    except (ValueError, KeyError, TypeError):
        return "error"
