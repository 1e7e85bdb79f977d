"""Composition root of routing: builds everything once, starts and stops it."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter

from services.routing.api.acts import acts_router, legal_acts_router, merging_router, moving_router
from services.routing.api.directory import directory_router
from services.routing.api.doors import Doors
from services.routing.api.excluding import excluding_router
from services.routing.api.explaining import competence_router, explaining_router
from services.routing.api.internal import internal_router
from services.routing.api.looking import looking_router
from services.routing.api.names import register_words
from services.routing.api.proposals import proposals_router
from services.routing.api.requests import REQUESTS
from services.routing.api.revealing import revealing_router
from services.routing.api.topics import learning_router, topics_router
from services.routing.bus import DURABLE, NAME, participant
from services.routing.domain.rights import FIELDS
from services.routing.gateways import EscalationLaw, IntakeTexts
from services.routing.handlers.directing import DirectoryBook, load
from services.routing.handlers.routing import Policy
from services.routing.handlers.suggesting import Topics
from services.routing.handlers.tabling import TableBook
from services.routing.settings import PREFIX, Settings
from services.routing.wire.acts_matrix import acts_matrix
from services.routing.wire.competence_files import check_together, shipped_lexicon, shipped_tables
from services.routing.wire.directory_file import LoadedDirectory, read_directory, shipped_directories
from services.routing.wire.procedure_files import shipped_procedures
from services.routing.wire.procedures_page import page
from services.routing.wire.topic_model_file import model_in
from shared.identity import Ciphers, ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.messaging.commands import Commands
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database
from shared.web import Repeats, Service, build_app, load_settings

__all__ = ["DURABLE", "FIELDS", "NAME", "LoadedDirectory", "build", "check_directory"]

EXAMPLES = Path(__file__).with_name("examples.json")

LOADER = "service:routing"
_OWN_KEYS = re.compile(r"/api/(petitions/[^/]+/(?!(exclusions|denounced)$)[^/]+|internal/.+)")


def check_directory(content: str) -> LoadedDirectory:
    """Return the directory that `content` (YAML) holds. Raises Malformed naming every line that is not right."""
    return read_directory(content)


def check_procedures() -> int:
    """Return how many procedures come with this service. Raises Malformed naming every mistake."""
    return len(shipped_procedures())


def rights_to_act() -> str:
    """Return who may do what to a petition, for docs/rights.md. Raises Malformed where the procedures cannot be read."""
    return acts_matrix(shipped_procedures())


def procedures_page() -> str:
    """Return docs/procedures.md as the procedures give it. Raises Malformed where they cannot be read."""
    return page(shipped_procedures())


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service. Raises Malformed listing every setting, or every line of a data file, that is not right."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    directories = shipped_directories()
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    tokens = ServiceTokens(settings.identity.service_secret_file, NAME)
    texts, law = IntakeTexts(settings.intake_url, tokens, clock), EscalationLaw(settings.escalation_url, tokens, clock)
    policy = _policy(database, directories, texts, clock)
    bus = participant(database=database, bus=settings.bus, policy=policy)
    doors = _doors(settings, database=database, policy=policy, law=law)
    shipped = ShippedDirectories(database, directories, clock)

    async def readiness() -> list[str]:
        return [*shipped.troubles.values(), *await bus.problems()]

    app = build_app(
        name=NAME,
        routers=routers(doors),
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        examples=EXAMPLES,
        repeats=Repeats(doors.database, doors.cipher.ordinary, own_keys),
        readiness=readiness,
        parked=bus.parked,
        events=bus.part,
        ledger=doors.database,
    )

    bus.commands = Commands(app, service=NAME, acts=frozenset(REQUESTS))

    async def start() -> None:
        shipped.start()
        await bus.start()

    async def stop() -> None:
        for part in (shipped.stop, bus.stop, texts.close, law.close, database.close):
            await part()

    return Service(name=NAME, app=app, start=start, stop=stop)


def _policy(database: Database, directories: Sequence[LoadedDirectory], texts: IntakeTexts, clock: Clock) -> Policy:
    """Return what decides, from the data files that come with the program. Raises Malformed where they do not fit together."""
    procedures, tables, lexicon = shipped_procedures(), shipped_tables(), shipped_lexicon()
    register_words(procedures)
    check_together(tables, directories, lexicon)
    return Policy(
        tables=TableBook(database, tables, frozenset(lexicon.topics)),
        lexicon=lexicon,
        texts=texts,
        book=DirectoryBook(database),
        clock=clock,
        procedures=procedures,
    )


def routers(doors: Doors) -> list[APIRouter]:
    """Return every door of this service."""
    return [
        acts_router(doors),
        moving_router(doors),
        merging_router(doors),
        legal_acts_router(doors),
        proposals_router(doors),
        excluding_router(doors),
        revealing_router(doors),
        looking_router(doors),
        explaining_router(doors),
        competence_router(doors),
        directory_router(doors),
        topics_router(doors),
        learning_router(doors),
        internal_router(doors),
    ]


def own_keys(path: str) -> bool:
    """Say which doors remember idempotency keys in the transaction of their act."""
    return _OWN_KEYS.fullmatch(path) is not None


def _doors(settings: Settings, *, database: Database, policy: Policy, law: EscalationLaw) -> Doors:
    return Doors(
        database=database,
        cipher=Ciphers.from_files(settings.master_key_file, settings.sealed_key_file),
        book=policy.book,
        topics=Topics(policy.lexicon, model_in(settings.topic_model_file, policy.lexicon), policy.texts),
        clock=policy.clock,
        law=law,
        alone_within=timedelta(hours=settings.backdating_hours_max),
        procedures=policy.procedures,
        tables=policy.tables,
    )


@dataclass(slots=True)
class ShippedDirectories:
    """Loads the directories that come with the program, as soon as the database can be had."""

    database: Database
    directories: Sequence[LoadedDirectory]
    clock: Clock
    troubles: dict[str, str] = field(default_factory=dict)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.troubles["directory"] = "the directory of offices is not loaded yet"
        loop = keep_doing("directory", self._load, problems=self.troubles, until=self._loaded)
        self._task = asyncio.create_task(loop, name="routing-directory")

    async def stop(self) -> None:
        self._loaded.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _load(self) -> None:
        async with self.database.transaction() as tx:
            for directory in self.directories:
                await load(tx, directory, actor=LOADER, now=self.clock.now(), is_shipped=True)
        self._loaded.set()
