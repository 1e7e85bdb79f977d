"""A petition as its petitioner reads it, in Vietnamese or English."""

from typing import Any

import orjson
from starlette.responses import Response

from services.intake.domain.progress import Step, What
from services.intake.handlers.viewing import View, verdict_in
from services.intake.wire.words import STATES, STEPS


def rendered(view: View, *, language: str, note: tuple[str, str] | None = None) -> Response:
    """Return how far a petition has come; of a denunciation neither what it is nor its code. `note` tells of an act just done."""
    place = 1 if language == "en" else 0
    petition = view.petition
    verdict = verdict_in(view)
    running = [clock for clock in view.clocks if clock.is_running]
    named = {} if petition.is_sealed else {"code": petition.code, "kind": petition.kind}
    body = {
        **named,
        "state": view.progress.state,
        "state_text": STATES[view.progress.state][place],
        "office": _office(view, view.progress.office, place),
        "lodged_at": petition.lodged_at,
        "due_at": running[0].due_at if running else None,
        "due_rule": running[0].rule if running else None,
        "steps": [
            {"what": What.LODGED, "text": STEPS[What.LODGED][place], "at": petition.lodged_at, "office": None},
            *[_step(view, step, place) for step in view.steps],
        ],
        **({} if petition.is_sealed else {"petitioners": view.petitioners}),
        "verdict": {"is_satisfied": verdict.is_satisfied, "at": verdict.said_at} if verdict else None,
        **({"note": note[place]} if note else {}),
        "attachments": sum(attachment.purpose == "petition" for attachment in view.attachments),
    }
    return Response(orjson.dumps(body), media_type="application/json", headers={"Content-Language": language})


def _step(view: View, step: Step, place: int) -> dict[str, Any]:
    return {
        "what": step.what,
        "text": STEPS[step.what][place],
        "at": step.effective_at,
        "office": _office(view, step.office, place),
    }


def office_shown(view: View, code: str | None, language: str) -> dict[str, str] | None:
    """Return an office of a petition's steps by code and name."""
    return _office(view, code, 1 if language == "en" else 0)


def _office(view: View, code: str | None, place: int) -> dict[str, str] | None:
    if code is None:
        return None
    return {"code": code, "name": view.office_names.get(code, (code, code))[place]}
