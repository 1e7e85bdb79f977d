"""What petitions are found by: entries and words written in sets, kept right as steps and clocks are heard, and read in pages.

Invariant: an entry says what its petition's steps and clocks say. Whoever writes those locks the entry, then reads them all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.likeness import Place
from services.intake.domain.progress import OPEN, State, Step, What, stand
from services.intake.store.tables import PHRASES, SEARCH_ENTRIES, SEARCH_WORDS
from shared.identity import Sealed
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class Entry:
    """What a petition is found by when it is new. `words` are digests (domain/words.py)."""

    petition_id: UUID
    kind: str
    jurisdiction: str
    commune: str | None
    lodged_at: datetime
    words: Sequence[int]
    place: Place | None = None


_LOCKED = text(
    "SELECT petition_id FROM search_entries WHERE petition_id = ANY(CAST(:ids AS uuid[])) ORDER BY petition_id FOR UPDATE"
)
_STEPS = text(
    "SELECT petition_id, source, version, what, effective_at, office FROM steps WHERE petition_id = ANY(CAST(:ids AS uuid[]))"
)
_NEXT_DUE = text(
    "SELECT petition_id, min(due_at) AS due_at FROM clocks "
    "WHERE petition_id = ANY(CAST(:ids AS uuid[])) AND is_running GROUP BY petition_id"
)
_RESTATE = text(
    """
    UPDATE search_entries e SET office = n.office, state = n.state, is_open = n.is_open, next_due_at = n.next_due_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:offices AS text[]), CAST(:states AS text[]), CAST(:open AS bool[]),
        CAST(:due AS timestamptz[])) AS n (petition_id, office, state, is_open, next_due_at)
    WHERE e.petition_id = n.petition_id
    AND (e.office, e.state, e.is_open, e.next_due_at) IS DISTINCT FROM (n.office, n.state, n.is_open, n.next_due_at)
    """
)


async def insert(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Write entries and words of petitions that no office has yet; those that are there stay as they are."""
    rows = [
        {
            "petition_id": entry.petition_id,
            "kind": entry.kind,
            "jurisdiction": entry.jurisdiction,
            "commune": entry.commune,
            "lodged_at": entry.lodged_at,
            "state": State.LODGED,
            "is_open": True,
            "north": entry.place.north if entry.place else None,
            "east": entry.place.east if entry.place else None,
        }
        for entry in entries
    ]
    words = [{"petition_id": entry.petition_id, "words": list(entry.words)} for entry in entries]
    await bulk.insert(connection, SEARCH_ENTRIES, rows, on_conflict="ON CONFLICT DO NOTHING")
    await bulk.insert(connection, SEARCH_WORDS, words, on_conflict="ON CONFLICT DO NOTHING")


async def restate(connection: AsyncConnection, petitions: Iterable[UUID]) -> None:
    """Bring the entries of `petitions` up to date with their steps and clocks: four statements for any number."""
    wanted = sorted(set(petitions))
    if not wanted:
        return
    ids = list((await connection.execute(_LOCKED, {"ids": wanted})).scalars())
    if not ids:
        return
    steps: dict[UUID, list[Step]] = {petition_id: [] for petition_id in ids}
    for row in await connection.execute(_STEPS, {"ids": ids}):
        steps[row.petition_id].append(Step(row.source, row.version, What(row.what), row.effective_at, row.office))
    due = {row.petition_id: row.due_at for row in await connection.execute(_NEXT_DUE, {"ids": ids})}
    standing = [stand(steps[petition_id]) for petition_id in ids]
    values = {
        "ids": ids,
        "offices": [present.office for present in standing],
        "states": [present.state for present in standing],
        "open": [present.state in OPEN for present in standing],
        "due": [due.get(petition_id) for petition_id in ids],
    }
    await connection.execute(_RESTATE, values)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A petition of before there was a search."""

    petition_id: UUID
    kind: str
    jurisdiction: str
    commune: str | None
    lodged_at: datetime
    sealed: Sealed | None


async def without_phrase(connection: AsyncConnection, *, limit: int) -> list[UUID]:
    """Return denunciations that no phrase leads to: of before there were any. What was erased stays unfound."""
    query = text(
        "SELECT id FROM petitions p WHERE is_sealed AND NOT EXISTS (SELECT 1 FROM phrases s WHERE s.petition_id = p.id) "
        "AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.petition_id = p.id) ORDER BY id LIMIT :limit"
    )
    return list((await connection.execute(query, {"limit": limit})).scalars())


async def give_phrases(connection: AsyncConnection, digests: Sequence[tuple[bytes, UUID]]) -> None:
    """Write by what denunciations are found."""
    rows = [{"digest": digest, "petition_id": petition_id} for digest, petition_id in digests]
    await bulk.insert(connection, PHRASES, rows, on_conflict="ON CONFLICT DO NOTHING")


async def hold_back(connection: AsyncConnection) -> None:
    """Let whoever would write a step or a clock wait until the transaction ends: no entry is there yet that could be locked."""
    await connection.execute(text("LOCK TABLE steps, clocks IN SHARE MODE"))


_UNLISTED = text(
    """
    SELECT p.id, p.kind, p.jurisdiction, CAST(e.body AS json) ->> 'commune' AS commune, p.lodged_at,
        v.wrapped_key, v.nonce, v.ciphertext
    FROM petitions p
    LEFT JOIN vault v ON v.petition_id = p.id
    LEFT JOIN events e ON e.aggregate_id = p.id AND e.type = 'petitions.intake.petition.lodged.v1'
    WHERE NOT p.is_sealed AND NOT EXISTS (SELECT 1 FROM search_entries s WHERE s.petition_id = p.id)
    AND (CAST(:after AS uuid) IS NULL OR p.id > CAST(:after AS uuid))
    ORDER BY p.id LIMIT :limit
    """
)


async def unlisted(connection: AsyncConnection, *, after: UUID | None, limit: int) -> list[Unlisted]:
    """Return petitions that nothing finds yet, by id."""
    rows = await connection.execute(_UNLISTED, {"after": after, "limit": limit})
    return [
        Unlisted(
            row.id,
            row.kind,
            row.jurisdiction,
            row.commune,
            row.lodged_at,
            Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)) if row.ciphertext else None,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; None and empty leave it open. `offices` None: every office, and petitions that have none yet."""

    offices: Sequence[str] | None
    jurisdiction: str | None = None
    code: str | None = None
    words: Sequence[int] = ()
    state: str | None = None
    kind: str | None = None
    commune: str | None = None
    lodged_from: datetime | None = None
    lodged_before: datetime | None = None
    due_before: datetime | None = None
    is_by_due: bool = False
    after: tuple[datetime | None, UUID] | None = None
    limit: int = 50
    reader: str | None = None
    """Who looks, as events name him: what he is excluded from is not found."""


@dataclass(frozen=True, slots=True)
class Found:
    """One petition of a page."""

    petition_id: UUID
    code: str
    kind: str
    state: State
    office: str | None
    commune: str | None
    lodged_at: datetime
    due_at: datetime | None


DENSE = 5_000
"""Petitions with the words asked for, above which they are met often enough on the way through the ordered index."""
_WITH_WORDS = text("SELECT petition_id FROM search_words WHERE words @> CAST(CAST(:words AS text[]) AS bigint[]) LIMIT :limit")
_EXCLUDED = text("SELECT petition_id FROM excluded WHERE person = :reader")
_FILTERS = {
    "code": "e.petition_id = (SELECT id FROM petitions WHERE code = :code)",
    "jurisdiction": "e.jurisdiction = :jurisdiction",
    "offices": "e.office = ANY(CAST(:offices AS text[]))",
    "office": "e.office = :office",
    "state": "e.state = :state",
    "kind": "e.kind = :kind",
    "commune": "e.commune = :commune",
    "lodged_from": "e.lodged_at >= :lodged_from",
    "lodged_before": "e.lodged_at < :lodged_before",
    "due_before": "e.is_open AND COALESCE(e.next_due_at, 'infinity') < :due_before",
    "but": "e.petition_id <> ALL(CAST(:but AS uuid[]))",
    "among": "e.petition_id = ANY(CAST(:among AS uuid[]))",
    # a probe of the petition at hand, never a plan of its own: where many petitions have the words, it is soon right
    "words": """
        (SELECT w.words FROM search_words w WHERE w.petition_id = e.petition_id) @> CAST(CAST(:words AS text[]) AS bigint[])
        """,
}


async def search(connection: AsyncConnection, question: Question) -> list[Found]:
    """Return a page: the newest first, or the open ones by nearest deadline, those without any last."""
    values = _asked(question)
    excluded = (await connection.execute(_EXCLUDED, {"reader": question.reader})).scalars().all()
    if excluded:  # of hardly anybody: so the plans are those of everybody else
        values["but"] = list(excluded)
    if question.words:
        values["words"] = [str(word) for word in question.words]
        holders = await connection.execute(_WITH_WORDS, {"words": values["words"], "limit": DENSE + 1})
        among = list(holders.scalars())
        if len(among) <= DENSE:
            del values["words"]
            values["among"] = among
    rows = await connection.execute(text(_query(question, values)), values)
    return [
        Found(row.petition_id, row.code, row.kind, State(row.state), row.office, row.commune, row.lodged_at, row.next_due_at)
        for row in rows
    ]


def _asked(question: Question) -> dict[str, Any]:
    """Return the values that are asked for, by the name of their filter, with the limit."""
    names = ("jurisdiction", "code", "state", "kind", "commune", "lodged_from", "lodged_before", "due_before")
    values = {name: getattr(question, name) for name in names if getattr(question, name) is not None}
    if question.offices is not None:
        is_one = len(question.offices) == 1
        values |= {"office": question.offices[0]} if is_one else {"offices": list(question.offices)}
    return values | {"limit": question.limit}


def _query(question: Question, values: dict[str, Any]) -> str:
    """Return the statement; put the place where the page begins into `values`."""
    filters = [_FILTERS[name] for name in values if name in _FILTERS]
    key, direction, compared = "e.lodged_at", "DESC", "<"
    if question.is_by_due:
        key, direction, compared = "COALESCE(e.next_due_at, 'infinity')", "ASC", ">"
        filters.append("e.is_open")
    if question.after is not None:
        at, values["after_id"] = question.after
        values |= {"after_at": at} if at else {}
        place = "CAST(:after_at AS timestamptz)" if at else "CAST('infinity' AS timestamptz)"
        filters.append(f"({key}, e.petition_id) {compared} ({place}, CAST(:after_id AS uuid))")
    return f"""
        SELECT e.petition_id, p.code, e.kind, e.state, e.office, e.commune, e.lodged_at, e.next_due_at
        FROM (SELECT * FROM search_entries e WHERE {" AND ".join(filters) or "true"}
            ORDER BY {key} {direction}, e.petition_id {direction} LIMIT :limit) AS e
        JOIN petitions p ON p.id = e.petition_id
        ORDER BY {key} {direction}, e.petition_id {direction}
        """


_BELOW = text(
    """
    WITH RECURSIVE below AS (
        SELECT code FROM offices WHERE code = :office
        UNION SELECT o.code FROM offices o JOIN below b ON o.parent = b.code
    )
    SELECT code FROM below
    """
)
_WHOLE = text(
    "SELECT jurisdiction FROM offices o WHERE code = :office AND parent IS NULL AND EXISTS "
    "(SELECT 1 FROM offices b WHERE b.parent = o.code)"
)


async def whole_of(connection: AsyncConnection, office: str) -> str | None:
    """Return the jurisdiction that an office is at the top of, None where it is not at the top of one."""
    found: str | None = (await connection.execute(_WHOLE, {"office": office})).scalar_one_or_none()
    return found


async def offices_below(connection: AsyncConnection, office: str) -> list[str]:
    """Return an office and every one below it."""
    return list((await connection.execute(_BELOW, {"office": office})).scalars()) or [office]
