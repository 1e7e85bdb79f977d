"""The local mail sink: an SMTP server that delivers nothing, and a page that shows what would have been delivered."""

import asyncio
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.mailbox import Mailbox, Summary, part_of
from deploy.local.pages import page
from shared.kernel.clock import Clock

MAIL_BYTES_MAX = 10 * 1024**2
PAGE_LENGTH = 50
LIST_LENGTH = 100
LIST_LENGTH_MAX = 5000
# What a mail brings along may neither run nor fetch anything.
_SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"}


class Sink:
    """Takes every mail and puts it into the mailbox; answers 250 only after the file is written."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.mailbox = Mailbox(directory)
        self._clock = clock
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen for SMTP; return the port (0 asks for a free one)."""
        self._server = await asyncio.get_running_loop().create_server(self._protocol, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    # The name is aiosmtpd's hook for the end of DATA.
    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        recipients = list(envelope.rcpt_tos)
        mail_id = self.mailbox.add(content, sender=envelope.mail_from or "", recipients=recipients, now=self._clock.now())
        return f"250 OK kept as {mail_id}"

    def _protocol(self) -> SMTP:
        return SMTP(self, data_size_limit=MAIL_BYTES_MAX, enable_SMTPUTF8=True, hostname="mail.caunoi.local", ident="caunoi")


class MailDoors:
    """The mailbox's doors: pages for people, JSON for tests."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.overview),
                Route("/api/messages", self.messages),
                Route("/api/messages/{mail_id}", self.message),
                Route("/{mail_id}", self.one),
                Route("/{mail_id}/html", self.html),
            ]
        )

    async def overview(self, request: Request) -> Response:
        """The newest mails, a page at a time."""
        chosen, more = self._chosen(request, PAGE_LENGTH)
        return page("mails.html", mails=chosen, count=len(self._mailbox), to=request.query_params.get("to", ""), more=more)

    async def one(self, request: Request) -> Response:
        """One mail."""
        found = self._mailbox.read(request.path_params["mail_id"])
        if found is None:
            return page("missing.html", status=404)
        summary, message = found
        return page("mail.html", mail=summary, text=part_of(message, "plain"), has_html=part_of(message, "html") is not None)

    async def html(self, request: Request) -> Response:
        """The HTML of a mail, for the frame of its page."""
        found = self._mailbox.read(request.path_params["mail_id"])
        if found is None:
            return PlainTextResponse("not found", status_code=404)
        return HTMLResponse(part_of(found[1], "html") or "", headers=_SANDBOX)

    async def messages(self, request: Request) -> Response:
        """GET …/api/messages?to=&message_id=&before=&limit=: newest first; `next` is the `before` of the next page."""
        wanted = request.query_params.get("limit", "")
        chosen, more = self._chosen(request, min(int(wanted) if wanted.isdecimal() else LIST_LENGTH, LIST_LENGTH_MAX))
        return JSONResponse({"items": [_public(mail) for mail in chosen], "total": len(self._mailbox), "next": more})

    async def message(self, request: Request) -> Response:
        """One mail with its headers and texts."""
        found = self._mailbox.read(request.path_params["mail_id"])
        if found is None:
            return JSONResponse({"title": "no such mail"}, status_code=404)
        summary, message = found
        headers = [[name, str(value)] for name, value in message.items()]
        texts = {"text": part_of(message, "plain"), "html": part_of(message, "html")}
        return JSONResponse(_public(summary) | texts | {"headers": headers})

    def _chosen(self, request: Request, limit: int) -> tuple[list[Summary], str | None]:
        """Return the newest mails that the request asks for, and the id before which the next page starts."""
        asked = request.query_params
        to = asked.get("to", "").strip().lower()
        chosen: list[Summary] = []
        for mail in self._mailbox.newest(before=asked.get("before")):
            if to and to not in {name.lower() for name in mail.recipients}:
                continue
            if asked.get("message_id", mail.message_id) != mail.message_id:
                continue
            if len(chosen) >= limit:
                return chosen, chosen[-1].id if chosen else None
            chosen.append(mail)
        return chosen, None


def _public(mail: Summary) -> dict[str, object]:
    return {
        "id": mail.id,
        "received_at": mail.received_at,
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "message_id": mail.message_id,
    }
