"""Composition root: builds the service once, starts and stops it. Also the calendar check for the command line."""

from collections.abc import Mapping
from pathlib import Path

from services.escalation import api
from services.escalation.bus import DURABLE, NAME, Ears
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.settings import PREFIX, RULES, Settings
from services.escalation.timers import Chores, Sweep
from services.escalation.wire.derivations import Proof, verify_file
from services.escalation.wire.rulebook import read_law
from services.escalation.wire.rules_check import CheckedRules, check_directory
from services.escalation.wire.rules_page import page
from services.escalation.wire.vectors import Checked, check_file
from shared.identity import TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Repeats, Service, build_app, load_settings

__all__ = [
    "DURABLE",
    "NAME",
    "RULES",
    "Checked",
    "CheckedRules",
    "Proof",
    "build",
    "check_calendar",
    "check_rules",
    "rules_page",
    "verify_derivations",
]

EXAMPLES = Path(__file__).with_name("examples.json")


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service as the environment describes it. Raises Malformed listing every mistake."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    lawbook = Lawbook(settings.law())
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    ears = Ears(database=database, bus=settings.bus, lawbook=lawbook, clock=clock)
    sweep = Sweep(database, clock, lawbook, is_current=ears.is_current, pace_seconds=settings.sweep_pace_seconds)
    chores = Chores(database, clock, lawbook, is_current=ears.is_current)

    async def readiness() -> list[str]:
        return [*await ears.participant.problems(), *sweep.problems(), *chores.problems()]

    async def start() -> None:
        await ears.participant.start()
        await sweep.start()
        await chores.start()

    async def stop() -> None:
        await chores.stop()
        await sweep.stop()
        await ears.participant.stop()
        await database.close()

    app = build_app(
        name=NAME,
        routers=[api.router(database, lawbook, clock)],
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        examples=EXAMPLES,
        repeats=Repeats(database),
        readiness=readiness,
        parked=ears.participant.parked,
        events=ears.participant.part,
        ledger=database,
    )
    return Service(name=NAME, app=app, start=start, stop=stop)


def check_calendar(file: Path) -> Checked:
    """Check the calendar engine against a file of vectors. Raises Malformed where the file cannot be read."""
    return check_file(file)


def verify_derivations(file: Path) -> list[Proof]:
    """Count every derivation of an exported file again, offline. Raises Malformed where the file cannot be read."""
    return verify_file(file)


def check_rules(directory: Path) -> CheckedRules:
    """Find every mistake in a directory of rule files."""
    return check_directory(directory)


def rules_page(directory: Path) -> str:
    """Return docs/rules.md as the rules give it. Raises Malformed where they cannot be read."""
    return page(read_law(directory))
