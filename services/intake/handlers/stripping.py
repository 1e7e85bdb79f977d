"""What leaves the vault without its author: copies for verifiers, and results for the public.

Invariant: a copy is read by whom it was made for and by nobody else, each time recorded and said; a result is published only
after what the vault knows of the petitioner was taken out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.progress import State, stand
from services.intake.domain.stripping import Personal, Stripped, strip
from services.intake.handlers import viewing
from services.intake.handlers.viewing import Reveal
from services.intake.store import copies as store
from services.intake.store import reading
from services.intake.store.copies import Copy, Publication
from services.intake.store.reading import Petition
from shared.contracts import EventBody, NewEvent
from shared.contracts.intake import AnswerPublishedV1, CopyIssuedV1, IdentityRevealedV1
from shared.contracts.words import ReadingPurpose
from shared.identity import Ciphers, Principal
from shared.kernel.ids import derived, uuid7
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Database
from shared.web.paging import Place

ANSWERED = frozenset({State.ANSWERED, State.CLOSED})
COPY_FIELD = "stripped_text"
_PERSONAL = ("name", "email", "phone", "place", "address")


@dataclass(frozen=True, slots=True)
class Strip:
    """The command: out of which petition, by whom; what else must go and what may stay."""

    petition: Petition
    officer: Principal
    also: Sequence[str]
    keep: Sequence[str]
    now: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Vault:
    """Where things are kept, and what opens them."""

    database: Database
    cipher: Ciphers


async def copy(command: Strip, verifiers: Sequence[str], vault: Vault) -> tuple[Stripped, UUID | None]:
    """Return what was lodged without its author, and the id of the copy; without verifiers nothing is kept: a look beforehand."""
    petition = command.petition
    said = await _reveal(command, ("text", *_PERSONAL), ReadingPurpose.STRIPPING, vault)
    stripped = strip(str(said.get("text") or ""), _personal(said), also=command.also, keep=command.keep)
    if not verifiers:
        return stripped, None
    names = sorted(set(verifiers))
    copy_id = derived(petition.id, "copy", stripped.text, *names)
    sealed = vault.cipher.seal(stripped.text.encode(), context=copy_id.bytes, is_sealed=petition.is_sealed)
    async with vault.database.transaction() as tx:
        if await store.put_copy(tx.connection, Copy(copy_id, petition.id, command.now, sealed, petition.is_sealed), names):
            tx.emit([_event(command, derived(copy_id, "issued"), CopyIssuedV1(copy_id=copy_id, verifiers=names))])
    return stripped, copy_id


async def copies_of(verifier: Principal, vault: Vault, *, after: Place | None, limit: int) -> list[Copy]:
    """Return the copies that were made for somebody, unread, after a place."""
    async with vault.database.reading() as connection:
        return await store.copies_for(connection, verifier.subject, after=after, limit=limit)


async def read_copy(copy_id: UUID, verifier: Principal, vault: Vault, *, now: datetime, traceparent: str | None) -> str:
    """Return the text of a copy that was made for `verifier`. Raises Unknown: not there and not yours look the same."""
    async with vault.database.transaction() as tx:
        found = await store.copies_for(tx.connection, verifier.subject, copy_id=copy_id, limit=1)
        if not found:
            raise Unknown("there is no such copy", code="copy_not_found")
        (held,) = found
        purpose = ReadingPurpose.VERIFYING
        await reading.record_readings(
            tx.connection, [held.petition_id], reader=verifier.actor, purpose=purpose, fields=(COPY_FIELD,), now=now
        )
        body = IdentityRevealedV1(fields=[COPY_FIELD], purpose=purpose)
        event = _said(
            held.petition_id,
            uuid7(now),
            body,
            is_sealed=held.is_sealed,
            by=verifier,
            now=now,
            traceparent=traceparent,
        )
        tx.emit([event])
    return vault.cipher.open(held.sealed, context=held.id.bytes, is_sealed=held.is_sealed).decode()


async def publish(command: Strip, text: str, vault: Vault, *, is_final: bool) -> tuple[Stripped, UUID | None]:
    """Return a result without its petitioner, and the id of its publication; not `is_final`: a look beforehand.

    Raises Refused where there is no answer yet.
    """
    petition = command.petition
    async with vault.database.reading() as connection:
        progress = stand(await reading.steps_of(connection, petition.id))
    if progress.state not in ANSWERED or progress.office is None:
        raise Refused("there is no answer yet", code="nothing_to_publish", facts={"state": progress.state})
    said = await _reveal(command, _PERSONAL, ReadingPurpose.PUBLISHING, vault)
    stripped = strip(text, _personal(said), also=command.also, keep=command.keep)
    if not is_final:
        return stripped, None
    publication_id = derived(petition.id, "publication", stripped.text)
    publication = Publication(
        id=publication_id,
        petition_id=petition.id,
        kind=petition.kind,
        office=progress.office,
        jurisdiction=petition.jurisdiction,
        published_at=command.now,
        body=stripped.text,
    )
    async with vault.database.transaction() as tx:
        if await store.publish(tx.connection, publication):
            body = AnswerPublishedV1(publication_id=publication_id)
            tx.emit([_event(command, derived(publication_id, "published"), body)])
    return stripped, publication_id


async def _reveal(command: Strip, fields: Sequence[str], purpose: ReadingPurpose, vault: Vault) -> dict[str, object]:
    wanted = Reveal(command.petition, command.officer, fields, purpose, command.now, command.traceparent)
    return await viewing.reveal(wanted, database=vault.database, cipher=vault.cipher)


def _personal(said: dict[str, object]) -> Personal:
    return Personal(**{field: str(said[field]) for field in _PERSONAL if said.get(field)})


def _event(command: Strip, event_id: UUID, body: EventBody) -> NewEvent:
    petition = command.petition
    return _said(
        petition.id,
        event_id,
        body,
        is_sealed=petition.is_sealed,
        by=command.officer,
        now=command.now,
        traceparent=command.traceparent,
    )


def _said(
    petition_id: UUID, event_id: UUID, body: EventBody, *, is_sealed: bool, by: Principal, now: datetime, traceparent: str | None
) -> NewEvent:
    return NewEvent(
        id=event_id,
        aggregate_id=petition_id,
        body=body,
        effective_at=now,
        recorded_at=now,
        actor=by.actor,
        authority=by.authority,
        correlation_id=petition_id,
        is_sealed=is_sealed,
        traceparent=traceparent,
    )
