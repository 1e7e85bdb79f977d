"""A postman by a clock that a test turns, between a mail server, two gateways and the vault."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.domain.channels import Channel
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.gateways.neighbours import Contact
from services.notify.gateways.phone import GatewaySettings, HttpGateway
from services.notify.handlers.post import Phone, Post
from services.notify.timers.postman import Postman
from shared.identity import EnvelopeCipher
from shared.persistence import Database
from shared.testing import FakeClock
from tests.component.notify.desk import tell
from tests.component.notify.gateway import KEY, Gateway, serving
from tests.component.notify.scene import MailServer
from tests.component.notify.story import Story
from tests.unit.notify import bodies

DAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  # Monday 09:00 in Hanoi
NIGHT = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)  # 22:00
MORNING = datetime(2026, 11, 17, 0, 0, tzinfo=UTC)  # 07:00
LEASE = timedelta(seconds=20)
MAIL, NUMBER = "buoi@example.vn", "+84912345678"
LANDLINE = "024 3825 4321"
CIPHER = EnvelopeCipher(bytes(range(32)))


class Vault:
    """Intake, as far as contacts go."""

    def __init__(self) -> None:
        self.contacts_of: dict[UUID, Contact] = {}

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        return {key: self.contacts_of[key] for key in ids if key in self.contacts_of}


@dataclass
class Desk:
    """A postman by a clock that a test turns, between a mail server, two gateways and the vault."""

    database: Database
    clock: FakeClock
    mail: MailServer
    sms: Gateway
    zalo: Gateway
    vault: Vault
    post: Post
    postman: Postman
    stories: list[Story] = field(default_factory=list)

    async def lodged(self, *, email: str | None = None, phone: str | None = None, is_sealed: bool = False) -> Story:
        story = Story(at=self.clock.now(), is_sealed=is_sealed)
        self.vault.contacts_of[story.id] = Contact("Nguyễn Thị Bưởi", email, phone)
        self.stories.append(story)
        body = bodies.lodged(code=story.code, is_reachable=True)
        await tell(self.database, [story.hears(body)], self.clock.now())
        return story

    async def again(self, petition_id: UUID) -> None:
        """Let something else be told of a petition."""
        story = next(story for story in self.stories if story.id == petition_id)
        await tell(self.database, [story.hears(bodies.routed(code=story.code))], self.clock.now())
        self.clock.advance(timedelta(seconds=5))

    async def rounds(self, number: int = 1) -> None:
        for _ in range(number):
            await self.postman._look_beside()
            await self.postman._connect()
            await self.postman.deliver()

    async def notice(self) -> dict[str, Any]:
        """Return the only notice with its attempts."""
        query = """
            SELECT n.id, n.state, n.reason, n.attempts, n.channel, n.held_for, n.next_try_at, (SELECT json_agg(json_build_object(
                'channel', a.channel, 'to', a.sent_to, 'outcome', a.outcome, 'provider_id', a.provider_id,
                'template', a.template) ORDER BY a.number) FROM attempts a WHERE a.notice_id = n.id) AS log FROM notices n
        """
        async with self.database.reading() as connection:
            return dict((await connection.execute(text(query))).mappings().one())


@asynccontextmanager
async def standing(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """Set it up, and take it down."""
    key_file, clock, mail, sms, zalo = tmp_path / "key", FakeClock(DAY), MailServer(), Gateway(), Gateway()
    key_file.write_text(KEY)
    await mail.start()
    async with serving(sms.app()) as sms_url, serving(zalo.app()) as zalo_url:
        gateways = {
            channel: HttpGateway(GatewaySettings(url=url, key_file=key_file, sender="HANOI"))
            for channel, url in ((Channel.SMS, sms_url), (Channel.ZALO, zalo_url))
        }
        server = SmtpServer(
            SmtpSettings.model_validate({"host": "127.0.0.1", "port": mail.port, "security": "none", "sender": "-"})
        )
        vault = Vault()
        phones = {channel: Phone(gateway, "HANOI") for channel, gateway in gateways.items()}
        post = Post(
            database,
            server,
            vault,
            Address("Cầu Nối", "a", "b.vn"),
            "https://city",
            LEASE,
            phones,
            cipher=CIPHER,
            back_to=Address("", "tra-lai", "b.vn"),
        )
        made = Desk(database, clock, mail, sms, zalo, vault, post, Postman(post, clock, pace_seconds=0.0))
        yield made
        for gateway in (sms, zalo):
            gateway.let_go.set()
        await made.postman.stop()
        for carrier in gateways.values():
            await carrier.close()
        await server.close()
    await mail.stop()
