"""Doors for officers: what is with their office."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.routing.api.doors import Doors
from services.routing.domain.grounds import GROUNDS, TRANSFER_REASONS
from services.routing.domain.procedure import Act, State
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Malformed, Unknown
from shared.web import requires

QUEUE_MAX = 200

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]


def looking_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["queue"])

    @router.get("/petitions/{code}")
    async def show(code: str, reader: Officer) -> dict[str, Any]:
        """Show a petition of the own office: state, version, possible acts, evidence."""
        async with doors.database.reading() as connection:
            petition = await store.by_code(connection, code)
            if petition is None or petition.office != reader.office:
                raise Unknown("no petition has this code", code="petition_not_found")
            evidence = await store.evidence_of(connection, petition.id)
        return {**_line(petition), "possible": list(petition.case().possible()), "evidence": sorted(evidence)}

    @router.get("/queue")
    async def queue(
        reader: Officer,
        state: State | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=QUEUE_MAX)] = 50,
    ) -> dict[str, Any]:
        """List the open petitions of the own office, oldest first. The pool of the reception office is its own queue."""
        if reader.office is None:
            raise Unknown("you have no office", code="no_office")
        async with doors.database.reading() as connection:
            found = await store.queue(connection, reader.office, state=state, after=_place(cursor), limit=limit)
        following = f"{found[-1].lodged_at.isoformat()}~{found[-1].id}" if len(found) == limit else None
        return {"items": [_line(petition) for petition in found], "next": following}

    @router.get("/grounds")
    async def grounds() -> dict[str, Any]:
        """List the grounds of refusal by kind and the reasons of transfer, with their articles."""
        listed = {kind: {code: _ground(g) for code, g in codes.items()} for kind, codes in GROUNDS.items()}
        return {"refuse": listed, "transfer": {code: _ground(g) for code, g in TRANSFER_REASONS.items()}, "acts": list(Act)}

    return router


def _line(petition: Petition) -> dict[str, Any]:
    names = ("code", "kind", "topic", "commune", "urgency", "is_physical", "office", "state", "version", "lodged_at")
    return {
        "petition_id": petition.id,
        **{name: getattr(petition, name) for name in names},
        "is_unassigned": petition.case().is_unassigned,
    }


def _ground(ground: Any) -> dict[str, str]:
    return {"vi": ground.vi, "en": ground.en, "article": ground.article}


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, _, petition_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(at), UUID(petition_id)
    except ValueError as error:
        mistake = {"field": "cursor", "reason": "?", "remedy": "send `next` of the page before, or leave it out"}
        raise Malformed("this is no cursor", code="bad_cursor", errors=[mistake]) from error
