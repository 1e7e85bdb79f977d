"""Petitions as the procedure sees them: written in sets when routed, one by one when an officer acts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, Row, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.case import Case
from services.routing.domain.competence import DENUNCIATION, Basis, Question
from services.routing.domain.definition import ENDINGS, State
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.rights import is_for_head_alone
from shared.persistence import bulk

_PETITIONS = Table(
    "petitions",
    MetaData(),
    Column("id", Uuid),
    Column("code", Text),
    Column("kind", Text),
    Column("jurisdiction", Text),
    Column("topic", Text),
    Column("commune", Text),
    Column("urgency", Text),
    Column("is_physical", Boolean),
    Column("is_sealed", Boolean),
    Column("is_imported", Boolean),
    Column("lodged_at", DateTime(timezone=True)),
    Column("correlation_id", Uuid),
    Column("office", Text),
    Column("basis", Text),
    Column("state", Text),
    Column("procedure", Text),
    Column("ending", Text),
    Column("version", Integer),
    Column("transfers", Integer),
    Column("last_act_at", DateTime(timezone=True)),
    Column("came_from", Text),
    Column("returned", Text),
    Column("requests", Integer),
    Column("steps", Text),
    Column("answered_on", Date),
    Column("contests", Integer),
    Column("follows", Uuid),
    Column("against", Text),
    Column("against_rank", Text),
    Column("spans", Boolean),
    Column("is_over_the_head", Boolean),
    Column("excluded", Text),
    Column("routed_by", Text),
    Column("merged_into", Uuid),
    Column("members", Integer),
    Column("topic_origin", Text),
    Column("added_at", DateTime(timezone=True)),
    Column("is_at_place", Boolean),
)
_EVIDENCE = Table("evidence", MetaData(), Column("petition_id", Uuid), Column("id", Uuid))
_SAVED = (
    *("kind", "procedure", "state", "office", "basis", "ending", "transfers", "came_from", "requests", "answered_on"),
    *("contests", "is_over_the_head", "merged_into", "topic", "topic_origin", "is_physical", "routed_by"),
)
NAMES = ", ".join(column.name for column in _PETITIONS.c)


@dataclass(frozen=True, slots=True)
class Petition:
    """A row of `petitions`. `version` is the number of the last act."""

    id: UUID
    code: str
    kind: str
    jurisdiction: str
    topic: str | None
    commune: str | None
    urgency: str
    is_physical: bool
    is_sealed: bool
    is_imported: bool
    lodged_at: datetime
    correlation_id: UUID
    office: str
    basis: str
    state: str
    procedure: str
    ending: str | None
    version: int
    transfers: int = 0
    last_act_at: datetime | None = None
    came_from: str | None = None
    returned: str = ""
    requests: int = 0
    steps: str = ""
    answered_on: date | None = None
    contests: int = 0
    follows: UUID | None = None
    against: str | None = None
    against_rank: str | None = None
    spans: bool = False
    is_over_the_head: bool = False
    excluded: str = ""
    routed_by: str | None = None
    merged_into: UUID | None = None
    members: int = 0
    topic_origin: str = "none"
    added_at: datetime | None = None
    is_at_place: bool = True
    """Whether it was lodged as being about a place; `is_physical` says so of its topic, too."""

    def excludes(self, actor: str | None) -> bool:
        """Whether somebody may have nothing to do with it."""
        return actor is not None and actor in self.excluded.split()

    @property
    def is_heads_alone(self) -> bool:
        """Whether the head alone sees it: a denunciation of nobody knows whom yet, or of somebody of the office that has it."""
        is_denunciation = self.kind == DENUNCIATION
        return is_for_head_alone(is_denunciation=is_denunciation, against=self.against, office=self.office)

    @property
    def question(self) -> Question:
        """Return what decides about who is competent for it."""
        return Question(
            self.jurisdiction,
            self.kind,
            self.topic,
            self.commune,
            against=self.against,
            rank=self.against_rank,
            spans=self.spans,
        )

    def case(self, evidence: frozenset[str] = frozenset()) -> Case:
        """Return the petition as the procedure decides on it."""
        return Case(
            kind=self.kind,
            procedure=self.procedure,
            state=State(self.state),
            office=self.office,
            basis=Basis(self.basis),
            is_physical=self.is_physical,
            evidence=evidence,
            ending=State(self.ending) if self.ending in ENDINGS else None,
            transfers=self.transfers,
            came_from=self.came_from,
            returned=frozenset(self.returned.split()),
            requests=self.requests,
            steps=frozenset(self.steps.split()),
            answered_on=self.answered_on,
            contests=self.contests,
            is_over_the_head=self.is_over_the_head,
            merged_into=self.merged_into,
            members=self.members,
            topic=self.topic,
            topic_origin=self.topic_origin,
            routed_by=self.routed_by,
        )


async def insert(connection: AsyncConnection, petitions: Sequence[Petition]) -> None:
    """Write petitions that were routed: one statement."""
    rows = [{column.name: getattr(petition, column.name) for column in _PETITIONS.c} for petition in petitions]
    await bulk.insert(connection, _PETITIONS, rows)


async def add_evidence(connection: AsyncConnection, evidence: Sequence[tuple[UUID, UUID]]) -> None:
    """Note which evidence a petition has."""
    rows = [{"petition_id": petition_id, "id": evidence_id} for petition_id, evidence_id in evidence]
    await bulk.insert(connection, _EVIDENCE, rows, on_conflict="ON CONFLICT DO NOTHING")


async def latest(connection: AsyncConnection, jurisdiction: str, *, limit: int) -> list[Petition]:
    """Return the petitions of a jurisdiction that were lodged last and that a table decided about, or could not, newest first.

    What comes before every table (a second complaint, words that a person looks at) no table changes.
    """
    query = (
        f"SELECT {NAMES} FROM petitions WHERE jurisdiction = :jurisdiction AND NOT is_imported AND basis <> 'source' "
        "AND coalesce(routed_by, '') !~ '^(restricted|split|complaint)[.]' "
        "ORDER BY lodged_at DESC, id LIMIT :limit"
    )
    return [petition_in(row) for row in await connection.execute(text(query), {"jurisdiction": jurisdiction, "limit": limit})]


async def offices_of(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the office of each petition that is known."""
    if not ids:
        return {}
    query = text("SELECT id, office FROM petitions WHERE id = ANY(CAST(:ids AS uuid[]))")
    return {row.id: row.office for row in await connection.execute(query, {"ids": list(ids)})}


async def by_ids(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Petition]:
    """Return petitions, locked, in the order of their ids."""
    query = f"SELECT {NAMES} FROM petitions WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"
    return [petition_in(row) for row in await connection.execute(text(query), {"ids": list(ids)})]


async def code_of(connection: AsyncConnection, petition_id: UUID) -> str | None:
    """Return the code of a petition."""
    found = await connection.execute(text("SELECT code FROM petitions WHERE id = :id"), {"id": petition_id})
    return found.scalar_one_or_none()


async def by_code(connection: AsyncConnection, code: str, *, for_update: bool = False) -> Petition | None:
    """Return the petition with the code, locked where it is about to be changed."""
    query = f"SELECT {NAMES} FROM petitions WHERE code = :code" + (" FOR UPDATE" if for_update else "")
    row = (await connection.execute(text(query), {"code": code})).one_or_none()
    return petition_in(row) if row else None


async def evidence_of(connection: AsyncConnection, petition_id: UUID) -> frozenset[str]:
    """Return the ids of a petition's evidence."""
    rows = await connection.execute(text("SELECT id FROM evidence WHERE petition_id = :id"), {"id": petition_id})
    return frozenset(str(row.id) for row in rows)


async def save(connection: AsyncConnection, petition_id: UUID, case: Case, *, effective_at: datetime, said: int = 1) -> int:
    """Write a case after something that became true at `effective_at` and of which `said` events tell; return its new version."""
    query = text(
        """
        UPDATE petitions SET kind = :kind, procedure = :procedure, state = :state, office = :office, basis = :basis,
            ending = :ending, transfers = :transfers, came_from = :came_from, returned = :returned, requests = :requests,
            steps = :steps, answered_on = :answered_on, contests = :contests,
            is_over_the_head = :is_over_the_head, merged_into = :merged_into, topic = :topic,
            topic_origin = :topic_origin, is_physical = :is_physical, routed_by = :routed_by, last_act_at = :effective_at,
            version = version + :said
        WHERE id = :id RETURNING version
        """
    )
    values = {name: getattr(case, name) for name in _SAVED} | {
        "id": petition_id,
        "returned": " ".join(sorted(case.returned)),
        "steps": " ".join(sorted(case.steps)),
        "effective_at": effective_at,
        "said": said,
    }
    return int((await connection.execute(query, values)).scalar_one())


async def name_denounced(connection: AsyncConnection, petition_id: UUID, *, against: str, rank: str) -> None:
    """Write to which office who is denounced belongs."""
    query = text("UPDATE petitions SET against = :against, against_rank = :rank, version = version + 1 WHERE id = :id")
    await connection.execute(query, {"id": petition_id, "against": against, "rank": rank})


async def exclude(connection: AsyncConnection, petition_id: UUID, actor: str) -> None:
    """Exclude somebody from a petition."""
    query = text("UPDATE petitions SET excluded = ltrim(excluded || ' ' || :actor), version = version + 1 WHERE id = :id")
    await connection.execute(query, {"id": petition_id, "actor": actor})


async def queue(
    connection: AsyncConnection,
    office: str,
    *,
    reader: Principal,
    state: str | None,
    after: tuple[datetime | None, UUID] | None,
    limit: int,
) -> list[Petition]:
    """Return the petitions of an office, oldest first, after a place in that order: the open ones, or those in a state.

    Those from which `reader` is excluded are not among them, nor, for who is not its head, those that are for the head alone, nor
    for an office's own system any denunciation.
    """
    wheres = ["office = :office", "state <> 'closed'" if state is None else "state = :state"]
    if state is None:
        wheres.append("merged_into IS NULL")  # it is dealt with where it was merged into
    wheres.append("NOT (:actor = ANY(string_to_array(excluded, ' ')))")
    values: dict[str, object] = {"office": office, "limit": limit, "actor": reader.actor}
    if reader.is_agency:
        wheres.append("NOT is_sealed")
    if not reader.has(Role.HEAD, Role.LEADER):
        wheres.append("(kind <> 'denunciation' OR against <> office)")  # nor those of nobody knows whom
    if state is not None:
        values["state"] = state
    if after is not None:
        wheres.append("(lodged_at, id) > (:at, :id)")
        values |= {"at": after[0], "id": after[1]}
    query = f"SELECT {NAMES} FROM petitions WHERE {' AND '.join(wheres)} ORDER BY lodged_at, id LIMIT :limit"
    return [petition_in(row) for row in await connection.execute(text(query), values)]


def petition_in(row: Row[tuple[object, ...]]) -> Petition:
    """Return the petition in a row of NAMES."""
    return Petition(*tuple(row))  # type: ignore[arg-type]  # the columns are named in the order of the fields
