"""The line to the mail server is protected as it is set, or no mail goes over it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.notify.domain.delivery import Mail, Reply
from services.notify.gateways.mail import Security, SmtpServer, SmtpSettings
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import Trouble
from tests.component.notify.scene import HOST, MailServer

MAIL = Mail("a@hanoi.example", "buoi@example.vn", b"To: buoi@example.vn\r\n\r\nx\r\n")


class Protected(MailServer):
    """A mail server that speaks TLS from the beginning, offers STARTTLS, or neither."""

    def __init__(self, security: Security, certificate: Path) -> None:
        super().__init__()
        self._security = security
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate)

    async def start(self) -> None:
        context = self._context if self._security is Security.TLS else None
        self._server = await asyncio.get_running_loop().create_server(self._protocol, HOST, self.port, ssl=context)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def _protocol(self) -> SMTP:
        context = self._context if self._security is Security.STARTTLS else None
        return SMTP(self, hostname="mail.test", ident="test", tls_context=context, require_starttls=context is not None)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of the loopback interface that nobody trusts by himself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@asynccontextmanager
async def serving(offered: Security, wanted: Security, certificate: Path) -> AsyncIterator[tuple[Protected, SmtpServer]]:
    server = Protected(offered, certificate)
    await server.start()
    client = SmtpServer(SmtpSettings(host=HOST, port=server.port, security=wanted, sender=MAIL.sender, connections=1))
    try:
        yield server, client
    finally:
        await client.close()
        await server.stop()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_trusted_server_gets_the_mail_over_a_protected_line(
    security: Security, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with serving(security, security, certificate) as (server, client):
        await client.connect()
        replies: list[Reply] = []
        await client.send([MAIL], within=timedelta(seconds=10), tell=lambda _, reply: replies.append(reply))
        assert [reply.is_taken for reply in replies] == [True]
        assert len(server.taken) == 1


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_server_that_nobody_vouches_for_gets_nothing(security: Security, certificate: Path) -> None:
    async with serving(security, security, certificate) as (server, client):
        with pytest.raises(Trouble):
            await client.connect()
        assert not server.taken


async def test_a_server_that_offers_no_protection_gets_nothing_where_protection_is_set(certificate: Path) -> None:
    async with serving(Security.NONE, Security.STARTTLS, certificate) as (server, client):
        with pytest.raises(Trouble):
            await client.connect()
        replies: list[Reply] = []
        await client.send([MAIL], within=timedelta(seconds=10), tell=lambda _, reply: replies.append(reply))
        assert [(reply.is_taken, reply.is_unknown) for reply in replies] == [(False, False)]
        assert not server.taken
