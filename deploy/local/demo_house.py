"""The demonstration's own doors: OpenID issuer and mail sink, and on one machine a gateway for telephones."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp

from deploy.local.environment import PHONE_KEY
from deploy.local.issuer import Issuer, issuer_app
from deploy.local.mail import MailDoors, Sink
from deploy.local.phones import PhoneDoors
from deploy.local.secrets import secret
from deploy.names import AUDIENCE
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.refusals import Malformed

SMTP_PORT = 2525
DATA = "/var/lib/caunoi"


def doors(
    *, issuer_address: str, audience: str, secrets: Path, sink: Sink, clock: Clock, notify_url: str | None = None
) -> dict[str, ASGIApp]:
    """Return the demonstration's applications by path; the gateway for telephones only where it can say what it delivered."""
    issuer = Issuer(address=issuer_address, audience=audience, secrets=secrets, clock=clock)
    found: dict[str, ASGIApp] = {"issuer": issuer_app(issuer), "mail": MailDoors(sink.mailbox).app()}
    if notify_url is not None:
        found["phone"] = PhoneDoors(sink.mailbox, secrets / PHONE_KEY, clock, url=notify_url).app()
    return found


@asynccontextmanager
async def mounted(environ: Mapping[str, str], *, host: str) -> AsyncIterator[dict[str, ASGIApp]]:
    """Listen for SMTP and yield the applications, as the environment says.

    CAUNOI_IDENTITY__ISSUER: the issuer's own address, the same as the services have. CAUNOI_DEMO_DIR: where keys and mails are
    kept. CAUNOI_DEMO_SMTP_PORT: the port of the mail sink. CAUNOI_DEMO_NOTIFY_URL: address of notify, ending in /notify; without
    it there is no gateway for telephones.
    """
    address = environ.get("CAUNOI_IDENTITY__ISSUER")
    if not address:
        raise Malformed(
            "CAUNOI_IDENTITY__ISSUER is missing: the address of the demo issuer as the services know it", code="settings"
        )
    data = Path(environ.get("CAUNOI_DEMO_DIR", DATA))
    clock = SystemClock()
    sink = Sink(data / "mail", clock)
    await sink.start(host, int(environ.get("CAUNOI_DEMO_SMTP_PORT", SMTP_PORT)))
    try:
        audience = environ.get("CAUNOI_IDENTITY__AUDIENCE", AUDIENCE)
        notify_url = environ.get("CAUNOI_DEMO_NOTIFY_URL")
        if notify_url is not None:
            secret(data / "secrets", PHONE_KEY)
        yield doors(
            issuer_address=address, audience=audience, secrets=data / "secrets", sink=sink, clock=clock, notify_url=notify_url
        )
    finally:
        await sink.stop()
