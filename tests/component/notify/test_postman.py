"""The rounds of sending: replicas share them, a stop leaves nothing behind, an absent mail server is told to operators."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.notify.domain.delivery import Mail, Reply
from services.notify.domain.telling import About, Audience, Notice
from services.notify.gateways.mail import NO_ANSWER, NOT_HANDED_OVER, Tell
from services.notify.gateways.neighbours import Contact
from services.notify.handlers.lines import PAUSE_SECONDS_MAX, pause_seconds
from services.notify.handlers.writing import Post
from services.notify.store import notices as store
from services.notify.store.notices import Waiting
from services.notify.timers.postman import MAIL_SERVER_AWAY, NOTICES_WAITING, Postman
from shared.contracts import Cause
from shared.contracts.words import Role
from shared.kernel.refusals import Trouble
from shared.persistence import Database, DatabaseSettings
from shared.testing import FakeClock, wait_until
from tests.component.notify.scene import Scene, said
from tests.component.notify.story import Story, publish

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
TAKEN = Reply(250, is_taken=True, why="taken", took=timedelta(milliseconds=30))


@dataclass
class Server:
    """A mail server that answers as it is told; `held` keeps its answers, but for the first `at_once`, back until it is set."""

    round_size: int = 4
    answer: Reply = TAKEN
    is_away: bool = False
    at_once: int = 0
    rounds: list[list[str]] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.held.set()

    async def connect(self) -> None:
        if self.is_away:
            raise Trouble("the mail server does not take our mails", code="mail_server_unreachable")

    async def send(self, mails: Sequence[Mail], *, within: timedelta, tell: Tell) -> None:
        assert within == LEASE / 2
        self.rounds.append([mail.to for mail in mails])
        for place in range(len(mails)):
            if place >= self.at_once:
                await self.held.wait()
            tell(place, self.answer)

    @property
    def sent(self) -> list[str]:
        return [to for each in self.rounds for to in each]


class Everybody:
    """Neighbours for whom everybody has an address."""

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        return {key: Contact("A", f"{key.hex}@example.vn", None) for key in ids}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=await service_database("notify")).sqlalchemy_url(), schema="notify")
    yield database
    await database.close()


def postman(database: Database, server: Server, clock: FakeClock) -> Postman:
    post = Post(database, server, Everybody(), Address("Cầu Nối", "a", "b.vn"), "https://city", LEASE)
    return Postman(post, clock, pace_seconds=0.0)


async def add(database: Database, number: int) -> None:
    items = [
        Waiting(
            id=uuid4(),
            petition_id=uuid4(),
            notice=Notice(About.LODGED, Audience.PETITIONER, None, "vi", {"code": "HN-1"}),
            is_sealed=False,
            cause=Cause(event_id=uuid4(), source="intake", version=1),
            correlation_id=uuid4(),
            traceparent=None,
        )
        for _ in range(number)
    ]
    async with database.transaction() as tx:
        await store.add(tx.connection, [(item, NOW) for item in items], now=NOW)


async def states(database: Database) -> list[tuple[str, int]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT state, attempts FROM notices ORDER BY state, attempts"))
        return [(row.state, row.attempts) for row in rows]


async def test_two_replicas_share_the_work_and_send_nothing_twice(database: Database, clock: FakeClock) -> None:
    await add(database, 120)
    servers = Server(), Server()
    ours, theirs = (postman(database, server, clock) for server in servers)
    assert sorted(await asyncio.gather(ours.deliver(), theirs.deliver())) == [20, 100]
    everybody = [*servers[0].sent, *servers[1].sent]
    assert len(everybody) == len(set(everybody)) == 120
    assert len(await said(database)) == 120


async def test_a_round_that_outlives_its_lease_is_recorded_once_and_marked(database: Database, clock: FakeClock) -> None:
    await add(database, 1)
    slow, quick = Server(), Server()
    slow.held.clear()
    late = asyncio.create_task(postman(database, slow, clock).deliver())
    await wait_until(lambda: bool(slow.rounds))
    clock.advance(LEASE + timedelta(seconds=1))
    await postman(database, quick, clock).deliver()
    slow.held.set()
    await late
    assert await states(database) == [("sent", 2)]
    ((_, body),) = await said(database)
    assert (body["attempts"], body["is_possible_repeat"]) == (2, True)


async def test_a_stop_finishes_the_round_in_hand_and_gives_the_rest_back_at_once(database: Database, clock: FakeClock) -> None:
    await add(database, 12)
    server = Server()
    server.held.clear()
    stopped = postman(database, server, clock)
    stopped.start()
    await wait_until(lambda: bool(server.rounds))
    stopping = asyncio.create_task(stopped.stop())
    await asyncio.sleep(0)
    server.held.set()
    await stopping
    assert await states(database) == [("sent", 1)] * 4 + [("waiting", 0)] * 8
    assert await postman(database, Server(), clock).deliver() == 8


async def test_a_stop_does_not_wait_for_a_server_that_hangs_and_the_next_start_says_so(
    database: Database, clock: FakeClock
) -> None:
    await add(database, 1)
    server = Server()
    server.held.clear()
    stopped = postman(database, server, clock)
    stopped.start()
    await wait_until(lambda: bool(server.rounds))
    await stopped.stop()
    clock.advance(LEASE + timedelta(seconds=1))
    await postman(database, Server(), clock).deliver()
    ((_, body),) = await said(database)
    assert (body["attempts"], body["is_possible_repeat"]) == (2, True)


async def test_what_was_answered_is_recorded_while_the_round_goes_on_so_that_a_kill_repeats_little(
    database: Database, clock: FakeClock
) -> None:
    await add(database, 4)
    server = Server(at_once=3)
    server.held.clear()
    broken_off = asyncio.create_task(postman(database, server, clock).deliver())
    await wait_until(partial(_are_said, database, 3))
    broken_off.cancel()
    await asyncio.gather(broken_off, return_exceptions=True)
    assert await states(database) == [("sent", 1)] * 3 + [("waiting", 1)]
    clock.advance(LEASE + timedelta(seconds=1))
    again = Server()
    await postman(database, again, clock).deliver()
    assert again.sent == server.sent[3:]
    assert [body["is_possible_repeat"] for _, body in await said(database)] == [False, False, False, True]


async def _are_said(database: Database, number: int) -> bool:
    return len(await said(database)) >= number


class Broken(Server):
    """A mail server whose driver has a bug."""

    async def send(self, mails: Sequence[Mail], *, within: timedelta, tell: Tell) -> None:
        tell(0, self.answer)
        raise ZeroDivisionError


async def test_a_bug_in_the_middle_of_a_round_is_raised_after_what_is_known_was_recorded(
    database: Database, clock: FakeClock
) -> None:
    await add(database, 2)
    with pytest.raises(ZeroDivisionError):
        await postman(database, Broken(), clock).deliver()
    assert await states(database) == [("sent", 1), ("waiting", 1)]


@pytest.mark.parametrize(("answer", "is_possible_repeat"), [(NO_ANSWER, True), (NOT_HANDED_OVER, False)])
async def test_a_mail_is_marked_only_where_the_one_before_may_have_arrived(
    database: Database, clock: FakeClock, answer: Reply, *, is_possible_repeat: bool
) -> None:
    await add(database, 1)
    server = Server(answer=answer)
    await postman(database, server, clock).deliver()
    assert await states(database) == [("waiting", 1)]
    server.answer = TAKEN
    clock.advance(timedelta(minutes=1))
    await postman(database, server, clock).deliver()
    ((event, body),) = await said(database)
    assert body["is_possible_repeat"] is is_possible_repeat
    assert event.envelope.recorded_at == clock.now()


async def test_the_log_says_how_long_each_attempt_took(scene: Scene) -> None:
    story = Story()
    scene.neighbours.knows(story.id, email="buoi@example.vn")
    await publish(scene.js, story.lodge())
    (item,) = await scene.settled(story.code, notices=1)
    (attempt,) = item["log"]
    assert attempt["milliseconds"] > 0
    assert attempt["to"] == "b…@e….vn"
    assert attempt["may_have_arrived"] is True


async def test_the_log_says_of_a_petitioner_without_contact_why_nobody_was_told(scene: Scene) -> None:
    story = Story()
    await publish(scene.js, story.lodge(is_reachable=False))
    headers = scene.as_person(Role.AUDITOR)

    async def known() -> str | None:
        answer = await scene.http.get(f"/api/petitions/{story.code}/notices", headers=headers)
        return str(answer.json()["petitioner"]) if answer.is_success else None

    assert await wait_until(known) == "no_contact"


async def test_operators_see_that_the_mail_server_is_away_and_that_it_is_back(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notify.handlers.lines.PAUSE_SECONDS_FIRST", 0.01)
    monkeypatch.setattr("shared.messaging.outcomes.STEP_RETRY_SECONDS", 0.01)
    await add(database, 3)
    server = Server(is_away=True)
    watched = postman(database, server, clock)
    watched.start()
    await wait_until(lambda: _metrics() == (1, 3))
    assert await states(database) == [("waiting", 0)] * 3
    server.is_away = False
    await wait_until(lambda: _metrics() == (0, 0))
    await watched.stop()
    assert await states(database) == [("sent", 1)] * 3


def _metrics() -> tuple[float, float]:
    """Return what operators see: whether the mail server is away, and how many notices wait."""
    ((is_away, _),), ((waiting, _),) = (gauge._readers["notify"]() for gauge in (MAIL_SERVER_AWAY, NOTICES_WAITING))
    return is_away, waiting


def test_the_pause_before_a_server_is_asked_again_grows_to_a_limit_for_ever() -> None:
    pauses = [pause_seconds(refusals) for refusals in range(1, 5000)]
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == PAUSE_SECONDS_MAX
