"""Notify's desk: it hears batches at instants that a test chooses, and shows the letters that it writes. Nothing is sent."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID

from services.notify.domain.delivery import Reply
from services.notify.gateways.neighbours import Contact
from services.notify.handlers import sending
from services.notify.handlers.hearing import hear
from services.notify.handlers.writing import Letter, Post, write
from shared.contracts import EventBody
from shared.messaging import Incoming
from shared.persistence import Database
from tests.component.notify.story import Story
from tests.unit.notify import bodies
from tests.unit.notify.bodies import COMMUNE

NIGHT = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 03:00 on Sunday in Hanoi
MORNING = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)  # 07:00
OPENING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 08:00
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
LONG = timedelta(hours=30)
TAKEN = Reply(250, is_taken=True, why="taken")


class Everybody:
    """Neighbours for whom everybody has an address."""

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        return {key: Contact("A", f"{key.hex}@example.vn", None) for key in ids}


async def tell(database: Database, batch: Sequence[Incoming], now: datetime) -> None:
    async with database.transaction() as tx:
        await hear(tx, batch, now)


async def lodged(database: Database, *, number: int = 1, is_reachable: bool = False, is_sealed: bool = False) -> list[Story]:
    """Return petitions that notify knows of."""
    stories = [Story(at=NIGHT, is_sealed=is_sealed) for _ in range(number)]
    await tell(database, [story.hears(bodies.lodged(code=story.code, is_reachable=is_reachable)) for story in stories], NIGHT)
    return stories


async def letters(post: Post, now: datetime) -> list[Letter]:
    """Return what is written now, all but receipts, and take it as sent."""
    written = await write(post, await sending.claim(post, now=now), now=now)
    assert (written.failed, written.put_off, written.skipped) == ([], [], [])
    tried = await sending.begin(post, written.letters, now=now)
    await sending.record(post, [(one, TAKEN) for one in tried], begun_at=now, now=now)
    return [letter for letter in written.letters if letter.waiting.notice.about != "lodged"]


def words(letter: Letter) -> str:
    message = message_from_bytes(letter.mail.content, policy=default)
    return f"{message['Subject']}\n{message.get_content()}"


def breach(rule: str = "IH.RESOLVE", *, office: str = COMMUNE, tell_from: datetime | None = None) -> EventBody:
    return bodies.breached().model_copy(update={"rule": rule, "office": office, "tell_from": tell_from})
