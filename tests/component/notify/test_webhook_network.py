"""Webhooks on a real network: to checked machines alone, whatever names say, and whatever the other side does."""

import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notify.domain.webhook_rules import Why
from services.notify.domain.webhook_targets import Address, Rules
from services.notify.gateways.webhook_network import NameNotFound, SystemResolver
from services.notify.gateways.webhook_sender import BODY_BYTES_KEPT, HttpEndpoints
from shared.kernel.refusals import Malformed
from tests.component.notify.receiver import BREAK, GARBAGE, HANG, Receiver, Reply, receiving

NAME = "hooks.donvi.example"
NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
ONE_MACHINE = Rules(networks=(ip_network("127.0.0.1/32"),), is_http_allowed=True)


class Names:
    """A name server whose answers are told beforehand, the last one for ever; none: the name is not known."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def addresses(self, host: str) -> list[Address]:
        self.asked += 1
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not given:
            raise NameNotFound(host)
        return [ip_address(item) for item in given]


def endpoints(names: Names, rules: Rules = ONE_MACHINE, **given: Path) -> HttpEndpoints:
    return HttpEndpoints(rules, names, connections=4, timeout_seconds=1.0, **given)


@pytest.fixture
async def system() -> AsyncIterator[HttpEndpoints]:
    made = HttpEndpoints(ONE_MACHINE, SystemResolver(), connections=4, timeout_seconds=1.0)
    yield made
    await made.close()


async def outcome(made: HttpEndpoints, url: str) -> Why:
    return (await made.post(url, {}, b"{}", now=NOW)).answer.why


async def test_the_checked_machine_is_connected_to_and_nobody_is_asked_again(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    made = endpoints(names)
    said = await made.post(f"http://{NAME}:{receiver.port}/h?k=1", {"X-One": "1"}, b"{}", now=NOW)
    assert (said.answer.status, said.address, names.asked) == (204, "127.0.0.1", 1)
    assert (receiver.got[0].path, receiver.got[0].headers["host"]) == ("/h?k=1", f"{NAME}:{receiver.port}")
    await made.close()


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.2"], ["10.0.0.1"], ["0.0.0.0"]],  # noqa: S104
)
async def test_a_name_that_leads_inside_later_is_not_followed(receiver: Receiver, answer: list[str]) -> None:
    made = endpoints(Names(["127.0.0.1"], answer))
    url = f"http://{NAME}:{receiver.port}/"
    await made.check(url)
    assert await outcome(made, url) is Why.FORBIDDEN
    assert receiver.got == []
    with pytest.raises(Malformed):
        await made.check(url)
    await made.close()


async def test_rules_that_became_stricter_count_for_what_was_written_before(receiver: Receiver) -> None:
    made = endpoints(Names(["127.0.0.1"]), Rules())
    for url in (f"http://{NAME}:{receiver.port}/", f"https://{NAME}/", f"https://127.0.0.1:{receiver.port}/"):
        assert await outcome(made, url) is Why.FORBIDDEN
    assert receiver.got == []
    await made.close()


async def test_a_name_that_nobody_knows_is_said_to_be_unknown() -> None:
    made = endpoints(Names([]))
    assert await outcome(made, f"http://{NAME}/") is Why.NOT_FOUND
    with pytest.raises(Malformed, match="no such name"):
        await made.check(f"http://{NAME}/")
    await made.close()


async def test_no_proxy_of_the_environment_is_used(
    system: HttpEndpoints, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await outcome(system, receiver.url) is Why.ANSWERED
        assert (len(receiver.got), proxy.got) == (1, [])


async def test_no_redirect_is_followed(system: HttpEndpoints, receiver: Receiver) -> None:
    async with receiving() as other:
        for status in (301, 302, 303, 307, 308):
            receiver.script.append(Reply(status, {"Location": other.url}))
            said = await system.post(receiver.url, {}, b"{}", now=NOW)
            assert (said.answer.status, said.answer.name) == (status, f"redirect_{status}")
        assert other.got == []


async def test_whatever_the_other_side_does_the_attempt_ends_with_a_word_for_it(
    system: HttpEndpoints, receiver: Receiver
) -> None:
    receiver.script.extend([HANG, BREAK, GARBAGE])
    assert [await outcome(system, receiver.url) for _ in range(3)] == [Why.TIMED_OUT, Why.BROKEN, Why.BROKEN]
    url = receiver.url
    await receiver.stop()
    assert await outcome(system, url) is Why.NOT_CONNECTED


async def test_of_a_long_answer_the_beginning_is_kept_and_cookies_are_not(system: HttpEndpoints, receiver: Receiver) -> None:
    receiver.script.append(Reply(200, {"Set-Cookie": "a=b", "X-Long": "x" * 900}, b"\x00" + b"\xff" * 300_000))
    said = await system.post(receiver.url, {}, b"{}", now=NOW)
    assert (said.answer.status, said.is_cut, len(said.body or "")) == (200, True, BODY_BYTES_KEPT)
    assert said.headers is not None
    assert "set-cookie" not in said.headers
    assert len(said.headers["x-long"]) == 500
    assert "\x00" not in (said.body or "")


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("120", timedelta(seconds=120)),
        ((NOW + timedelta(minutes=5)).strftime("%a, %d %b %Y %H:%M:%S GMT"), timedelta(minutes=5)),
        ((NOW - timedelta(minutes=5)).strftime("%a, %d %b %Y %H:%M:%S GMT"), timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("9" * 30, timedelta(seconds=999_999_999)),
    ],
)
async def test_retry_after_is_read_as_seconds_or_a_date(
    system: HttpEndpoints, receiver: Receiver, written: str, length: timedelta | None
) -> None:
    receiver.script.append(Reply(429, {"Retry-After": written}))
    assert (await system.post(receiver.url, {}, b"{}", now=NOW)).answer.retry_after == length


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate authority and a server that it vouches for under NAME; return the authority's file and the server's."""
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])
    days = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), *days)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    ca = build(issuer, key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    server = build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]), own.public_key())
    server = server.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    pem, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "ca.pem").write_bytes(ca.add_extension(usage, critical=True).sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "server.pem").write_bytes(
        server.sign(key, hashes.SHA256()).public_bytes(pem) + own.private_bytes(pem, kind, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return folder / "ca.pem", context


async def test_the_certificate_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    file, context = authority(tmp_path)
    asked: list[str | None] = []
    context.sni_callback = lambda _line, name, _context: asked.append(name)
    async with receiving(tls=context) as receiver:
        url = f"https://{NAME}:{receiver.port}/"
        trusting = endpoints(Names(["127.0.0.1"]), authorities=file)
        assert (await trusting.post(url, {}, b"{}", now=NOW)).answer.status == 204
        assert asked == [NAME]
        assert await outcome(trusting, f"https://other.example:{receiver.port}/") is Why.NOT_TRUSTED
        await trusting.close()
        strict = endpoints(Names(["127.0.0.1"]))
        assert await outcome(strict, url) is Why.NOT_TRUSTED
        assert len(receiver.got) == 1
        await strict.close()
