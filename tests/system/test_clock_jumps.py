"""The machine's clock jumps ahead and back with petitions in flight: the end state equals that of a quiet run."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import asyncpg
import httpx
import pytest

from deploy.names import SERVICES
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from tests.system.conftest import OpenCity

PETITIONS = 20
KINDS = 4
AHEAD, BACK = timedelta(minutes=40), timedelta(minutes=-70)

SETTLE_SECONDS_MAX = 45.0
CREATED = 201

Story = Counter[tuple[str, str]]


class JumpingClock:
    """The machine's clock, moved by `offset`."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.offset


@pytest.fixture
def city_clock() -> JumpingClock:
    return JumpingClock()


async def test_a_clock_that_jumps_changes_nothing(city: OpenCity, city_clock: JumpingClock) -> None:
    quiet = await _lodged(city, "quiet", city_clock, jumps={})
    told = await wait_until(lambda: _settled(city, quiet), SETTLE_SECONDS_MAX, what="a quiet run is told")
    expected = {number % KINDS: told[code] for number, code in quiet.items()}
    assert all(told[code] == expected[number % KINDS] for number, code in quiet.items())

    jumped = await _lodged(city, "jump", city_clock, jumps={5: AHEAD, 12: BACK})
    city_clock.offset = AHEAD  # and time goes on: what was written ahead of it comes to its hour
    sizes = {code: expected[number % KINDS].total() for number, code in jumped.items()}
    told = await wait_until(
        lambda: _settled(city, jumped, sizes), SETTLE_SECONDS_MAX, what="everything is told in spite of the jumps"
    )
    for number, code in jumped.items():
        assert told[code] == expected[number % KINDS], f"petition {number}"
    mails = Counter(mail.message_id for mail in city.sink.mailbox.newest())
    assert set(mails.values()) == {1}, "nobody is told twice"


async def _lodged(city: OpenCity, run: str, clock: JumpingClock, *, jumps: Mapping[int, timedelta]) -> dict[int, str]:
    """Lodge one after the other; the clock jumps by `jumps[n]` before the n-th. Return codes by number."""
    codes: dict[int, str] = {}
    async with httpx.AsyncClient(base_url=city.url, timeout=30) as http:
        for number in range(PETITIONS):
            clock.offset += jumps.get(number, timedelta(0))
            words = {
                0: {"kind": "complaint", "text": "Khiếu nại quyết định xử phạt.", "commune": "00070"},
                1: {"kind": "field_report", "text": "Nắp cống bị vỡ, rất nguy hiểm.", "commune": "00070", "place": "12 Hàng Bài"},
                2: {"kind": "recommendation", "text": "Tôi có một ý kiến."},
                3: {"kind": "field_report", "text": "Rác không ai dọn.", "topic": "rac-thai", "commune": "00004"},
            }[number % KINDS]
            body = words | {"petitioner": {"email": f"{run}-{number}@example.vn"}}
            answer = await http.post("/intake/api/petitions", json=body)
            assert answer.status_code == CREATED, answer.text
            codes[number] = answer.json()["code"]
    return codes


async def _settled(city: OpenCity, codes: Mapping[int, str], sizes: Mapping[str, int] | None = None) -> dict[str, Story] | None:
    """Return the stories, None until audit has of each what all have said (and as much as `sizes` says) and no mail waits."""
    stories: dict[str, Story] = defaultdict(Counter)
    connection = await asyncpg.connect(city.databases["audit"])
    try:
        ids = {
            row["petition_id"]: row["code"]
            for row in await connection.fetch(
                "SELECT petition_id, code FROM petitions WHERE code = ANY($1)", list(codes.values())
            )
        }
        for row in await connection.fetch("SELECT aggregate_id, type, office FROM log WHERE aggregate_id = ANY($1)", list(ids)):
            stories[ids[row["aggregate_id"]]][row["type"], row["office"]] += 1
    finally:
        await connection.close()
    said, waiting = await _said(city, list(ids))
    heard = sum(story.total() for story in stories.values())
    is_enough = all(stories[code].total() >= size for code, size in (sizes or {}).items())
    return stories if len(ids) == len(codes) and said == heard and waiting == 0 and is_enough else None


async def _said(city: OpenCity, ids: list[object]) -> tuple[int, int]:
    """Return how much all services have said of petitions, and how many notices wait."""
    said = waiting = 0
    for service in SERVICES:
        connection = await asyncpg.connect(city.databases[service])
        try:
            said += await connection.fetchval("SELECT count(*) FROM events WHERE aggregate_id = ANY($1)", ids)
            if service == "notify":
                waiting = await connection.fetchval(
                    "SELECT count(*) FROM notices WHERE petition_id = ANY($1) AND state = 'waiting'", ids
                )
        finally:
            await connection.close()
    return said, waiting
