"""Adding words for the office to an open field report: kept under seal, said without them.

Invariant: comments of a report are numbered 1, 2, 3, …; the same key keeps the same words once.
"""

from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.progress import OPEN, stand
from services.intake.store import people, reading, statements
from services.intake.store.reading import Petition
from services.intake.store.statements import COMMENT, Statement
from shared.contracts import NewEvent
from shared.contracts.intake import PetitionCommentedV1
from shared.identity import Ciphers
from shared.kernel.ids import derived, uuid7
from shared.kernel.refusals import Refused
from shared.persistence import Database

COMMENTS_MAX = 1000
"""So many a report takes."""


@dataclass(frozen=True, slots=True)
class Comment:
    """The command. `key` None: whoever repeats it says it twice."""

    petition: Petition
    words: str
    key: str | None
    actor: str
    now: datetime
    traceparent: str | None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The number of a comment; `is_repeat`: the same key was answered before."""

    number: int
    is_repeat: bool = False


async def comment(command: Comment, *, database: Database, cipher: Ciphers) -> Kept:
    """Keep the words. Raises Refused where the report has ended, or where the key was used for other words."""
    petition = command.petition
    who = derived(petition.id, COMMENT, command.key) if command.key else uuid7(command.now)
    async with database.transaction() as tx:
        await people.lock(tx.connection, petition.id)
        known = [item for item in await statements.of_petition(tx.connection, petition.id) if item.what == COMMENT]
        before = next((item for item in known if item.petitioner_id == who), None)
        if before is not None:
            return _repeated(command, before, cipher)
        if stand(await reading.steps_of(tx.connection, petition.id)).state not in OPEN:
            raise Refused("it has ended", code="comment_ended")
        number = max((item.number for item in known), default=0) + 1
        if number > COMMENTS_MAX:
            raise Refused("it has as many comments as it takes", code="comments_full", facts={"limit": COMMENTS_MAX})
        words = cipher.seal(command.words.encode(), context=petition.id.bytes, is_sealed=petition.is_sealed)
        await statements.put(tx.connection, petition.id, Statement(COMMENT, number, command.now, None, words, who))
        tx.emit([_event(command, number)])
    return Kept(number)


def _repeated(command: Comment, before: Statement, cipher: Ciphers) -> Kept:
    petition = command.petition
    said = cipher.open(before.words, context=petition.id.bytes, is_sealed=petition.is_sealed) if before.words else b""
    if said != command.words.encode():
        raise Refused("this Idempotency-Key was used for other words", code="idempotency_key_reused")
    return Kept(before.number, is_repeat=True)


def _event(command: Comment, number: int) -> NewEvent:
    petition = command.petition
    return NewEvent(
        id=derived(petition.id, COMMENT, number),
        aggregate_id=petition.id,
        body=PetitionCommentedV1(number=number),
        effective_at=command.now,
        recorded_at=command.now,
        actor=command.actor,
        authority=command.authority,
        correlation_id=petition.id,
        is_sealed=petition.is_sealed,
        traceparent=command.traceparent,
    )
