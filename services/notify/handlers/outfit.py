"""What telling people needs from outside, put together from the settings: mail server, gateways, push services, a key."""

import asyncio
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.channels import Channel
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.gateways.neighbours import Neighbours
from services.notify.gateways.phone import GatewaySettings, HttpGateway
from services.notify.gateways.push import PushKey, PushServices, PushSettings
from services.notify.handlers.post import Phone, Post
from shared.identity import EnvelopeCipher
from shared.kernel.refusals import Malformed
from shared.persistence import Database


class WaysSettings(BaseModel):
    """By which ways people are told."""

    model_config = ConfigDict(frozen=True)

    smtp: SmtpSettings
    sms: GatewaySettings = GatewaySettings()
    zalo: GatewaySettings = GatewaySettings()
    push: PushSettings = PushSettings()
    key_file: Path | None = Field(
        default=None, description="64 hexadecimal digits: keeps what people give us; without it they cannot give anything"
    )
    public_url: str = Field(description="the address that people know, for links in mails")
    lease_seconds: float = Field(default=60.0, ge=1, le=3600, description="after this a broken-off round is taken up again")


class Outfit:
    """All of it, to be closed at the end."""

    def __init__(self, settings: WaysSettings, database: Database, neighbours: Neighbours) -> None:
        """Raises Malformed where an address or a key is none."""
        self.cipher = EnvelopeCipher.from_file(settings.key_file) if settings.key_file else None
        given = {Channel.SMS: settings.sms, Channel.ZALO: settings.zalo}
        self.keys = {channel: its.key_file for channel, its in given.items() if its.url}
        self.push_key = _push_key(settings.push) if self.cipher else None
        self._gateways = {channel: HttpGateway(its) for channel, its in given.items() if its.url}
        self._server = SmtpServer(settings.smtp)
        self._push = PushServices(settings.push, self.push_key) if self.push_key else None
        self.post = Post(
            database=database,
            server=self._server,
            neighbours=neighbours,
            sender=_address(settings.smtp.sender, "NOTIFY_SMTP__SENDER"),
            public_url=settings.public_url,
            lease=timedelta(seconds=settings.lease_seconds),
            phones={
                channel: Phone(gateway, given[channel].sender, given[channel].is_plain)
                for channel, gateway in self._gateways.items()
            },
            push=self._push,
            cipher=self.cipher,
            back_to=_address(settings.smtp.bounces, "NOTIFY_SMTP__BOUNCES") if settings.smtp.bounces else None,
        )

    async def close(self) -> None:
        """Close every connection."""
        push = [self._push.close()] if self._push else []
        await asyncio.gather(self._server.close(), *(gateway.close() for gateway in self._gateways.values()), *push)


def _push_key(settings: PushSettings) -> PushKey | None:
    pem = settings.key_file.read_bytes() if settings.key_file else b""
    return PushKey(pem) if pem.strip() else None


def _address(written: str, variable: str) -> Address:
    name, address = parseaddr(written)
    user, _, domain = address.partition("@")
    if not user or not domain:
        mistake = {"field": variable, "reason": "no address", "remedy": "write it as Cầu Nối <name@domain>"}
        raise Malformed(f"{variable} holds no address: {written}", code="bad_settings", errors=[mistake])
    return Address(display_name=name, username=user, domain=domain)
