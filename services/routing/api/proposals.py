"""Doors for the second person: acts whose time lies far back, and answers that two must give, wait here for somebody else."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.routing.api.acts import answered
from services.routing.api.doors import Doors
from services.routing.api.requests import REQUESTS
from services.routing.handlers import confirming
from services.routing.handlers.acting import OfficersAct, act
from services.routing.handlers.asking_law import with_effects
from services.routing.handlers.confirming import Decision
from services.routing.handlers.suggesting import with_suggestions
from services.routing.store.proposals import Proposal
from shared.contracts.words import Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import requires
from shared.web.language import language_of

Person = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, Role.LEADER))]


def proposals_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/petitions/{code}/proposals", tags=["proposals"])

    @router.get("")
    async def proposals(code: str, person: Person) -> list[dict[str, Any]]:
        """The open proposals about a petition that you made or may decide on."""
        now = doors.clock.now()
        found = await confirming.seen(doors.database, code, person, await doors.book.directory(now), now=now)
        return [_line(item) for item in found]

    @router.post("/{proposal_id}/confirm")
    async def confirm(code: str, proposal_id: UUID, person: Person, request: Request) -> Response:
        """Confirm it: the act is done now, effective when it was stated to be. Another person than who proposed it."""
        now = doors.clock.now()
        decision = Decision(code, proposal_id, person, now)
        directory = await doors.book.directory(now)
        async with doors.database.transaction() as tx:
            proposal = await confirming.to_decide(tx, decision, directory)
        language, wanted = language_of(request), _wanted(doors, proposal, decision)
        wanted = await with_effects(doors.database, doors.law, doors.procedures, wanted, language=language)
        wanted = await with_suggestions(doors.database, doors.topics, wanted)
        async with doors.database.transaction() as tx:
            await confirming.to_decide(tx, decision, directory)
            done = await act(tx, wanted, await doors.rules(now))
            await confirming.note(tx, decision, is_confirmed=True)
        return answered(done)

    @router.post("/{proposal_id}/decline")
    async def decline(code: str, proposal_id: UUID, person: Person) -> dict[str, str]:
        """Decline it: nothing is done."""
        now = doors.clock.now()
        decision = Decision(code, proposal_id, person, now)
        directory = await doors.book.directory(now)
        async with doors.database.transaction() as tx:
            await confirming.to_decide(tx, decision, directory)
            await confirming.note(tx, decision, is_confirmed=False)
        return {"proposal": str(proposal_id), "decided": "declined"}

    return router


def _wanted(doors: Doors, proposal: Proposal, decision: Decision) -> OfficersAct:
    """Return the act as it was proposed, now confirmed; it is decided against the petition as it stands now."""
    body = doors.cipher.open(proposal.request, context=proposal.id.bytes, is_sealed=proposal.is_sealed)
    asked = REQUESTS[proposal.act].model_validate_json(body)
    officer = Principal(
        subject=proposal.subject, roles=frozenset(Role(role) for role in proposal.roles.split()), office=proposal.office
    )
    wanted = OfficersAct(
        code=proposal.code,
        act=proposal.act,
        command=asked.command(),
        officer=officer,
        version=None,
        now=decision.now,
        traceparent=current_traceparent(),
        digest=b"",
        stated=asked.stated(),
    )
    return replace(wanted, confirmed_by=decision.person.actor)


def _line(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal": str(proposal.id),
        "act": proposal.act,
        "why": proposal.why,
        "office": proposal.office,
        "by": f"person:{proposal.subject}",
        "effective_at": proposal.effective_at,
        "evidence": proposal.evidence,
        "proposed_at": proposal.proposed_at,
    }
