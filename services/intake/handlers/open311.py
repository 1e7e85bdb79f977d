"""What clients of Open311 ask: reports with the names of what they name, their history, what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.intake.domain.open311 import Note, Page, Question, Report, notes_of
from services.intake.domain.places import Commune
from services.intake.store import hearing, reading
from services.intake.store import open311 as store
from services.intake.wire.open311 import Names, commune_office
from shared.kernel.refusals import Unknown
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class Found:
    """Reports, the names of their offices and communes, and the history of each by its code where it is asked for."""

    reports: Sequence[Report]
    offices: Names
    notes: dict[str, list[Note]] | None = None


async def reports(question: Question, database: Database, *, with_notes: bool) -> Found:
    """Return what is asked for."""
    async with database.reading() as connection:
        found = await store.reports(connection, question)
        named = {code for item in found for code in (item.office, commune_office(item.commune)) if code}
        names = await reading.office_names(connection, named) if named else {}
        if not with_notes:
            return Found(found, names)
        steps = await store.steps_of(connection, [item.petition_id for item in found])
        return Found(found, names, {item.code: notes_of(item.code, steps[item.petition_id]) for item in found})


async def report(code: str | None, database: Database, *, now: datetime, with_notes: bool) -> Found:
    """Return the report with a code. Raises Unknown: what is no field report is as little there as what nobody lodged."""
    found = await reports(Question(now, now, codes=(code,)), database, with_notes=with_notes) if code else None
    if found is None or not found.reports:
        raise Unknown("no request has this number", code="open311_request")
    return found


async def changes(
    database: Database, *, start: datetime, before: datetime, codes: Sequence[str] | None, page: Page
) -> list[Note]:
    """Return what changed within a time, each step with the status that it left its report in."""
    async with database.reading() as connection:
        found = await store.changed(connection, start=start, before=before, codes=codes, page=page)
        steps = await store.steps_of(connection, list({petition_id for petition_id, _, _ in found}))
    code_of = {petition_id: code for petition_id, code, _ in found}
    notes = {
        (petition_id, note.step.source, note.step.version): note
        for petition_id, known in steps.items()
        for note in notes_of(code_of[petition_id], known)
    }
    return [notes[petition_id, step.source, step.version] for petition_id, _, step in found]


async def living_communes(database: Database, jurisdiction: str, *, today: date) -> list[Commune]:
    """Return the communes of today, by their number."""
    async with database.reading() as connection:
        known = await hearing.communes(connection, jurisdiction)
    return sorted((commune for commune in known if commune.is_valid_on(today)), key=lambda commune: commune.code)
