"""Why this office, and who would get what by another table: nothing is changed by asking."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.routing.domain.competence import DENUNCIATION, Judged, Table, Why, judged, route
from services.routing.handlers.rerouting import Rules
from services.routing.handlers.tabling import digest_of
from services.routing.store import petitions as store
from services.routing.store import tables
from services.routing.store.petitions import Petition
from services.routing.store.tables import Tried
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
    """A petition that another table would give to another office."""

    code: str
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
    if petition.routed_by is not None and petition.routed_by not in {item.rule for item in found}:
        found = [replace(item, why=Why.AFTER) if item.why is Why.DECIDED else item for item in found]  # what comes before it did
    return Explained(petition, on, found)


@dataclass(frozen=True, slots=True)
class Previewed:
    """How many of the last petitions were asked about, which would go elsewhere, and how many denunciations are among those.

    Denunciations are counted and never listed.
    """

    petitions: int
    changes: Sequence[Change]
    denunciations: int


async def preview(database: Database, content: str, table: Table, rules: Rules, *, now: datetime, last: int) -> Previewed:
    """Return what `table` would give to another office, and keep that it was tried."""
    today = now.astimezone(zone_of(table.jurisdiction)).date()
    async with database.transaction() as tx:
        found = await store.latest(tx.connection, table.jurisdiction, limit=last)
        changed = [(petition, _changed(petition, table, rules, today)) for petition in found]
        changes = [change for petition, change in changed if change is not None and petition.kind != DENUNCIATION]
        sealed = sum(change is not None and petition.kind == DENUNCIATION for petition, change in changed)
        await tables.note_tried(tx.connection, digest_of(content), Tried(len(found), len(changes) + sealed), now=now)
    return Previewed(len(found), changes, sealed)


def _changed(petition: Petition, table: Table, rules: Rules, today: date) -> Change | None:
    question = petition.question
    before = route(question, tables=rules.tables, directory=rules.directory, today=today)
    after = route(question, tables=[table], directory=rules.directory, today=max(today, table.valid_from))
    if before is None or after is None or before.office == after.office:
        return None
    return Change(
        code=petition.code,
        kind=petition.kind,
        topic=petition.topic,
        commune=petition.commune,
        from_office=before.office,
        from_rule=before.rule,
        to_office=after.office,
        to_rule=after.rule,
    )
