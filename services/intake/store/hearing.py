"""What is heard from routing and escalation: steps, clocks, offices. Each written in one statement, repeats without effect."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.places import Commune
from services.intake.domain.progress import Clock, Office, Step
from services.intake.store.tables import CLOCKS, EXCLUDED, MERGED, OFFICES, STEPS
from shared.persistence import bulk

_OFFICE_CHANGED = "ON CONFLICT (code) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}"
    for name in ("jurisdiction", "kind", "name_vi", "name_en", "valid_from", "valid_to", "successors", "parent")
)
_CHANGE_CLOCKS = text(
    """
    UPDATE clocks c SET due_at = n.due_at, is_running = n.is_running
    FROM unnest(CAST(:ids AS uuid[]), CAST(:due AS timestamptz[]), CAST(:running AS bool[]))
        AS n (deadline_id, due_at, is_running)
    WHERE c.deadline_id = n.deadline_id
    """
)


async def add_steps(connection: AsyncConnection, steps: Sequence[tuple[UUID, Step]]) -> None:
    """Write steps of petitions."""
    rows = [
        {
            "petition_id": petition_id,
            "source": step.source,
            "version": step.version,
            "what": step.what,
            "effective_at": step.effective_at,
            "office": step.office,
        }
        for petition_id, step in steps
    ]
    await bulk.insert(connection, STEPS, rows, on_conflict="ON CONFLICT DO NOTHING")


async def put_clocks(connection: AsyncConnection, clocks: Sequence[Clock]) -> None:
    """Write clocks that started; the last of `clocks` with an id counts."""
    latest = {clock.deadline_id: clock for clock in clocks}
    rows = [
        {
            "deadline_id": clock.deadline_id,
            "petition_id": clock.petition_id,
            "rule": clock.rule,
            "due_at": clock.due_at,
            "is_running": clock.is_running,
            "concerns_petitioner": clock.concerns_petitioner,
        }
        for clock in sorted(latest.values(), key=lambda clock: clock.deadline_id)
    ]
    changed = "ON CONFLICT (deadline_id) DO UPDATE SET due_at = excluded.due_at, is_running = excluded.is_running"
    await bulk.insert(connection, CLOCKS, rows, on_conflict=changed)


async def change_clocks(connection: AsyncConnection, clocks: Sequence[Clock]) -> None:
    """Write how clocks that had started moved or ended; the last of `clocks` with an id counts, one never started is nobody's."""
    latest = sorted({clock.deadline_id: clock for clock in clocks}.values(), key=lambda clock: clock.deadline_id)
    if latest:
        values = {
            "ids": [clock.deadline_id for clock in latest],
            "due": [clock.due_at for clock in latest],
            "running": [clock.is_running for clock in latest],
        }
        await connection.execute(_CHANGE_CLOCKS, values)


async def put_offices(connection: AsyncConnection, offices: Sequence[Office]) -> None:
    """Write entries of the directory; the last one of an office counts."""
    latest = {office.code: office for office in offices}
    rows = [
        {
            "code": office.code,
            "jurisdiction": office.jurisdiction,
            "kind": office.kind,
            "name_vi": office.name_vi,
            "name_en": office.name_en,
            "valid_from": office.valid_from,
            "valid_to": office.valid_to,
            "successors": " ".join(office.successors),
            "parent": office.parent,
        }
        for _, office in sorted(latest.items())
    ]
    await bulk.insert(connection, OFFICES, rows, on_conflict=_OFFICE_CHANGED)


async def treat_as(connection: AsyncConnection, kinds: Mapping[UUID, str]) -> None:
    """Note as what kind of petition each one is treated."""
    query = text(
        """
        UPDATE petitions p SET treated_as = n.kind
        FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[])) AS n (id, kind)
        WHERE p.id = n.id AND n.kind <> COALESCE(p.treated_as, p.kind)
        """
    )
    if kinds:
        await connection.execute(query, {"ids": list(kinds), "kinds": list(kinds.values())})


async def name_denounced(connection: AsyncConnection, offices: Mapping[UUID, str]) -> None:
    """Note to which office who is denounced belongs, which was not known before."""
    query = text(
        """
        UPDATE petitions p SET against = n.office
        FROM unnest(CAST(:ids AS uuid[]), CAST(:offices AS text[])) AS n (id, office) WHERE p.id = n.id
        """
    )
    if offices:
        await connection.execute(query, {"ids": list(offices), "offices": list(offices.values())})


async def suggest(connection: AsyncConnection, suggested: Mapping[UUID, bool]) -> None:
    """Note which petitions may be shown to whoever is about to lodge the same."""
    query = text(
        """
        UPDATE search_entries e SET is_suggested = n.is_suggested
        FROM unnest(CAST(:ids AS uuid[]), CAST(:suggested AS bool[])) AS n (id, is_suggested)
        WHERE e.petition_id = n.id AND e.is_suggested <> n.is_suggested
        """
    )
    if suggested:
        await connection.execute(query, {"ids": list(suggested), "suggested": list(suggested.values())})


async def note_topics(connection: AsyncConnection, topics: Mapping[UUID, str | None]) -> None:
    """Note what petitions are about. A denunciation has no entry."""
    query = text(
        """
        UPDATE search_entries e SET topic = n.topic
        FROM unnest(CAST(:ids AS uuid[]), CAST(:topics AS text[])) AS n (id, topic)
        WHERE e.petition_id = n.id AND e.topic IS DISTINCT FROM n.topic
        """
    )
    if topics:
        await connection.execute(query, {"ids": list(topics), "topics": list(topics.values())})


async def tie(connection: AsyncConnection, leads: Mapping[UUID, UUID | None]) -> None:
    """Note which petition each one is dealt with together with, None: by itself again."""
    if not leads:
        return
    await connection.execute(text("DELETE FROM merged WHERE petition_id = ANY(CAST(:ids AS uuid[]))"), {"ids": list(leads)})
    rows = [{"petition_id": petition_id, "lead": lead} for petition_id, lead in leads.items() if lead is not None]
    await bulk.insert(connection, MERGED, rows)


async def exclude(connection: AsyncConnection, excluded: Sequence[tuple[UUID, str]]) -> None:
    """Keep people away from petitions."""
    rows = [{"petition_id": petition_id, "person": person} for petition_id, person in excluded]
    await bulk.insert(connection, EXCLUDED, rows, on_conflict="ON CONFLICT DO NOTHING")


async def offices_above(connection: AsyncConnection, jurisdiction: str) -> dict[str, str | None]:
    """Return every office of a jurisdiction with the one above it, None above the highest."""
    rows = await connection.execute(text("SELECT code, parent FROM offices WHERE jurisdiction = :j"), {"j": jurisdiction})
    return {row.code: row.parent for row in rows}


async def communes(connection: AsyncConnection, jurisdiction: str) -> list[Commune]:
    """Return the communes of a jurisdiction; their code without the jurisdiction's prefix."""
    query = text(
        "SELECT code, name_vi, valid_from, valid_to, successors FROM offices WHERE jurisdiction = :j AND kind = 'commune'"
    )
    prefix = f"{jurisdiction}-"
    return [
        Commune(
            code=row.code.removeprefix(prefix),
            name=row.name_vi,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            successors=tuple(code.removeprefix(prefix) for code in row.successors.split()),
        )
        for row in await connection.execute(query, {"j": jurisdiction})
    ]
