"""Why this office, and who would get what by another table: nothing is changed by asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.routing.domain.competence import Judged, Table, judged, route
from services.routing.handlers.rerouting import Rules
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from services.routing.wire.events import zone_of
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class Explained:
    """Where a petition is, on what basis, and what became of each rule on the legal day on which it was lodged."""

    petition: Petition
    on: date
    rules: Sequence[Judged]


@dataclass(frozen=True, slots=True)
class Change:
    """A petition that another table would give to another office. `code` is None of a denunciation."""

    code: str | None
    kind: str
    topic: str | None
    commune: str | None
    from_office: str
    from_rule: str | None
    to_office: str
    to_rule: str | None


def explain(petition: Petition, rules: Rules) -> Explained:
    """Judge the rules of the day on which a petition was lodged by what it is."""
    on = petition.lodged_at.astimezone(zone_of(petition.jurisdiction)).date()
    found = judged(petition.question, tables=rules.tables, directory=rules.directory, today=on)
    return Explained(petition, on, found)


async def preview(database: Database, table: Table, rules: Rules, *, now: datetime, last: int) -> tuple[int, list[Change]]:
    """Return how many of the last petitions were asked about, and those that `table` would give to another office."""
    today = now.astimezone(zone_of(table.jurisdiction)).date()
    async with database.reading() as connection:
        found = await store.latest(connection, table.jurisdiction, limit=last)
    changes = [_changed(petition, table, rules, today) for petition in found]
    return len(found), [change for change in changes if change is not None]


def _changed(petition: Petition, table: Table, rules: Rules, today: date) -> Change | None:
    question = petition.question
    before = route(question, tables=rules.tables, directory=rules.directory, today=today)
    after = route(question, tables=[table], directory=rules.directory, today=max(today, table.valid_from))
    if before is None or after is None or before.office == after.office:
        return None
    return Change(
        code=None if petition.is_sealed else petition.code,
        kind=petition.kind,
        topic=petition.topic,
        commune=petition.commune,
        from_office=before.office,
        from_rule=before.rule,
        to_office=after.office,
        to_rule=after.rule,
    )
