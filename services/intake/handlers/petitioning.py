"""What the petitioner does later: withdraw, judge the answer, contest it. Who knows code and secret is the petitioner.

Invariant: each is said once about the same answer, and repeating it changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.intake.domain import phrase as phrases
from services.intake.domain import secret as secrets
from services.intake.domain.lodging import TEXT_CHARACTERS_MAX, Lodging
from services.intake.domain.people import Contact, Person, second_of
from services.intake.domain.progress import OPEN, PETITIONER, State, Step, What
from services.intake.gateways.routing import Answers
from services.intake.handlers import viewing
from services.intake.handlers.desk import Desk
from services.intake.handlers.lodging import LodgePetition, Receipt, phrase_for
from services.intake.handlers.people import group_of
from services.intake.handlers.viewing import View, content_of
from services.intake.store import hearing, people, reading, searching, statements
from services.intake.store.people import Petitioner
from services.intake.store.reading import Petition
from services.intake.store.statements import CONTESTED, VERDICT, WITHDRAWN, Statement
from shared.contracts import EventBody, NewEvent
from shared.contracts.intake import PetitionerWithdrawnV1, PetitionRatedV1, PetitionWithdrawnV1
from shared.contracts.words import Kind, Procedure
from shared.identity import Ciphers, Sealed
from shared.kernel.ids import derived
from shared.kernel.refusals import Malformed, Refused
from shared.persistence import Database

_REMEDY = "xem trên biên nhận; nếu mất, hãy đến nơi tiếp công dân · it stands on the receipt; if lost, come to the counter"
CONTACT = ("name", "email", "phone", "address")
RESOLUTIONS = ("KN1.RESOLVE", "KN.DISC.RESOLVE")
"""Clocks of a first complaint's resolution."""
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
        petition = await viewing.find_by_phrase(around.database, around.cipher, said.secret)
    else:
        petition = await viewing.find(around.database, said.code)
    async with around.database.reading() as connection:
        ids = [petition.id, *(other.id for other in await people.of_petition(connection, petition.id))]
    petitioner_id = next((key for key in ids if _is_theirs(said, key, around.cipher)), None)
    if petitioner_id is None:
        mistake = {"field": "secret", "reason": "wrong" if said.secret.strip() else "missing", "remedy": _REMEDY}
        raise Malformed("this is not the secret of the petition", code="wrong_secret", errors=[mistake])
    return replace(await viewing.view(around.database, petition), petitioner_id=petitioner_id)


def _is_theirs(said: Said, petitioner_id: UUID, cipher: Ciphers) -> bool:
    if said.code is None:
        return phrases.parse(phrase_for(cipher, petitioner_id)) == phrases.parse(said.secret)
    return secrets.is_secret(said.secret, cipher.stamp(secrets.context_of(petitioner_id.bytes)))


async def withdraw(said: Said, around: Around) -> None:
    """Take the petition back for oneself; with the last of its petitioners it ends. Raises Refused where it has ended."""
    view = await proved(said, around)
    if view.progress.state is State.WITHDRAWN or has_left(view):
        return
    if view.progress.state not in OPEN:
        raise Refused("it has ended already", code="nothing_to_withdraw", facts={"state": view.progress.state})
    petition, number = view.petition, _answers(view)
    statement = _statement(said, around.cipher, view, WITHDRAWN)
    async with around.database.transaction() as tx:
        await people.lock(tx.connection, petition.id)
        if not await statements.put(tx.connection, petition.id, statement):
            return
        group = await group_of(tx, around.cipher, petition)
        if group.remaining:
            left = PetitionerWithdrawnV1(petitioner_id=_json_uuid(view.petitioner_id), petitioners=group.number)
            tx.emit(_events(view, left, f"{WITHDRAWN} {view.petitioner_id}", number, said))
            return
        if not petition.is_sealed:  # of a denunciation only a decision ends it
            step = Step(PETITIONER, number + 1, What.WITHDRAWN, said.now, None)
            await hearing.add_steps(tx.connection, [(petition.id, step)])
            await searching.restate(tx.connection, [petition.id])
        tx.emit(_events(view, PetitionWithdrawnV1(), WITHDRAWN, number, said))


def has_left(view: View) -> bool:
    """Whether whoever looks took it back."""
    return any(item.what == WITHDRAWN and item.petitioner_id == view.petitioner_id for item in view.statements)


async def judge(said: Said, around: Around, *, is_satisfied: bool) -> None:
    """Keep the petitioner's verdict on the answer beside the office's. Raises Refused where there is no answer."""
    view = await proved(said, around)
    if view.progress.state not in JUDGED or not _answers(view):
        raise Refused("there is no answer yet", code="nothing_to_judge", facts={"state": view.progress.state})
    _still_there(view)
    further = view.petitioner_id if view.petitioner_id != view.petition.id else None
    body = PetitionRatedV1(is_satisfied=is_satisfied, petitioner_id=_json_uuid(further) if further else None)
    if not await _keep(said, around, view, VERDICT, body, is_satisfied=is_satisfied):
        raise Refused("this answer was judged before", code="judged_before")


async def contest(said: Said, around: Around) -> Receipt | None:
    """Contest the answer, or that there is none in time.

    Return the receipt of the second complaint, None where the same petition goes on with the office above.

    Routing decides whether it is possible. Raises Refused, Malformed where no words say why, Trouble.
    """
    view = await proved(said, around)
    petition, number = view.petition, _answers(view)
    if not (said.words or "").strip():
        mistake = {"field": "text", "reason": "missing", "remedy": "nêu lý do không đồng ý · say why you do not agree"}
        raise Malformed("say why", code="missing", errors=[mistake])
    _still_there(view)
    await _speaks(around, view)
    _once(said, around, view, number)
    overdue, key = is_overdue(view, said.now), f"{petition.id}-{number}"
    standing = await around.answers.contest(petition.id, key=key, language=said.language, is_overdue=overdue)
    await _keep(said, around, view, CONTESTED, None)
    is_complaint = str(standing["procedure"]).startswith(f"{Kind.COMPLAINT}.")  # it may have been lodged as something else
    return await _second_complaint(said, around, petition, number) if is_complaint else None


def is_overdue(view: View, now: datetime) -> bool:
    """Whether a complaint's limit of resolution has passed without an answer: then the second one is open (Law art. 33)."""
    return any(clock.is_running and clock.rule.startswith(RESOLUTIONS) and clock.due_at < now for clock in view.clocks)


def _once(said: Said, around: Around, view: View, number: int) -> None:
    """Refuse to contest the same answer again in other words; in the same words it is the same contest."""
    petition = view.petition
    for item in view.statements:
        if (item.what, item.number) != (CONTESTED, number) or item.words is None:
            continue
        known = around.cipher.open(item.words, context=petition.id.bytes, is_sealed=petition.is_sealed).decode()
        if known != (said.words or "").strip():
            raise Refused("it was contested before", code="contested_already")


def _still_there(view: View) -> None:
    """Refuse who took it back; who took a denunciation back may go on, for only a decision ends it."""
    if has_left(view) and not view.petition.is_sealed:
        raise Refused("who took it back has no part in it", code="withdrawn_before")


async def _speaks(around: Around, view: View) -> None:
    """See that whoever contests may speak for all. Raises Refused: several appointed others to do so."""
    if not await may_speak(around, view):
        raise Refused("their representatives speak for all", code="representative_speaks")


async def may_speak(around: Around, view: View) -> bool:
    """Whether whoever looks may contest for all."""
    async with around.database.transaction() as tx:
        group = await group_of(tx, around.cipher, view.petition)
        found = await reading.contents(tx.connection, [view.petition.id], with_sealed=True)
    first = bool(found and content_of(around.cipher, found[0]).get("is_representative"))
    return group.speaks(view.petitioner_id or view.petition.id, first_speaks=first)


async def _second_complaint(said: Said, around: Around, petition: Petition, number: int) -> Receipt:
    """Lodge the second complaint with the first one's petitioners and place; repeating it gives the same receipt."""
    async with around.database.reading() as connection:
        (found,) = await reading.contents(connection, [petition.id], with_sealed=True)
        others = await people.of_petition(connection, petition.id)
        left = await people.left(connection, petition.id)
    content = content_of(around.cipher, found)
    all_of_them = _people(around.cipher, petition, content, others, left)
    petition_id = second_of(petition.id, number)
    lodging = Lodging(
        kind=Kind.COMPLAINT,
        jurisdiction=petition.jurisdiction,
        text=(said.words or "")[:TEXT_CHARACTERS_MAX],
        topic=None,
        commune=None,
        latitude=content.get("latitude"),
        longitude=content.get("longitude"),
        place=content.get("place"),
        contact=all_of_them[0].contact,
        people=tuple(all_of_them) if len(all_of_them) > 1 else None,
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


def _people(
    cipher: Ciphers, petition: Petition, content: Mapping[str, Any], others: Sequence[Petitioner], left: set[UUID]
) -> list[Person]:
    """Return the petitioners who have not left, whoever represents the others as before."""
    said = [(petition.id, content)]
    for other in others:
        opened = orjson.loads(cipher.open(other.sealed, context=other.id.bytes, is_sealed=petition.is_sealed))
        said.append((other.id, {**opened, "is_representative": other.is_representative}))
    return [
        Person(Contact(*(its.get(field) for field in CONTACT)), bool(its.get("is_representative")), has_signed=True)
        for key, its in said
        if key not in left
    ]


def _json_uuid(key: UUID | None) -> UUID:
    """Return an id that JSON can be made of: the driver's own kind cannot."""
    return UUID(int=key.int if key else 0)


def _answers(view: View) -> int:
    return sum(step.what is What.ANSWERED for step in view.steps)


async def _keep(
    said: Said, around: Around, view: View, what: str, body: EventBody | None, *, is_satisfied: bool | None = None
) -> bool:
    """Keep a statement and say it; False where the same was said before."""
    petition = view.petition
    statement = _statement(said, around.cipher, view, what, is_satisfied=is_satisfied)
    whose = what if view.petitioner_id == petition.id else f"{what} {view.petitioner_id}"
    async with around.database.transaction() as tx:
        if not await statements.put(tx.connection, petition.id, statement):
            return False
        tx.emit(_events(view, body, whose, statement.number, said))
    return True


def _statement(said: Said, cipher: Ciphers, view: View, what: str, *, is_satisfied: bool | None = None) -> Statement:
    words = _sealed(said.words, cipher, view.petition)
    return Statement(what, _answers(view), said.now, is_satisfied, words, view.petitioner_id)


def _sealed(words: str | None, cipher: Ciphers, petition: Petition) -> Sealed | None:
    if not words or not words.strip():
        return None
    return cipher.seal(words.strip().encode(), context=petition.id.bytes, is_sealed=petition.is_sealed)


def _events(view: View, body: EventBody | None, what: str, number: int, said: Said) -> Sequence[NewEvent]:
    if body is None:
        return ()
    petition = view.petition
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


__all__ = ["Around", "Said", "contest", "has_left", "judge", "may_speak", "proved", "withdraw"]
