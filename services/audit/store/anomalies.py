"""What the log shows that an honest clock need not show: counted in sets, by office. Denunciations are counted, never named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.store.reconciliations import of_types
from services.audit.store.sight import open_to_reader

BACKDATED_HOURS = 24
BULK_ANSWERS = 5
"""So many answers of one office within one local hour, each on its due day, are answers in bulk on the last day."""
SUSPENSIONS = 2
TRANSFERS = 3
ZONE = "Asia/Ho_Chi_Minh"
REGISTERED = "petitions.routing.office.registered.v1"

_BODY = "convert_from(l.body, 'UTF8')::jsonb"
_QUERIES: Mapping[str, str] = {
    "backdated_act": f"""
        SELECT l.office, l.aggregate_id FROM log l
        WHERE l.type LIKE 'petitions.routing.%' AND l.recorded_at - l.effective_at > make_interval(hours => {BACKDATED_HOURS})
            AND {_BODY} -> 'entry' IS NOT NULL AND {_BODY} ->> 'entry' IS NOT NULL
            AND l.effective_at >= :since
    """,
    "bulk_answers_on_last_day": f"""
        SELECT office, aggregate_id FROM (
            SELECT a.office, a.aggregate_id, count(*) OVER (
                PARTITION BY a.office, date_trunc('hour', a.effective_at AT TIME ZONE '{ZONE}')
            ) AS together
            FROM log a
            WHERE a.type = 'petitions.routing.petition.answered.v1' AND a.effective_at >= :since AND EXISTS (
                SELECT FROM log l WHERE l.aggregate_id = a.aggregate_id AND l.type = 'petitions.escalation.deadline.met.v1'
                    AND l.effective_at = a.effective_at AND {_BODY} ->> 'ended_by' = a.type
                    AND (CAST({_BODY} ->> 'due_at' AS timestamptz) AT TIME ZONE '{ZONE}')::date
                        = (a.effective_at AT TIME ZONE '{ZONE}')::date
            )
        ) answers WHERE together >= {BULK_ANSWERS}
    """,
    "repeated_suspension": f"""
        SELECT min(l.office) AS office, l.aggregate_id FROM log l
        WHERE l.type = 'petitions.routing.petition.suspended.v1' AND l.effective_at >= :since
        GROUP BY l.aggregate_id HAVING count(*) >= {SUSPENSIONS}
    """,
    "bouncing_transfer": f"""
        SELECT min(m.from_office) AS office, m.aggregate_id FROM (
            SELECT l.aggregate_id, {_BODY} ->> 'from_office' AS from_office, {_BODY} -> 'route' ->> 'office' AS to_office,
                l.version
            FROM log l WHERE l.type = 'petitions.routing.petition.transferred.v1' AND l.effective_at >= :since
        ) m GROUP BY m.aggregate_id
        HAVING count(*) >= {TRANSFERS} OR EXISTS (
            SELECT FROM log l WHERE l.aggregate_id = m.aggregate_id AND l.type = 'petitions.routing.petition.transferred.v1'
                AND {_BODY} -> 'route' ->> 'office' = ANY(array_agg(m.from_office))
        )
    """,
    "contested_answer": """
        SELECT l.office, l.aggregate_id FROM log l
        WHERE l.type IN ('petitions.routing.petition.contested.v1', 'petitions.routing.petition.reopened.v1')
            AND l.effective_at >= :since
    """,
}
_ON_TIME = text(
    f"""
    SELECT l.office, l.is_sealed, count(*) AS ended, count(*) FILTER (WHERE l.type LIKE '%.met.v1') AS on_time,
        count(*) FILTER (
            WHERE l.type LIKE '%.met.v1' AND coalesce({_BODY} ->> 'is_on_time_without_extension', 'true') = 'true'
        ) AS on_time_without_extension
    FROM log l
    WHERE l.type IN ('petitions.escalation.deadline.met.v1', 'petitions.escalation.deadline.ended.v1')
        AND l.effective_at >= :since AND (l.type LIKE '%.met.v1' OR {_BODY} ->> 'reason' = 'late')
        AND (CAST(:office AS text) IS NULL OR l.office = :office)
    GROUP BY l.office, l.is_sealed ORDER BY l.office
    """
)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something of one kind about one petition. `code` is None of a denunciation."""

    kind: str
    office: str
    code: str | None


@dataclass(frozen=True, slots=True)
class OnTime:
    """How many clocks of an office ended as duties, and how many of them in time, with and without extensions."""

    office: str
    is_sealed: bool
    ended: int
    on_time: int
    on_time_without_extension: int


async def anomalies(
    connection: AsyncConnection, *, since: datetime, office: str | None, reader: str | None = None
) -> list[Anomaly]:
    """Return every anomaly since an instant, of one office or of all; none of a petition from which `reader` is excluded."""
    parts = " UNION ALL ".join(f"SELECT '{kind}' AS kind, q.* FROM ({query}) q" for kind, query in _QUERIES.items())
    statement = text(
        f"""
        SELECT a.kind, a.office, CASE WHEN s.is_sealed THEN NULL ELSE p.code END AS code
        FROM ({parts}) a
        LEFT JOIN petitions p ON p.petition_id = a.aggregate_id
        LEFT JOIN LATERAL (SELECT is_sealed FROM log l WHERE l.aggregate_id = a.aggregate_id LIMIT 1) s ON true
        WHERE (CAST(:office AS text) IS NULL OR a.office = :office) AND {open_to_reader("a.aggregate_id")}
        ORDER BY a.kind, a.office, code
        """
    )
    rows = await connection.execute(statement, {"since": since, "office": office, "reader": reader})
    return [Anomaly(row.kind, row.office, row.code) for row in rows]


async def on_time(connection: AsyncConnection, *, since: datetime, office: str | None) -> list[OnTime]:
    """Return how clocks ended by office, those of denunciations apart."""
    return [OnTime(*row) for row in await connection.execute(_ON_TIME, {"since": since, "office": office})]


async def above(connection: AsyncConnection, office: str) -> tuple[str, ...]:
    """Return an office and every office above it, as the directory was told; nothing where it was not."""
    parents = {str(entry.facts["code"]): entry.facts.get("parent") for entry in await of_types(connection, (REGISTERED,))}
    chain: list[str] = []
    code: object = office
    while isinstance(code, str) and code in parents and code not in chain:
        chain.append(code)
        code = parents[code]
    return tuple(chain)
