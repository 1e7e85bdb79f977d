"""Doors of the counter: a clerk lodges for visitors and for letters, and hands out receipts."""

import asyncio
import base64
import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.bodies import COUNTER_BODY, binary
from services.intake.api.doors import Doors
from services.intake.api.lodge import secret_for, secrets_of
from services.intake.api.papers import paper
from services.intake.domain import code as codes
from services.intake.domain.counter import mistakes_in_registration, received_at
from services.intake.domain.lodging import LEGAL_ZONE, mistakes_in, mistakes_in_key, mistakes_in_topic
from services.intake.domain.mistakes import Mistake, refuse, told
from services.intake.domain.receipts import WAIT_SECONDS, WAIT_SECONDS_MAX, Missing, Recorded
from services.intake.gateways.receipts import Paper, receipt_pdf
from services.intake.handlers.counter import CounterLine, LodgeAtCounter, Lodged, lodge_at_counter, name_of, office_of, registered
from services.intake.handlers.receipting import PROOF_FIELD, Recording, recorded_of
from services.intake.handlers.viewing import Reveal, reveal
from services.intake.wire.counter import SentLine, parse_counter
from shared.contracts.words import ReadingPurpose, Role
from shared.identity import Principal
from shared.kernel.ids import uuid7
from shared.telemetry import current_traceparent
from shared.web import language_of, requires

KEY_HEADER = "idempotency-key"
PDF = "application/pdf"
SHOWN_AGAIN = ("secret",)
Given = tuple[str, bytes, list[str]]
"""What the visitor takes home: the secret or the phrase, the receipt as PDF, and of a joint petition everybody's secret."""
Clerk = Annotated[Principal, Depends(requires(Role.CLERK))]
Wait = Annotated[float, Query(ge=0, le=WAIT_SECONDS_MAX, description="how many seconds to wait for the log's next checkpoint")]


def counter_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/counter", tags=["counter"])

    @router.post("/petitions", openapi_extra=COUNTER_BODY)
    async def lodge(request: Request, clerk: Clerk) -> dict[str, Any]:
        """Lodge up to 20 petitions; each line is answered with its receipt or with its own mistakes.

        Fields as at `POST /petitions`, and: channel counter (default) or post, register_number (required for post), received_on
        (today if not given), name_on_receipt. The same Idempotency-Key gets the same receipts; send the whole request again.
        """
        command, sent, wrong = await _command(request, doors, clerk)
        outcomes = await lodge_at_counter(command, database=doors.database, cipher=doors.cipher)
        wrong |= {line: [outcome] for line, outcome in outcomes.items() if isinstance(outcome, Mistake)}
        lodged = {line: outcome for line, outcome in outcomes.items() if isinstance(outcome, Lodged)}
        papers = await _papers(doors, command.office, sent, lodged)
        return {"lines": _answers(sent, wrong, lodged, papers, language_of(request))}

    @router.get("/petitions/{code}/receipt.pdf", response_class=Response, responses=binary(PDF))
    async def reprint(
        code: str,
        clerk: Clerk,
        with_proof: Annotated[
            bool | None, Query(description="a second page that proves the record; not given: yes, of a denunciation no")
        ] = None,
        wait_seconds: Wait = WAIT_SECONDS,
    ) -> Response:
        """Print a receipt again, without the petitioner's name, at the counter that gave it out.

        It carries the secret: look at the visitor's papers first. The reading is recorded and said. The proof is waited for;
        where it does not come, the receipt is printed without it and says where to fetch it.
        """
        return await _printed_again(doors, code, clerk, with_proof=with_proof, wait_seconds=wait_seconds)

    return router


async def _printed_again(doors: Doors, code: str, clerk: Principal, *, with_proof: bool | None, wait_seconds: float) -> Response:
    petition, said = await registered(doors.database, code, office=office_of(clerk))
    is_asked = not petition.is_sealed if with_proof is None else with_proof
    recording = Recording(doors.database, doors.cipher, doors.log)
    proof: Recorded | Missing = Missing.UNASKED
    if is_asked:
        proof = await recorded_of(petition, recording, page_url=doors.proof_url, within_seconds=wait_seconds)
    shown = (*SHOWN_AGAIN, PROOF_FIELD) if isinstance(proof, Recorded) else SHOWN_AGAIN
    reading = Reveal(petition, clerk, shown, ReadingPurpose.RECEIPT, doors.clock.now(), current_traceparent())
    await reveal(reading, database=doors.database, cipher=doors.cipher)
    printed = paper(
        code=petition.code,
        kind=petition.kind,
        office=await name_of(doors.database, said.office),
        lodged_at=petition.lodged_at,
        register_number=said.register_number,
        name=None,
        secret=secret_for(doors.cipher, petition.id, is_sealed=petition.is_sealed),
        tracking_url=doors.tracking_url,
        fetch_url=doors.receipt_url,
        proof=proof,
    )
    return Response(await asyncio.to_thread(receipt_pdf, printed), media_type=PDF, headers={"Cache-Control": "no-store"})


async def _command(
    request: Request, doors: Doors, clerk: Principal
) -> tuple[LodgeAtCounter, Sequence[SentLine], dict[int, list[Mistake]]]:
    """Return the command of the lines that are right, all lines, and what is wrong with the others, by line."""
    now, office, key = doors.clock.now(), office_of(clerk), request.headers.get(KEY_HEADER)
    today = now.astimezone(LEGAL_ZONE).date()
    sent, mistakes = parse_counter(await request.body(), today=today)
    mistakes += mistakes_in_key(key)
    if mistakes:
        raise refuse(mistakes, language=language_of(request))
    wrong: dict[int, list[Mistake]] = {}
    lines = []
    for item in sent:
        found = [*item.mistakes, *mistakes_in_registration(item.registration, today=today)]
        lodging = item.lodging
        if lodging is not None:
            lodging, communes = await doors.register.located(lodging, now)
            found += mistakes_in(lodging, communes=communes, today=today)
            found += mistakes_in_topic(lodging, doors.topics.known)
        if found or lodging is None:
            wrong[item.line] = found
            continue
        at = received_at(item.registration, now=now, zone=LEGAL_ZONE)
        code = codes.mint(os.urandom(codes.ENTROPY_BYTES))
        lines.append(CounterLine(item.line, lodging, item.registration, at, uuid7(now), code))
    command = LodgeAtCounter(lines, office, key, clerk.actor, now, current_traceparent(), clerk.authority)
    return command, sent, wrong


async def _papers(doors: Doors, office: str, sent: Sequence[SentLine], lodged: Mapping[int, Lodged]) -> dict[int, Given]:
    names = await name_of(doors.database, office)
    papers: dict[int, Paper] = {}
    jointly: dict[int, list[str]] = {}
    for item in sent:
        outcome = lodged.get(item.line)
        if outcome is not None and item.lodging is not None:
            number = item.lodging.petitioners
            jointly[item.line] = (
                secrets_of(doors.cipher, outcome.petition_id, number, is_sealed=outcome.is_sealed) if number > 1 else []
            )
            papers[item.line] = paper(
                code=outcome.code,
                kind=item.lodging.kind,
                office=names,
                lodged_at=outcome.lodged_at,
                register_number=item.registration.register_number,
                name=item.lodging.contact.name if item.has_name_on_receipt else None,
                secret=secret_for(doors.cipher, outcome.petition_id, is_sealed=outcome.is_sealed),
                tracking_url=doors.tracking_url,
                fetch_url=doors.receipt_url,
                proof=Missing.SOON,
            )
    return await asyncio.to_thread(
        lambda: {line: (printed.secret, receipt_pdf(printed), jointly[line]) for line, printed in papers.items()}
    )


def _answers(
    sent: Sequence[SentLine],
    wrong: Mapping[int, Sequence[Mistake]],
    lodged: Mapping[int, Lodged],
    papers: Mapping[int, Given],
    language: str,
) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    for item in sent:
        if item.line in wrong:
            errors = [told(mistake, language=language) for mistake in wrong[item.line]]
            answers.append({"line": item.line, "status": "refused", "errors": errors})
            continue
        outcome = lodged[item.line]
        answers.append(
            {
                "line": item.line,
                "status": "lodged",
                "code": outcome.code,
                "phrase" if outcome.is_sealed else "secret": papers[item.line][0],
                "petition_id": str(outcome.petition_id),
                **({"petitioners": papers[item.line][2]} if papers[item.line][2] else {}),
                "lodged_at": outcome.lodged_at,
                "is_repeat": outcome.is_repeat,
                "receipt_url": f"/intake/api/counter/petitions/{outcome.code}/receipt.pdf",
                "receipt_pdf": base64.b64encode(papers[item.line][1]).decode(),
            }
        )
    return answers
