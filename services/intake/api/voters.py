"""The door for files of voters' petitions. For clerks and operators."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from services.intake.api.bodies import VOTERS_BODY
from services.intake.api.doors import Doors
from services.intake.domain.lodging import LEGAL_ZONE
from services.intake.gateways.spreadsheets import LINES_MAX, read_lines
from services.intake.handlers.voters import ImportVoters, Taken, import_voters
from services.intake.wire.voters import Rejected, VotersFile, read_voters, reject_file
from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import requires

PART_LINES = 500
Importer = Annotated[Principal, Depends(requires(Role.CLERK, Role.OPERATOR))]


def voters_router(doors: Doors) -> APIRouter:
    """Return the door."""
    router = APIRouter(prefix="/api/voters", tags=["voters"])

    @router.post("/files", openapi_extra=VOTERS_BODY)
    async def import_file(
        request: Request,
        importer: Importer,
        after: Annotated[int, Query(ge=0, le=2 * LINES_MAX, description="go on after this line of the file")] = 0,
        limit: Annotated[int, Query(ge=1, le=PART_LINES)] = PART_LINES,
    ) -> dict[str, Any]:
        """Import the next lines of an XLSX or CSV file, sent as the body: `next` is where to go on, null at its end.

        Good lines are lodged and committed, those of an earlier run left alone, bad ones returned as `reject_file` (CSV).
        """
        file = await asyncio.to_thread(_read, await request.body())
        numbers = sorted([line.line for line, _ in file.lines] + [item.line for item in file.rejected])
        part = [number for number in numbers if number > after][:limit]
        last = part[-1] if part else after
        now = doors.clock.now()
        command = ImportVoters(
            lines=[item for item in file.lines if after < item[0].line <= last],
            communes=await doors.register.communes(now),
            key=doors.shingle_key,
            actor=importer.actor,
            authority=importer.authority,
            now=now,
            today=now.astimezone(LEGAL_ZONE).date(),
        )
        done = await import_voters(command, database=doors.database, cipher=doors.cipher)
        rejected = [*done.rejected, *(item for item in file.rejected if after < item.line <= last)]
        is_over = not part or last == numbers[-1]
        return {"lines": len(numbers), **_answer(file, done.taken, rejected), "next": None if is_over else last}

    return router


def _read(data: bytes) -> VotersFile:
    return read_voters((cells.line, cells.values, cells.trouble) for cells in read_lines(data))


def _answer(file: VotersFile, taken: Sequence[Taken], rejected: Sequence[Rejected]) -> dict[str, Any]:
    return {
        "lodged": sum(not item.is_known for item in taken),
        "known": sum(item.is_known for item in taken),
        "rejected": len(rejected),
        "repeated": [_repeated(item) for item in taken if item.repeat],
        "taken": [{"line": item.line, "code": item.code} for item in taken],
        "reject_file": reject_file(file.head, rejected) if rejected else None,
    }


def _repeated(item: Taken) -> dict[str, Any]:
    repeat = item.repeat
    earlier = {"repeats": repeat.code, "likeness": round(repeat.likeness, 2)} if repeat else {}
    return {"line": item.line, "code": item.code, **earlier}
