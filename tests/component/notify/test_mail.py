"""The way to a real SMTP server: what each mail's reply says, whatever the server and the line do."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.notify.domain.delivery import Mail, Reply
from services.notify.gateways.mail import MAILS_PER_CONNECTION, Security, SmtpServer, SmtpSettings
from shared.kernel.refusals import Trouble
from shared.testing import wait_until
from tests.component.notify.scene import HOST, Answer, MailServer

SENDER = "khong-tra-loi@hanoi.example"
AMPLE, SHORT = timedelta(seconds=20), timedelta(seconds=0.3)
PASSWORD = "right"


class Demanding(MailServer):
    """A mail server with more of a will: it may want a sign-in, dislike a sender, hang, or close after a few mails."""

    def __init__(self, *, wants_sign_in: bool = False) -> None:
        super().__init__()
        self.connections = 0
        self.mails_per_connection = 1000
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.refused_sender = ""
        self._wants_sign_in = wants_sign_in

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's hook
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.refused_sender:
            return "550 you may not send from here"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        count = getattr(session, "mails", 0) + 1
        session.mails = count  # type: ignore[attr-defined]  # a note of ours
        if count > self.mails_per_connection:
            return "421 enough for this connection"
        answer = await super().handle_DATA(server, session, envelope)
        await self.hangs.wait()
        return answer

    def _protocol(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings(action="ignore"):  # that passwords should not travel in the clear
            return SMTP(
                self,
                hostname="mail.test",
                ident="test",
                auth_required=self._wants_sign_in,
                auth_require_tls=False,
                authenticator=_knows if self._wants_sign_in else None,
            )


def _knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
    return AuthResult(success=is_right, handled=False)


@pytest.fixture
async def server() -> AsyncIterator[Demanding]:
    made = Demanding()
    await made.start()
    yield made
    made.hangs.set()
    await made.stop()


def smtp(server: MailServer, *, connections: int = 2, user: str | None = None, password_file: Path | None = None) -> SmtpServer:
    settings = SmtpSettings(
        host=HOST,
        port=server.port,
        security=Security.NONE,
        sender=SENDER,
        connections=connections,
        user=user,
        password_file=password_file,
    )
    return SmtpServer(settings)


@pytest.fixture
async def client(server: Demanding) -> AsyncIterator[SmtpServer]:
    made = smtp(server)
    yield made
    await made.close()


async def sent(client: SmtpServer, given: list[Mail], *, within: timedelta) -> list[Reply]:
    """Send and return the replies in the order of the mails; each has to be told exactly once."""
    told: dict[int, Reply] = {}

    def tell(place: int, reply: Reply) -> None:
        assert place not in told
        told[place] = reply

    await client.send(given, within=within, tell=tell)
    return [told[place] for place in range(len(given))]


def mails(number: int) -> list[Mail]:
    return [
        Mail(SENDER, f"p{n}@example.vn", f"To: p{n}@example.vn\r\nMessage-ID: <{n}>\r\n\r\nx\r\n".encode()) for n in range(number)
    ]


async def test_many_mails_go_over_few_connections_that_are_kept(server: Demanding, client: SmtpServer) -> None:
    for _ in range(3):
        replies = await sent(client, mails(2 * MAILS_PER_CONNECTION), within=AMPLE)
        assert all(reply.is_taken and reply.code == 250 and reply.took > timedelta(0) for reply in replies)
    assert len(server.taken) == 6 * MAILS_PER_CONNECTION
    assert server.connections == 2


async def test_a_few_mails_need_one_connection(server: Demanding, client: SmtpServer) -> None:
    await client.connect()
    await sent(client, mails(MAILS_PER_CONNECTION), within=AMPLE)
    assert server.connections == 1


async def test_replies_come_in_the_order_of_the_mails(server: Demanding, client: SmtpServer) -> None:
    server.answers["p1@example.vn"] = [Answer.REFUSE]
    server.answers["p2@example.vn"] = [Answer.LATER]
    server.answers["p3@example.vn"] = [Answer.DROP]
    replies = await sent(client, mails(5), within=AMPLE)
    assert [(reply.code, reply.is_taken, reply.is_unknown) for reply in replies] == [
        (250, True, False),
        (550, False, False),
        (451, False, False),
        (None, False, True),
        (250, True, False),
    ]


async def test_a_kept_connection_that_the_server_closed_meanwhile_is_made_again(server: Demanding, client: SmtpServer) -> None:
    await sent(client, mails(1), within=AMPLE)
    await server.stop()
    await server.start()
    await client.connect()
    (reply,) = await sent(client, mails(1), within=AMPLE)
    assert reply.is_taken


async def test_a_server_that_closes_after_so_many_mails_gets_the_rest_over_another_connection(
    server: Demanding, client: SmtpServer
) -> None:
    server.mails_per_connection = 3
    replies = await sent(client, mails(8), within=AMPLE)
    assert sorted(reply.code or 0 for reply in replies) == [250] * 6 + [421] * 2
    assert len(server.taken) == 6


async def test_a_sender_that_is_refused_is_our_trouble_and_not_the_mails(server: Demanding, client: SmtpServer) -> None:
    server.refused_sender = SENDER
    (reply,) = await sent(client, mails(1), within=AMPLE)
    assert (reply.code, reply.is_taken, reply.is_ours) == (550, False, True)


async def test_a_server_that_hangs_is_left_in_time_and_what_it_may_have_is_told_apart(
    server: Demanding, client: SmtpServer
) -> None:
    server.hangs.clear()
    replies = await sent(client, mails(2 * MAILS_PER_CONNECTION), within=SHORT)
    assert sum(reply.is_unknown for reply in replies) == 2
    assert sum(reply.is_ours for reply in replies) == 2 * MAILS_PER_CONNECTION - 2
    assert not [reply for reply in replies if reply.is_taken or reply.code]
    server.hangs.set()
    assert all(reply.is_taken for reply in await sent(client, mails(4), within=AMPLE))


async def test_a_server_that_is_not_there_is_trouble_and_hands_nothing_over(server: Demanding, client: SmtpServer) -> None:
    await server.stop()
    with pytest.raises(Trouble, match="does not take our mails"):
        await client.connect()
    (reply,) = await sent(client, mails(1), within=AMPLE)
    assert (reply.is_taken, reply.is_unknown, reply.is_ours) == (False, False, True)
    await server.start()


@pytest.mark.parametrize("word", ["right", "wrong"])
async def test_a_sign_in_is_made_and_a_wrong_password_is_trouble_before_any_mail_is_tried(word: str, tmp_path: Path) -> None:
    server, secret = Demanding(wants_sign_in=True), tmp_path / "password"
    secret.write_text(f"{word}\n")
    await server.start()
    client = smtp(server, user="caunoi", password_file=secret)
    try:
        if word == PASSWORD:
            await client.connect()
            assert (await sent(client, mails(1), within=AMPLE))[0].is_taken
        else:
            with pytest.raises(Trouble, match="SMTPAuthenticationError"):
                await client.connect()
            assert not server.taken
    finally:
        await client.close()
        await server.stop()


async def test_leaving_closes_every_connection_politely(server: Demanding, client: SmtpServer) -> None:
    await sent(client, mails(2 * MAILS_PER_CONNECTION), within=AMPLE)
    await client.close()
    await wait_until(lambda: all(line.is_closing() for line in server._lines))
