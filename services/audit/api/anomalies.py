"""Door: anomalies by office, and on time twice: with and without extensions."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel
from starlette.requests import Request

from services.audit.store import anomalies as store
from services.audit.wire.words import ANOMALIES, in_language
from shared.contracts.counting import CELL_MIN, is_small
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.persistence import Database
from shared.web import language_of, requires

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

Reader = Annotated[Principal, Depends(requires(Role.AUDITOR, Role.LEADER))]


class AnomalyAnswer(BaseModel):
    """One kind at one office. `sealed` counts denunciations among them; null below five."""

    kind: str
    means: str
    office: str
    count: int
    sealed: int | None
    codes: list[str]


class OnTimeAnswer(BaseModel):
    """Clocks of an office that ended as duties: in time with the extensions that were taken, and without them.

    Those of denunciations are left out where fewer than five of them ended late, in time, or in time with more time alone.
    """

    office: str
    ended: int
    on_time: int
    on_time_without_extension: int


class AnomaliesAnswer(BaseModel):
    anomalies: list[AnomalyAnswer]
    on_time: list[OnTimeAnswer]


def router(database: Database) -> APIRouter:
    """Return the door."""
    routes = APIRouter(prefix="/api", tags=["anomalies"])

    @routes.get("/anomalies")
    async def anomalies(
        reader: Reader,
        request: Request,
        office: Annotated[str | None, Query(max_length=64)] = None,
        since: AwareDatetime = BEGINNING,
    ) -> AnomaliesAnswer:
        """Back-dated acts, answers in bulk on the last day, repeated suspensions, bouncing transfers, contested answers.

        An auditor sees all offices; a leader names one: his own, or one below it.
        """
        async with database.reading() as connection:
            above = await store.above(connection, office) if office else ()
            if not reader.has(Role.AUDITOR) and reader.office not in above:
                raise Unknown("no such office")
            found = await store.anomalies(connection, since=since, office=office, reader=reader.actor)
            times = await store.on_time(connection, since=since, office=office)
        return AnomaliesAnswer(anomalies=_gathered(found, language_of(request)), on_time=_together(times))

    return routes


def _gathered(found: list[store.Anomaly], language: str) -> list[AnomalyAnswer]:
    counts = Counter((item.kind, item.office) for item in found)
    sealed = Counter((item.kind, item.office) for item in found if item.code is None)
    return [
        AnomalyAnswer(
            kind=kind,
            means=in_language(ANOMALIES[kind], language),
            office=office,
            count=counts[kind, office] - (sealed[kind, office] if sealed[kind, office] < CELL_MIN else 0),
            sealed=sealed[kind, office] if sealed[kind, office] >= CELL_MIN else None,
            codes=sorted({item.code for item in found if item.code and (item.kind, item.office) == (kind, office)}),
        )
        for kind, office in sorted(counts)
    ]


def _together(times: list[store.OnTime]) -> list[OnTimeAnswer]:
    """Return how clocks ended by office, with those of denunciations where none of their cells is small."""
    answers: dict[str, OnTimeAnswer] = {}
    for item in times:
        late, extended = item.ended - item.on_time, item.on_time - item.on_time_without_extension
        if item.is_sealed and any(map(is_small, (late, extended, item.on_time_without_extension))):
            continue
        answer = answers.setdefault(
            item.office, OnTimeAnswer(office=item.office, ended=0, on_time=0, on_time_without_extension=0)
        )
        answer.ended += item.ended
        answer.on_time += item.on_time
        answer.on_time_without_extension += item.on_time_without_extension
    return list(answers.values())
