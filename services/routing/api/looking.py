"""Doors for officers: what is with their office."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Response

from services.routing.api.doors import Doors
from services.routing.domain.definition import Ground, Procedure, Procedures, Provision, State
from services.routing.handlers.acting import may_act, possible_for
from services.routing.store import answers
from services.routing.store import merged as together
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from services.routing.wire.acts import EVENTS
from services.routing.wire.events import DEFAULT_ZONE
from shared.contracts.words import Role
from shared.identity import Principal, Sealed
from shared.kernel.refusals import Unknown
from shared.web import requires
from shared.web.paging import cursor_of, place_of

QUEUE_MAX = 200

Reader = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, Role.LEADER))]


def looking_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["queue"])

    @router.get("/petitions/{code}")
    async def show(code: str, reader: Reader, response: Response) -> dict[str, Any]:
        """Show a petition of the own office, or of one below it: state, version, possible acts, requests, evidence."""
        petition, shown = await _shown(doors, code, reader)
        response.headers["ETag"] = f'"{petition.version}"'
        return shown

    @router.get("/queue")
    async def queue(
        reader: Reader,
        office: Annotated[str | None, Query(max_length=64)] = None,
        state: State | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=QUEUE_MAX)] = 50,
    ) -> dict[str, Any]:
        """List the petitions of the own office, for a leader of one below it, too, oldest first: the open ones, or in a state.

        The unassigned pool is in the queue of the reception office.
        """
        whose = await _office(doors, office, reader)
        async with doors.database.reading() as connection:
            found = await store.queue(connection, whose, reader=reader, state=state, after=place_of(cursor), limit=limit)
        return {"items": [_line(petition) for petition in found], "next": _next(found, limit)}

    @router.get("/grounds")
    async def grounds() -> dict[str, Any]:
        """List the acts of every procedure: out of which states, by whom, with what, on which grounds, by which article."""
        return _listed(doors.procedures)

    return router


async def _office(doors: Doors, office: str | None, reader: Principal) -> str:
    """Return the office that is asked for. Raises Unknown where it is neither the reader's own nor, for a leader, below it."""
    if reader.office is not None and office in (None, reader.office):
        return reader.office
    directory, today = await doors.book.directory(doors.clock.now()), doors.clock.now().astimezone(DEFAULT_ZONE).date()
    if office is None or not reader.has(Role.LEADER) or reader.office not in directory.superiors(office, today=today):
        raise Unknown("this is not your office", code="office_not_found")
    return office


async def _shown(doors: Doors, code: str, reader: Principal) -> tuple[Petition, dict[str, Any]]:
    directory = await doors.book.directory(doors.clock.now())
    async with doors.database.reading() as connection:
        petition = await store.by_code(connection, code)
        if petition is None or not may_act(petition, reader, directory, now=doors.clock.now()):
            raise Unknown("no petition has this code", code="petition_not_found")
        evidence = await store.evidence_of(connection, petition.id)
        sealed = await answers.requests_of(connection, petition.id)
        into, others = await together.codes_of(connection, petition)
        follows = await store.code_of(connection, petition.follows) if petition.follows else None
    requests = _requests(doors, petition, sealed)
    rules = await doors.rules(doors.clock.now())
    shown = {
        "possible": possible_for(petition, petition.case(), reader, rules),
        "requests": requests,
        "evidence": sorted(evidence),
    }
    return petition, {**_line(petition), **shown, "contests": follows, "merged_into": into, "merged": others}


def _requests(doors: Doors, petition: Petition, sealed: Sealed | None) -> Sequence[str]:
    """Return what is asked for; of a denunciation nothing: its head reads that by `reveal`."""
    if sealed is None or petition.is_sealed:
        return []
    found: list[str] = orjson.loads(doors.cipher.ordinary.open(sealed, context=petition.id.bytes))
    return found


def _line(petition: Petition) -> dict[str, Any]:
    names = (
        "code",
        "kind",
        "procedure",
        "topic",
        "topic_origin",
        "commune",
        "urgency",
        "is_physical",
        "office",
        "state",
        "version",
        "lodged_at",
        "follows",
        "members",
        "added_at",
        "is_over_the_head",
    )
    return {
        "petition_id": petition.id,
        **{name: getattr(petition, name) for name in names},
        "is_unassigned": petition.case().is_unassigned,
    }


def _listed(procedures: Procedures) -> dict[str, Any]:
    return {name: _described(procedure) for name, procedure in procedures.items()}


def _described(procedure: Procedure) -> dict[str, Any]:
    forbidden = {
        act: {"vi": item.reason_vi, "en": item.reason_en, "article": item.article} for act, item in procedure.prohibitions.items()
    }
    acts = {act: _act(provision) for act, provision in procedure.provisions.items()}
    return {
        "kind": procedure.kind,
        "vi": procedure.name_vi,
        "en": procedure.name_en,
        "citation": procedure.citation,
        "confirmation": procedure.confirmation,
        "acts": acts,
        "forbidden": forbidden,
    }


def _act(provision: Provision) -> dict[str, Any]:
    return {
        "from": sorted(provision.sources),
        "to": provision.target,
        "who": sorted(provision.roles),
        "needs": sorted(provision.needs),
        "article": provision.article,
        "grounds": _grounds(provision.grounds),
        "into": sorted(provision.into),
        "most": provision.most,
        "within_days": provision.within_days,
        "when_overdue": provision.when_overdue,
        "limit": list(provision.limit),
        "event": EVENTS[provision.act].TYPE,
    }


def _grounds(listed: Mapping[str, Ground]) -> dict[str, dict[str, str]]:
    return {code: {"vi": ground.vi, "en": ground.en, "article": ground.article} for code, ground in listed.items()}


def _next(found: Sequence[Petition], limit: int) -> str | None:
    """Return the cursor of the page that follows a full one."""
    return cursor_of(found[-1].lodged_at, found[-1].id) if len(found) == limit else None
