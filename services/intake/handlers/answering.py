"""The answer, read by whoever proves that he asked: its words are with routing, its files here.

Reading what one was told oneself is no event, and nothing of it is logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake.domain.files import PURPOSES
from services.intake.domain.progress import PROCEDURE, Step, What
from services.intake.handlers import petitioning
from services.intake.handlers.attaching import Stores, fetch
from services.intake.handlers.petitioning import JUDGED, Around, Said
from services.intake.handlers.viewing import View
from services.intake.store import attachments as files
from services.intake.store.attachments import Attachment
from services.intake.store.statements import VERDICT
from shared.kernel.refusals import Refused, Unknown

_, EVIDENCE = PURPOSES


@dataclass(frozen=True, slots=True)
class Given:
    """What an office answered, and what its petitioner may still do about it.

    `parts` are empty where no words are kept: the source of an import gave none, or they were erased.
    """

    view: View
    parts: Mapping[str, Any]
    answered_at: datetime
    office: str | None
    is_standing: bool
    can_judge: bool
    can_contest: bool
    contest_until: str | None


async def answer(said: Said, around: Around) -> Given:
    """Return the latest answer to who knows the secret. Raises what `proved` does, Refused (no answer yet), Trouble."""
    view = await petitioning.proved(said, around)
    step = _answered(view.steps)
    if step is None:
        raise Refused("there is no answer yet", code="no_answer", facts={"state": view.progress.state})
    parts = await around.answers.answer(view.petition.id)
    contest = await around.answers.contestable(view.petition.id)
    has_part = view.petition.is_sealed or not petitioning.has_left(view)
    return Given(
        view=view,
        parts=parts or {},
        answered_at=step.effective_at,
        office=step.office,
        is_standing=view.progress.state in JUDGED,
        can_judge=has_part and view.progress.state in JUDGED and not _is_judged(view),
        can_contest=bool(has_part and contest["is_possible"] and await petitioning.may_speak(around, view)),
        contest_until=contest["until"],
    )


async def file_of(said: Said, attachment_id: UUID, around: Around, stores: Stores) -> tuple[Attachment, bytes]:
    """Return a file that the answer shows, also where it is kept with the petition into which this one was merged.

    Raises what `proved` does, Unknown: not there and not in the answer look the same.
    """
    view = await petitioning.proved(said, around)
    parts = await around.answers.answer(view.petition.id) if _answered(view.steps) else None
    shown = (parts or {}).get("evidence", ())
    async with around.database.reading() as connection:
        found = await files.with_seal(connection, attachment_id, purpose=EVIDENCE)
    if found is None or str(attachment_id) not in shown:
        raise Unknown("there is no such file", code="attachment_not_found")
    attachment, is_sealed = found
    return attachment, await fetch(attachment, stores, is_sealed=is_sealed)


def _answered(steps: Sequence[Step]) -> Step | None:
    known = [step for step in steps if step.source == PROCEDURE and step.what is What.ANSWERED]
    return max(known, key=lambda step: step.version, default=None)


def _is_judged(view: View) -> bool:
    number = sum(step.what is What.ANSWERED for step in view.steps)
    whose = view.petitioner_id or view.petition.id
    return any(item.what == VERDICT and item.number == number and item.petitioner_id == whose for item in view.statements)
