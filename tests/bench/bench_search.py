"""Search among 1,000,000 petitions: first pages by code, words, office, state, clock, place and date; an office's queue.

Words follow Zipf's law over as many syllables as Vietnamese has without accents, 40 to a petition; offices and communes differ in
size as much. The rows are written by COPY, what is measured is the served door. Limits: first page 100 ms, queue 50 ms (p95).
Run: ``python -m tests.bench.bench_search [--petitions N]``
"""

import argparse
import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from urllib.parse import urlencode
from uuid import UUID

import asyncpg

from deploy.bus import jetstream
from deploy.house import durables
from deploy.local.processes import free_port
from deploy.local.servers import SUPERUSER
from services.intake.domain.code import ENTROPY_BYTES, mint
from services.intake.handlers.lodging import words_of
from shared.identity import Ciphers, EnvelopeCipher
from shared.messaging.topology import provision
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.bench.bench_intake import intake_environ
from tests.bench.bench_reads import Reader, is_ready, read, served
from tests.bench.engines import Engines, running_engines
from tests.bench.proc import percentile, report

PETITIONS = 1_000_000
SYLLABLES = 2_500
WORDS_EACH = 40
OFFICES, COMMUNES = 150, 126
OPEN_SHARE = 0.2
NOW = datetime(2026, 11, 20, tzinfo=UTC)
YEARS = 5
PAGE_LIMIT_MS, QUEUE_LIMIT_MS = 100.0, 50.0
REQUESTS, WARM_UP = 300, 50
MASTER = "ab" * 32
DAY, NIGHT = "ban", "dem"
"""Two words that half of the petitions have, but never both."""
_CHUNK = 20_000

Rows = list[tuple[object, ...]]


@dataclass(slots=True)
class City:
    """A city's petitions, the same in every run."""

    petitions: int
    generator: random.Random
    codes: list[str]

    def rows(self) -> Iterator[tuple[Rows, Rows, Rows]]:
        """Yield rows of petitions, entries and words."""
        cipher = Ciphers(EnvelopeCipher(bytes.fromhex(MASTER)), EnvelopeCipher(bytes.fromhex(MASTER)))
        digests = [words_of(cipher, f"tu{rank}")[0] for rank in range(SYLLABLES)]
        halves = [words_of(cipher, word)[0] for word in (DAY, NIGHT)]
        ranks = list(accumulate(1 / (rank + 1) for rank in range(SYLLABLES)))
        step = timedelta(days=365 * YEARS) / self.petitions
        for start in range(0, self.petitions, _CHUNK):
            chosen = self.generator.choices(digests, cum_weights=ranks, k=_CHUNK * WORDS_EACH)
            petitions: Rows = []
            entries: Rows = []
            words: Rows = []
            for number in range(min(_CHUNK, self.petitions - start)):
                petition_id = UUID(int=self.generator.getrandbits(128))
                at = NOW - step * (self.petitions - start - number)
                code = mint(self.generator.randbytes(ENTROPY_BYTES))
                self.codes.append(code)
                petitions.append((petition_id, code, "field_report", "hanoi", "vi", False, at, at))
                entries.append((petition_id, "field_report", "hanoi", self._commune(), at, self._office(), *self._standing(at)))
                text = {*chosen[number * WORDS_EACH : (number + 1) * WORDS_EACH], halves[number % 2]}
                words.append((petition_id, list(text)))
            yield petitions, entries, words

    def _standing(self, at: datetime) -> tuple[str, bool, datetime | None]:
        if self.generator.random() > OPEN_SHARE:
            return self.generator.choice(("answered", "closed", "closed", "refused")), False, None
        state = self.generator.choice(("routed", "accepted", "accepted", "accepted", "suspended"))
        return state, True, None if state == "suspended" else at + timedelta(days=self.generator.randint(5, 60))

    def _office(self) -> str:
        return f"hanoi-{zipf(self.generator, OFFICES):03}"

    def _commune(self) -> str:
        return f"{zipf(self.generator, COMMUNES):05}"


def zipf(generator: random.Random, size: int) -> int:
    """Return a number from 0 to `size` - 1, the first ones most often (density 1 / rank)."""
    return int((size + 1) ** generator.random()) - 1


@dataclass(frozen=True, slots=True)
class Asking:
    """A kind of question: what is asked, and by whom (None: an auditor, who sees all)."""

    name: str
    asked: Callable[[random.Random], dict[str, str]]
    office: str | None = None
    limit_ms: float = PAGE_LIMIT_MS


def askings(city: City) -> list[Asking]:
    """Return every kind of question."""

    def words(count: int) -> Callable[[random.Random], dict[str, str]]:
        return lambda g: {"q": " ".join(f"tu{zipf(g, SYLLABLES)}" for _ in range(count))}

    largest, middling, smallest = "hanoi-000", "hanoi-020", f"hanoi-{OFFICES - 1:03}"
    return [
        Asking("newest", lambda g: {}),
        Asking("code", lambda g: {"q": g.choice(city.codes)}),
        Asking("one word", words(1)),
        Asking("two words", words(2)),
        Asking("three words", words(3)),
        Asking("two words in half of all, never together", lambda g: {"q": f"{DAY} {NIGHT}"}),
        Asking("two words, largest office", words(2), largest),
        Asking("two words, smallest office", words(2), smallest),
        Asking(
            "two words, commune, state", lambda g: words(2)(g) | {"commune": f"{g.randrange(COMMUNES):05}", "state": "closed"}
        ),
        Asking("state", lambda g: {"state": g.choice(("routed", "suspended", "closed", "withdrawn"))}),
        Asking("office, state", lambda g: {"state": g.choice(("routed", "suspended", "withdrawn"))}, largest),
        Asking("commune, days", lambda g: {"commune": f"{g.randrange(COMMUNES):05}"} | _days(g)),
        Asking("overdue everywhere", lambda g: {"overdue": "true"}),
        Asking("queue by deadline, largest office", lambda g: {"order": "due"}, largest, QUEUE_LIMIT_MS),
        Asking("queue by deadline, middling office", lambda g: {"order": "due"}, middling, QUEUE_LIMIT_MS),
        Asking("queue by deadline, smallest office", lambda g: {"order": "due"}, smallest, QUEUE_LIMIT_MS),
    ]


def _days(generator: random.Random) -> dict[str, str]:
    first = NOW - timedelta(days=generator.randrange(30, 365 * YEARS))
    return {"lodged_from": first.date().isoformat(), "lodged_to": (first + timedelta(days=30)).date().isoformat()}


async def fill(engines: Engines, city: City) -> None:
    """Write the petitions; the words are indexed when all are there."""
    connection = await asyncpg.connect(engines.postgres.url_of(SUPERUSER, engines.postgres.password, database="bench"))
    await connection.execute("SET search_path = intake; SET maintenance_work_mem = '512MB'; DROP INDEX search_words_all")
    entries = ("petition_id", "kind", "jurisdiction", "commune", "lodged_at", "office", "state", "is_open", "next_due_at")
    rows = ("id", "code", "kind", "jurisdiction", "language", "is_sealed", "lodged_at", "recorded_at")
    for petitions, listed, words in city.rows():
        await connection.copy_records_to_table("petitions", records=petitions, columns=rows, schema_name="intake")
        await connection.copy_records_to_table("search_entries", records=listed, columns=entries, schema_name="intake")
        await connection.copy_records_to_table("search_words", records=words, schema_name="intake")
    communes = [
        (f"hanoi-{number:05}", "hanoi", "commune", f"Xã {number}", f"Commune {number}", NOW.date(), "")
        for number in range(COMMUNES)
    ]
    columns = ("code", "jurisdiction", "kind", "name_vi", "name_en", "valid_from", "successors")
    await connection.copy_records_to_table("offices", records=communes, columns=columns, schema_name="intake")
    await connection.execute("CREATE INDEX search_words_all ON search_words USING gin (words)")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def prepared(engines: Engines) -> str:
    async with jetstream(engines.bus) as js:
        await provision(js, durables(["intake"]))
    return (await engines.schemas("intake"))["intake"]


def asker(asking: Asking, issuer: KeyIssuer) -> Callable[[], bytes]:
    generator = random.Random(5)  # noqa: S311 - the same questions in every run
    roles, office = (["auditor"], None) if asking.office is None else (["officer"], asking.office)
    token = issuer.token("nguoidoc", roles=roles, office=office)

    def request() -> bytes:
        path = f"/intake/api/search?{urlencode(asking.asked(generator))}"
        return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()

    return request


async def measure(engines: Engines, city: City, port: int, process: object, issuer: KeyIssuer) -> dict[str, object]:
    rows: dict[str, object] = {"petitions": city.petitions}
    pages: list[float] = []
    for asking in askings(city):
        reader = Reader("intake", port, process, asker(asking, issuer))  # type: ignore[arg-type]  # only asked here
        await read(reader, clients=1, requests=WARM_UP)
        seen, _ = await read(reader, clients=1, requests=REQUESTS)
        p50, p95, worst = [percentile(seen.latencies, percent) * 1000 for percent in (50, 95, 100)]
        rows[asking.name] = f"p50 {p50:.1f} p95 {p95:.1f} max {worst:.1f} ms; p95 / limit {p95 / asking.limit_ms:.2f}"
        pages += seen.latencies if asking.limit_ms == PAGE_LIMIT_MS else []
    p95 = percentile(pages, 95) * 1000
    return rows | {"first pages, all kinds": f"p95 {p95:.1f} ms; p95 / limit {p95 / PAGE_LIMIT_MS:.2f}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--petitions", type=int, default=PETITIONS)
    city = City(parser.parse_args().petitions, random.Random(3), [])  # noqa: S311 - the same city in every run
    with running_engines() as engines, ExitStack() as stack:
        url = asyncio.run(prepared(engines))
        asyncio.run(fill(engines, city))
        issuer, port = stack.enter_context(serving_issuer(engines.var)), free_port()
        process = stack.enter_context(served("intake", port, intake_environ(engines, url) | issuer.environ))

        async def work() -> dict[str, object]:
            await wait_until(partial(is_ready, Reader("intake", port, process, bytes)), 60, what="intake is ready")
            return await measure(engines, city, port, process, issuer)

        report("search", asyncio.run(work()))


if __name__ == "__main__":
    main()
