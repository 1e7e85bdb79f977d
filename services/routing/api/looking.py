"""Doors for officers: what is with their office."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.routing.api.doors import Doors
from services.routing.domain.grounds import GROUNDS, REOPENING_REASONS, TRANSFER_REASONS, Ground
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
    async def show(code: str, reader: Officer, response: Response) -> dict[str, Any]:
        """Show a petition of the own office: state, version, possible acts, evidence."""
        async with doors.database.reading() as connection:
            petition = await store.by_code(connection, code)
            if petition is None or petition.office != reader.office:
                raise Unknown("no petition has this code", code="petition_not_found")
            evidence = await store.evidence_of(connection, petition.id)
        response.headers["ETag"] = f'"{petition.version}"'
        return {**_line(petition), "possible": list(petition.case().possible()), "evidence": sorted(evidence)}

    @router.get("/queue")
    async def queue(
        reader: Officer,
        office: Annotated[str | None, Query(max_length=64)] = None,
        state: State | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=QUEUE_MAX)] = 50,
    ) -> dict[str, Any]:
        """List the petitions of the own office, oldest first: the open ones, or those in a state.

        The unassigned pool is in the queue of the reception office.
        """
        if reader.office is None or office not in (None, reader.office):
            raise Unknown("this is not your office", code="office_not_found")
        async with doors.database.reading() as connection:
            found = await store.queue(connection, reader.office, state=state, after=_place(cursor), limit=limit)
        return {"items": [_line(petition) for petition in found], "next": _next(found, limit)}

    @router.get("/grounds")
    async def grounds() -> dict[str, Any]:
        """List the grounds of refusal by kind and the reasons of transfer, with their articles."""
        return _listed()

    return router


def _line(petition: Petition) -> dict[str, Any]:
    names = ("code", "kind", "topic", "commune", "urgency", "is_physical", "office", "state", "version", "lodged_at")
    return {
        "petition_id": petition.id,
        **{name: getattr(petition, name) for name in names},
        "is_unassigned": petition.case().is_unassigned,
    }


def _listed() -> dict[str, Any]:
    return {
        "refuse": {kind: _grounds(codes) for kind, codes in GROUNDS.items()},
        "transfer": _grounds(TRANSFER_REASONS),
        "reopen": _grounds(REOPENING_REASONS),
        "acts": list(Act),
    }


def _grounds(listed: Mapping[str, Ground]) -> dict[str, dict[str, str]]:
    return {code: {"vi": ground.vi, "en": ground.en, "article": ground.article} for code, ground in listed.items()}


def _next(found: Sequence[Petition], limit: int) -> str | None:
    """Return the cursor of the page that follows a full one."""
    return f"{found[-1].lodged_at.isoformat()}~{found[-1].id}" if len(found) == limit else None


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, _, petition_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(petition_id)
    except (ValueError, OverflowError) as error:
        mistake = {"field": "cursor", "reason": "it cannot be read", "remedy": "send `next` of the page before, or leave it out"}
        raise Malformed("this is no cursor", code="bad_cursor", errors=[mistake]) from error
