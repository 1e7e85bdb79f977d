"""What the petitioner does later: withdraw, judge the answer, contest it. Who knows code and secret is the petitioner.

Invariant: each is said once about the same answer, and repeating it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain import secret as secrets
from services.intake.domain.lodging import TEXT_CHARACTERS_MAX, Contact, Lodging
from services.intake.domain.progress import OPEN, PETITIONER, State, Step, What
from services.intake.gateways.routing import Answers
from services.intake.handlers import viewing
from services.intake.handlers.lodging import Desk, LodgePetition, Receipt
from services.intake.handlers.viewing import View, content_of
from services.intake.store import hearing, reading, searching, statements
from services.intake.store.reading import Petition
from services.intake.store.statements import CONTESTED, VERDICT, WITHDRAWN, Statement
from shared.contracts import EventBody, NewEvent
from shared.contracts.intake import PetitionRatedV1, PetitionWithdrawnV1
from shared.contracts.words import Kind, Procedure
from shared.identity import Ciphers, Sealed
from shared.kernel.ids import derived
from shared.kernel.refusals import Malformed, Refused
from shared.persistence import Database

_REMEDY = "xem trên biên nhận; nếu mất, hãy đến nơi tiếp công dân · it stands on the receipt; if lost, come to the counter"
JUDGED = frozenset({State.ANSWERED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Said:
    """What a petitioner says, with what proves it, as people write it: code and secret, or the phrase of a denunciation."""

    code: str | None
    secret: str
    words: str | None
    language: str
    now: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Around:
    """What petitioners' acts need."""

    database: Database
    cipher: Ciphers
    answers: Answers
    desk: Desk


async def proved(said: Said, around: Around) -> View:
    """Return the petition of who knows its secret. Raises Unknown, BadCode, BadPhrase, Malformed (another secret)."""
    if said.code is None:
        return await viewing.view(around.database, await viewing.find_by_phrase(around.database, around.cipher, said.secret))
    view = await viewing.view(around.database, await viewing.find(around.database, said.code))
    stamp = around.cipher.stamp(secrets.context_of(view.petition.id.bytes))
    if not secrets.is_secret(said.secret, stamp):
        mistake = {"field": "secret", "reason": "wrong", "remedy": _REMEDY}
        raise Malformed("this is not the secret of the petition", code="wrong_secret", errors=[mistake])
    return view


async def withdraw(said: Said, around: Around) -> None:
    """Take the petition back. Raises Refused where it has ended."""
    view = await proved(said, around)
    if view.progress.state is State.WITHDRAWN:
        return
    if view.progress.state not in OPEN:
        raise Refused("it has ended already", code="nothing_to_withdraw", facts={"state": view.progress.state})
    await _keep(said, around, view, WITHDRAWN, PetitionWithdrawnV1())


async def judge(said: Said, around: Around, *, is_satisfied: bool) -> None:
    """Keep the petitioner's verdict on the answer beside the office's. Raises Refused where there is no answer."""
    view = await proved(said, around)
    if view.progress.state not in JUDGED or not _answers(view):
        raise Refused("there is no answer yet", code="nothing_to_judge", facts={"state": view.progress.state})
    body = PetitionRatedV1(is_satisfied=is_satisfied)
    if not await _keep(said, around, view, VERDICT, body, is_satisfied=is_satisfied):
        raise Refused("this answer was judged before", code="judged_before")


async def contest(said: Said, around: Around) -> Receipt | None:
    """Contest the answer; return the receipt of the second complaint, None where the same petition goes on with the office above.

    Routing decides whether it is possible. Raises Refused, Malformed where no words say why, Trouble.
    """
    view = await proved(said, around)
    petition, number = view.petition, _answers(view)
    if not (said.words or "").strip():
        mistake = {"field": "text", "reason": "missing", "remedy": "nêu lý do không đồng ý · say why you do not agree"}
        raise Malformed("say why", code="missing", errors=[mistake])
    standing = await around.answers.contest(petition.id, key=f"{petition.id}-{number}", language=said.language)
    await _keep(said, around, view, CONTESTED, None)
    is_complaint = str(standing["procedure"]).startswith(f"{Kind.COMPLAINT}.")  # it may have been lodged as something else
    return await _second_complaint(said, around, petition, number) if is_complaint else None


async def _second_complaint(said: Said, around: Around, petition: Petition, number: int) -> Receipt:
    """Lodge the second complaint with the first one's petitioner and place; repeating it gives the same receipt."""
    async with around.database.reading() as connection:
        (found,) = await reading.contents(connection, [petition.id], with_sealed=True)
    content = content_of(around.cipher, found)
    petition_id = derived(petition.id, "second", number)
    lodging = Lodging(
        kind=Kind.COMPLAINT,
        jurisdiction=petition.jurisdiction,
        text=(said.words or "")[:TEXT_CHARACTERS_MAX],
        topic=None,
        commune=None,
        latitude=content.get("latitude"),
        longitude=content.get("longitude"),
        place=content.get("place"),
        contact=Contact(content.get("name"), content.get("email"), content.get("phone")),
        channel="web",
        language=petition.language,
        urgency=None,
        procedure=Procedure.COMPLAINT_SECOND,
        follows=UUID(bytes=petition.id.bytes),  # one that JSON can be made of
    )
    stamp = around.cipher.stamp(b"caunoi/second/" + petition_id.bytes)
    return await around.desk.lodge(
        LodgePetition(
            lodging=lodging,
            petition_id=petition_id,
            code=secrets.secret_of(stamp),  # the same each time, and as little to be guessed as a random one
            key=f"second-{petition_id}",
            actor=PETITIONER,
            now=said.now,
            traceparent=said.traceparent,
        )
    )


def _answers(view: View) -> int:
    return sum(step.what is What.ANSWERED for step in view.steps)


async def _keep(
    said: Said, around: Around, view: View, what: str, body: EventBody | None, *, is_satisfied: bool | None = None
) -> bool:
    """Keep a statement and say it; False where the same was said before."""
    petition, number = view.petition, _answers(view)
    words = _sealed(said.words, around.cipher, petition)
    statement = Statement(what, number, said.now, is_satisfied, words)
    async with around.database.transaction() as tx:
        if not await statements.put(tx.connection, petition.id, statement):
            return False
        if what == WITHDRAWN and not petition.is_sealed:  # of a denunciation only a decision ends it
            step = Step(PETITIONER, number + 1, What.WITHDRAWN, said.now, None)
            await hearing.add_steps(tx.connection, [(petition.id, step)])
            await searching.restate(tx.connection, [petition.id])
        tx.emit(_events(petition, body, what, number, said))
    return True


def _sealed(words: str | None, cipher: Ciphers, petition: Petition) -> Sealed | None:
    if not words or not words.strip():
        return None
    return cipher.seal(words.strip().encode(), context=petition.id.bytes, is_sealed=petition.is_sealed)


def _events(petition: Petition, body: EventBody | None, what: str, number: int, said: Said) -> Sequence[NewEvent]:
    if body is None:
        return ()
    return (
        NewEvent(
            id=derived(petition.id, what, number),
            aggregate_id=petition.id,
            body=body,
            effective_at=said.now,
            recorded_at=said.now,
            actor=PETITIONER,
            correlation_id=petition.id,
            is_sealed=petition.is_sealed,
            traceparent=said.traceparent,
        ),
    )


__all__ = ["Around", "Said", "contest", "judge", "proved", "withdraw"]
