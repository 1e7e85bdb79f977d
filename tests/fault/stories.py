"""Five hundred petitions lodged at once, whatever happens meanwhile, and what has become of each in the end."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from deploy.names import DATABASE, SERVICES
from shared.testing import wait_until
from tests.fault.fleets import Fleet

PETITIONS = 500
KINDS = 10
CLERKS = 16
LODGE_SECONDS_MAX = 90.0
SETTLE_SECONDS_MAX = 120.0
CREATED = 201
TRY_AGAIN_SECONDS = 0.2

Story = Counter[tuple[str, str, str]]
"""Everything that was said of a petition: type, office, rule; how often."""


def petition(run: str, number: int) -> dict[str, Any]:
    """Return the petition of a number: ten kinds of story, every second petitioner with an address."""
    story = number % KINDS
    words = {
        0: {"kind": "complaint", "text": "Khiếu nại quyết định xử phạt.", "commune": "00070"},
        1: {"kind": "field_report", "text": "Nắp cống bị vỡ, rất nguy hiểm.", "commune": "00070", "place": "12 Hàng Bài"},
        2: {"kind": "recommendation", "text": "Tôi có một ý kiến."},
        3: {"kind": "field_report", "text": "Rác không ai dọn.", "topic": "rac-thai", "commune": "00004"},
        4: {"kind": "denunciation", "text": "Tôi tố cáo."},
    }[story % 5]
    contact = {"petitioner": {"email": f"{run}-{number}@example.vn"}} if story % 2 else {}
    return words | contact


async def lodge_all(
    fleet: Fleet, run: str, *, after: Mapping[int, Callable[[], Awaitable[None]]], petitions: int = PETITIONS
) -> dict[UUID, int]:
    """Lodge every petition, each until it has its receipt; call `after[n]` when n receipts were given. Return numbers by id."""
    numbers, given = iter(range(petitions)), count(1)
    events: list[asyncio.Task[None]] = []

    async def clerk(http: httpx.AsyncClient) -> None:
        for number in numbers:
            await _lodge(http, fleet.url("intake"), run, number)
            event = after.get(next(given))
            if event is not None:
                events.append(asyncio.ensure_future(event()))

    async with asyncio.timeout(LODGE_SECONDS_MAX), httpx.AsyncClient(timeout=10) as http:
        await asyncio.gather(*(clerk(http) for _ in range(CLERKS)))
        await asyncio.gather(*events)
    return await _receipts(fleet, run, petitions)


async def _receipts(fleet: Fleet, run: str, petitions: int) -> dict[UUID, int]:
    """Return the number of each petition by its id, which the receipt of a denunciation does not name."""
    connection = await _connected(fleet)
    try:
        rows = await connection.fetch("SELECT key, petition_id FROM intake.receipts WHERE key LIKE $1", f"{run}-%")
    finally:
        await connection.close()
    found = {row["petition_id"]: int(row["key"].removeprefix(f"{run}-")) for row in rows}
    assert sorted(found.values()) == list(range(petitions))
    return found


async def _connected(fleet: Fleet) -> asyncpg.Connection:
    return await asyncpg.connect(fleet.postgres.url_of("postgres", fleet.postgres.password, database=DATABASE))


async def _lodge(http: httpx.AsyncClient, url: str, run: str, number: int) -> None:
    """Ask with the same key until there is an answer, as a good client does."""
    while True:
        try:
            headers = {"Idempotency-Key": f"{run}-{number:05}"}
            answer = await http.post(f"{url}/api/petitions", json=petition(run, number), headers=headers)
        except httpx.TransportError:
            await asyncio.sleep(TRY_AGAIN_SECONDS)
            continue
        if answer.status_code == CREATED:
            return
        assert answer.status_code >= 500, answer.text
        await asyncio.sleep(TRY_AGAIN_SECONDS)


@dataclass(frozen=True)
class EndState:
    """What has become of a run: each petition's story, what audit has of it, which mails went out."""

    stories: Mapping[UUID, Story]
    audited: Counter[UUID]
    said: Counter[UUID]
    repeats_without_mark: Sequence[str]


async def settled(fleet: Fleet, receipts: Mapping[UUID, int], expected: Mapping[int, int]) -> EndState:
    """Wait until as much was said of every petition as in a quiet run (`expected` by story), then read everything."""
    connection = await _connected(fleet)
    try:
        wanted = {key: expected.get(number % KINDS, 1) for key, number in receipts.items()}

        async def all_is_said() -> bool:
            rows = await connection.fetch(
                "SELECT aggregate_id, count(*) AS said FROM audit.log WHERE aggregate_id = ANY($1) GROUP BY 1", list(wanted)
            )
            heard = {row["aggregate_id"]: row["said"] for row in rows}
            return all(heard.get(key, 0) >= number for key, number in wanted.items())

        await wait_until(all_is_said, SETTLE_SECONDS_MAX, what="everything is said")
        return await _end_state(fleet, connection, list(receipts))
    finally:
        await connection.close()


async def quiet(fleet: Fleet, receipts: Mapping[UUID, int]) -> dict[int, Story]:
    """Return the story of each kind in a run without faults: settled when nothing was added for two seconds."""
    sizes: list[int] = []

    async def nothing_more() -> bool:
        await asyncio.sleep(0.5)
        state = await settled(fleet, receipts, {})
        sizes.append(sum(state.said.values()))
        return len(sizes) > 4 and len(set(sizes[-4:])) == 1

    await wait_until(nothing_more, SETTLE_SECONDS_MAX, what="silence")
    state = await settled(fleet, receipts, {})
    by_kind: dict[int, list[Story]] = defaultdict(list)
    for key, number in receipts.items():
        by_kind[number % KINDS].append(state.stories[key])
    for kind, stories in by_kind.items():
        assert all(story == stories[0] for story in stories), f"petitions of kind {kind} differ in a quiet run"
    return {kind: stories[0] for kind, stories in by_kind.items()}


async def _end_state(fleet: Fleet, connection: asyncpg.Connection, ids: list[UUID]) -> EndState:
    stories: dict[UUID, Story] = {key: Counter() for key in ids}
    said: Counter[UUID] = Counter()
    own: set[str] = set()
    marked: set[str] = set()
    for service in SERVICES:
        rows = await connection.fetch(
            f"SELECT id, aggregate_id, type, office, body FROM {service}.events WHERE aggregate_id = ANY($1)", ids
        )
        for row in rows:
            body = json.loads(row["body"])
            stories[row["aggregate_id"]][row["type"], row["office"], f"{body.get('rule', '')}{body.get('about', '')}"] += 1
            said[row["id"]] += 1
            own.add(body.get("message_id", ""))
            if body.get("is_possible_repeat"):
                marked.add(body["message_id"])
    rows = await connection.fetch("SELECT id FROM audit.log WHERE aggregate_id = ANY($1)", ids)
    audited = Counter(row["id"] for row in rows)
    sent = await _message_ids(fleet)
    return EndState(stories, audited, said, [key for key, times in sent.items() if times > 1 and key in own - marked])


async def _message_ids(fleet: Fleet) -> Counter[str]:
    """Return how often each mail arrived."""
    found: Counter[str] = Counter()
    before: str | None = None
    async with httpx.AsyncClient(timeout=30) as http:
        while True:
            asked = {"limit": "500"} | ({"before": before} if before else {})
            page = (await http.get(fleet.url("demo").replace("/demo", "/mail/api/messages"), params=asked)).json()
            found.update(mail["message_id"] for mail in page["items"])
            before = page["next"]
            if before is None:
                return found
