"""What sending needs, and what is made on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address

from services.notify.domain.channels import Channel
from services.notify.domain.delivery import Mail
from services.notify.gateways.mail import MailServer
from services.notify.gateways.neighbours import Neighbours
from services.notify.store.attempts import Held
from services.notify.store.notices import Waiting
from shared.identity import EnvelopeCipher
from shared.kernel.refusals import Trouble
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class Phone:
    """A gateway for a channel that goes to telephones, and how its messages are written."""

    gateway: MailServer
    sender: str
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """The mail server, gateways, push services, our neighbours, and how mails are signed.

    `cipher` keeps what people gave us: without it addresses of people's own, web push and marks of bad addresses are not there.
    `back_to` is where mails that cannot be delivered come back to.
    """

    database: Database
    server: MailServer
    neighbours: Neighbours
    sender: Address
    public_url: str
    lease: timedelta
    phones: Mapping[Channel, Phone] = field(default_factory=dict)
    push: MailServer | None = None
    cipher: EnvelopeCipher | None = None
    back_to: Address | None = None

    @property
    def home(self) -> str:
        return self.public_url.rstrip("/")

    def carriers(self) -> dict[Channel, MailServer]:
        """Return who takes messages, by channel."""
        found = {Channel.EMAIL: self.server, **{channel: phone.gateway for channel, phone in self.phones.items()}}
        return found | ({Channel.PUSH: self.push} if self.push is not None else {})


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice with its message, ready to be handed over. `has_other`: where this way fails there is another one."""

    waiting: Waiting
    template: str
    mail: Mail
    channel: Channel = Channel.EMAIL
    has_other: bool = False
    mark: bytes | None = None


@dataclass(slots=True)
class Written:
    """Letters; notices that there is no way to send; notices that cannot be written; notices that wait for a neighbour, for
    the end of quiet hours or for a channel that is down.
    """

    letters: list[Letter] = field(default_factory=list)
    skipped: list[tuple[Waiting, str]] = field(default_factory=list)
    failed: list[tuple[Waiting, str]] = field(default_factory=list)
    put_off: list[Waiting] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    trouble: Trouble | None = None


Away = Mapping[Channel, datetime]
"""Channels that are down, each since when."""
