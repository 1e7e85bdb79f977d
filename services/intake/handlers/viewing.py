"""Reading by right: the public state by tracking code, what the vault holds by role, office and purpose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.intake.domain import code as codes
from services.intake.domain import phrase as phrases
from services.intake.domain.lodging import SEALED_KIND
from services.intake.domain.people import seconds_of
from services.intake.domain.progress import Clock, Progress, Step, stand
from services.intake.domain.rights import FIELDS
from services.intake.handlers.lodging import digest_of
from services.intake.store import attachments, people, reading, statements
from services.intake.store.attachments import Attachment
from services.intake.store.people import Petitioner
from services.intake.store.reading import Content, Petition
from services.intake.store.statements import SAID, VERDICT, Statement
from shared.contracts import NewEvent
from shared.contracts.intake import IdentityRevealedV1
from shared.contracts.words import ReadingPurpose, Role
from shared.identity import Ciphers, NotAllowed, Principal
from shared.kernel.ids import uuid7
from shared.kernel.refusals import Unknown
from shared.kernel.rights import hidden_from, is_for_head_alone
from shared.persistence import Database

NOBODY = UUID(int=0)
PETITIONERS_FIELD = "petitioners"
STATEMENTS_FIELD = "statements"
_SAID_AT_FIRST = (
    "text",
    "place",
    "name",
    "email",
    "phone",
    "latitude",
    "longitude",
    "commune",
    "topic",
    "address",
    "former_text",
)
REVEALED_FIELDS = (*_SAID_AT_FIRST, PETITIONERS_FIELD, STATEMENTS_FIELD)
_ABOUT_PEOPLE = frozenset({PETITIONERS_FIELD, STATEMENTS_FIELD})
ATTACHMENT_FIELD = "attachment"


@dataclass(frozen=True, slots=True)
class View:
    """A petition as its petitioner sees it."""

    petition: Petition
    progress: Progress
    steps: Sequence[Step]
    clocks: Sequence[Clock]
    attachments: Sequence[Attachment]
    office_names: Mapping[str, tuple[str, str]]
    statements: Sequence[Statement] = ()
    petitioner_id: UUID | None = None
    """Which of several looks at it, where that was proved."""
    petitioners: int = 1


async def find(database: Database, written: str) -> Petition:
    """Return the petition with a code as people write it, never a denunciation. Raises BadCode (misread) and Unknown."""
    code = codes.parse(written)
    async with database.reading() as connection:
        petition = await reading.public_by_code(connection, code)
    return known(petition)


async def find_by_phrase(database: Database, cipher: Ciphers, written: str) -> Petition:
    """Return the denunciation with a secret phrase as people write it. Raises BadPhrase (misread) and Unknown."""
    digest = digest_of(cipher, phrases.parse(written))
    async with database.reading() as connection:
        petition = await reading.by_phrase(connection, digest)
    if petition is None:
        raise Unknown("no petition has this phrase", code="phrase_not_found")
    return petition


def known(petition: Petition | None) -> Petition:
    """Return the petition. Raises Unknown: not there and not yours look the same."""
    if petition is None:
        raise Unknown("no petition has this code", code="petition_not_found")
    return petition


async def view(database: Database, petition: Petition) -> View:
    """Return how far a petition has come, for who proved that he may know."""
    async with database.reading() as connection:
        steps = await reading.steps_of(connection, petition.id)
        offices = {step.office for step in steps if step.office}
        return View(
            petition=petition,
            progress=stand(steps),
            steps=steps,
            clocks=await reading.clocks_of(connection, petition.id),
            attachments=await attachments.of_petition(connection, petition.id),
            office_names=await reading.office_names(connection, offices) if offices else {},
            statements=await statements.of_petition(connection, petition.id),
            petitioners=await people.count(connection, petition.id),
        )


def verdict_in(view: View) -> Statement | None:
    """Return what the petitioner said last of an answer, of several the one who looks, or the first; None where nothing."""
    whose = view.petitioner_id or view.petition.id
    return next((item for item in reversed(view.statements) if item.what == VERDICT and item.petitioner_id == whose), None)


async def of_office(database: Database, written: str, principal: Principal) -> Petition:
    """Return the petition if it is with the principal's office, or the second complaint that contests its answer is.

    Raises Unknown: not there and not yours look the same.

    Both take the same statements, so that the time of the answer tells neither.
    """
    code = codes.parse(written)
    async with database.reading() as connection:
        petition = await reading.by_code(connection, code)
        petition_id = petition.id if petition else NOBODY
        progress = stand(await reading.steps_of(connection, petition_id))
        is_excluded = await reading.is_excluded(connection, petition_id, principal.actor)
        decides_second = await reading.are_with(connection, seconds_of(petition_id), principal.office or "")
    has_it = principal.office is not None and (progress.office == principal.office or decides_second)
    is_theirs = has_it and not is_excluded
    return known(petition if petition and is_theirs and principal.has(*_seeing(petition, principal.office)) else None)


def _seeing(petition: Petition, office: str | None) -> tuple[Role, ...]:
    """Return the roles that see a petition of their office: where its staff may be denounced, the head alone."""
    is_denunciation = petition.is_sealed or petition.kind == SEALED_KIND
    alone = is_for_head_alone(is_denunciation=is_denunciation, against=petition.against, office=office)
    return (Role.HEAD,) if alone else (Role.OFFICER, Role.HEAD)


@dataclass(frozen=True, slots=True)
class Reveal:
    """The command: which fields of a petition, by whom, and for what."""

    petition: Petition
    principal: Principal
    fields: Sequence[str]
    purpose: ReadingPurpose
    now: datetime
    traceparent: str | None


async def reveal(command: Reveal, *, database: Database, cipher: Ciphers) -> dict[str, Any]:
    """Return the fields and say who read them and why: both or neither. Raises NotAllowed where the role may not read one."""
    petition = command.petition
    hidden = hidden_from(FIELDS, map(str, command.principal.roles), command.fields, is_sealed=petition.is_sealed)
    if hidden:
        raise NotAllowed("the role may not read these fields", code="field_not_allowed", facts={"fields": ", ".join(hidden)})
    async with database.transaction() as tx:
        found = await reading.contents(tx.connection, [petition.id], with_sealed=True)
        await reading.record_readings(
            tx.connection,
            [petition.id],
            reader=command.principal.actor,
            purpose=command.purpose,
            fields=command.fields,
            now=command.now,
        )
        others = await people.of_petition(tx.connection, petition.id) if {*command.fields} & _ABOUT_PEOPLE else []
        left = await people.left(tx.connection, petition.id) if others else set()
        said = await statements.of_petition(tx.connection, petition.id) if STATEMENTS_FIELD in command.fields else []
        tx.emit([_revealed(command)])
    if not (found or said):
        return {}
    content = content_of(cipher, found[0]) if found else {}
    content[STATEMENTS_FIELD] = [_stated(cipher, item, petition, others) for item in said if item.what in SAID]
    content[PETITIONERS_FIELD] = [
        _listed(1, content, has_left=petition.id in left),
        *(_listed(other.number, _opened(cipher, other, petition), has_left=other.id in left) for other in others),
    ]
    return {field: content.get(field) for field in command.fields}


def _stated(cipher: Ciphers, item: Statement, petition: Petition, others: Sequence[Petitioner]) -> dict[str, Any]:
    """Return what was said later, and by which petitioner; None where the words were erased, or where nobody knows who wrote."""
    opened = cipher.open(item.words, context=petition.id.bytes, is_sealed=petition.is_sealed).decode() if item.words else None
    numbers = {petition.id: 1, **{other.id: other.number for other in others}}
    who = None if item.petitioner_id is None else numbers.get(item.petitioner_id)
    return {"what": item.what, "at": item.said_at, "words": opened, "who": who}


def _opened(cipher: Ciphers, other: Petitioner, petition: Petition) -> dict[str, Any]:
    opened = orjson.loads(cipher.open(other.sealed, context=other.id.bytes, is_sealed=petition.is_sealed))
    return {**opened, "is_representative": other.is_representative}


def _listed(number: int, content: Mapping[str, Any], *, has_left: bool) -> dict[str, Any]:
    contact = {field: content.get(field) for field in ("name", "email", "phone", "address")}
    return {"number": number, **contact, "is_representative": bool(content.get("is_representative")), "has_withdrawn": has_left}


async def read_texts(
    database: Database, cipher: Ciphers, ids: Sequence[UUID], *, reader: str, purpose: str, now: datetime
) -> dict[str, str]:
    """Return texts by petition id for a service; never those of denunciations."""
    contents = await _read(database, cipher, ids, reader=reader, purpose=purpose, fields=("text",), with_sealed=False, now=now)
    return {str(petition_id): content.get("text", "") for petition_id, _, content in contents}


async def read_contacts(
    database: Database, cipher: Ciphers, ids: Sequence[UUID], *, reader: str, purpose: str, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return names and addresses for a service: by petition id of the first petitioner, by their own ids of further ones."""
    fields = ("name", "email", "phone")
    contents = await _read(database, cipher, ids, reader=reader, purpose=purpose, fields=fields, with_sealed=True, now=now)
    firsts = {
        str(petition_id): {"language": language, **{field: content.get(field) for field in fields}}
        for petition_id, language, content in contents
    }
    if len(firsts) == len(ids):
        return firsts
    return firsts | await _others_contacts(database, cipher, ids, reader=reader, purpose=purpose, now=now)


async def _others_contacts(
    database: Database, cipher: Ciphers, ids: Sequence[UUID], *, reader: str, purpose: str, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return names and addresses of further petitioners, by their own ids."""
    fields = ("name", "email", "phone")
    async with database.transaction() as tx:
        found = await people.by_ids(tx.connection, ids)
        sealed = {item.id: item.is_sealed for item in await reading.by_ids(tx.connection, {other.petition_id for other in found})}
        read = sorted({other.petition_id for other in found})
        await reading.record_readings(tx.connection, read, reader=reader, purpose=purpose, fields=fields, now=now)
    opened = {
        str(other.id): orjson.loads(cipher.open(other.sealed, context=other.id.bytes, is_sealed=sealed[other.petition_id]))
        for other in found
    }
    return {key: {field: content.get(field) for field in fields} for key, content in opened.items()}


async def _read(
    database: Database,
    cipher: Ciphers,
    ids: Sequence[UUID],
    *,
    reader: str,
    purpose: str,
    fields: Sequence[str],
    with_sealed: bool,
    now: datetime,
) -> list[tuple[UUID, str, dict[str, Any]]]:
    async with database.transaction() as tx:
        found = await reading.contents(tx.connection, ids, with_sealed=with_sealed)
        read = [content.petition_id for content in found]
        await reading.record_readings(tx.connection, read, reader=reader, purpose=purpose, fields=fields, now=now)
    return [(content.petition_id, content.language, content_of(cipher, content)) for content in found]


def content_of(cipher: Ciphers, content: Content) -> dict[str, Any]:
    """Return what the vault holds of a petition, in the clear."""
    opened = cipher.open(content.sealed, context=content.petition_id.bytes, is_sealed=content.is_sealed)
    return dict(orjson.loads(opened))


def _revealed(command: Reveal) -> NewEvent:
    return NewEvent(
        id=uuid7(command.now),
        aggregate_id=command.petition.id,
        body=IdentityRevealedV1(fields=list(command.fields), purpose=command.purpose),
        effective_at=command.now,
        recorded_at=command.now,
        actor=command.principal.actor,
        authority=command.principal.authority,
        correlation_id=command.petition.id,
        is_sealed=command.petition.is_sealed,
        traceparent=command.traceparent,
    )
