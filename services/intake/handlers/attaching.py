"""Adding files to a petition: checked, cleaned, sealed, stored, said; and reading them back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.files import too_large, too_many
from services.intake.domain.mistakes import Mistake, refuse
from services.intake.gateways.files import Cleaner
from services.intake.gateways.object_store import ObjectStore
from services.intake.store import attachments as store
from services.intake.store.attachments import Attachment
from services.intake.store.reading import Petition
from shared.contracts import NewEvent
from shared.contracts.intake import AttachmentV1, PetitionSupplementedV1
from shared.identity import Ciphers, Sealed
from shared.kernel.ids import derived, uuid7
from shared.persistence import Database

Sent = Sequence[tuple[str, bytes]]
"""Bytes by the name of their form field."""
Clean = Sequence[tuple[str, bytes, str]]
"""Media type, bytes and digest of files that may be kept."""


@dataclass(frozen=True, slots=True)
class AttachFiles:
    """The command."""

    petition: Petition
    files: Sent
    purpose: str
    actor: str
    language: str
    now: datetime
    traceparent: str | None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """Where files go, and what makes them fit for it."""

    database: Database
    objects: ObjectStore
    cleaner: Cleaner
    cipher: Ciphers


async def attach(command: AttachFiles, stores: Stores) -> list[Attachment]:
    """Store the files and return them; one that is there already is returned as it is. Raises Malformed naming each bad file."""
    return await keep(command, await clean(command.files, stores.cleaner, language=command.language), stores)


async def keep(command: AttachFiles, cleaned: Clean, stores: Stores) -> list[Attachment]:
    """Store files that were cleaned before. Raises Malformed where there would be too many."""
    made = [_sealed(command, file, stores.cipher) for file in cleaned]
    async with stores.database.reading() as connection:
        _check_number(command, [item for item, _ in made], await store.of_petition(connection, command.petition.id))
    for item, data in made:
        await stores.objects.put(item.object_name, data)
    attachments = {item.id: item for item, _ in made}
    async with stores.database.transaction() as tx:
        await store.lock(tx.connection, command.petition.id)
        present = {item.id: item for item in await store.of_petition(tx.connection, command.petition.id)}
        _check_number(command, list(attachments.values()), list(present.values()))
        new = [item for item in attachments.values() if item.id not in present]
        await store.insert(tx.connection, new)
        tx.emit([_event(command, new)] if new else [])
    kept = {item.object_name for item in new}
    for item, _ in made:
        if item.object_name not in kept:
            await stores.objects.delete(item.object_name)
    return [present.get(item.id, item) for item, _ in made]


async def fetch(attachment: Attachment, stores: Stores, *, is_sealed: bool) -> bytes:
    """Return a file in the clear. Raises Unknown."""
    data = await stores.objects.get(attachment.object_name)
    if attachment.wrapped_key is None or attachment.nonce is None:
        return data
    sealed = Sealed(attachment.wrapped_key, attachment.nonce, data)
    return stores.cipher.open(sealed, context=attachment.id.bytes, is_sealed=is_sealed)


def _sealed(command: AttachFiles, file: tuple[str, bytes, str], cipher: Ciphers) -> tuple[Attachment, bytes]:
    """Return the attachment and its bytes as they are stored. The object's name is never used again: its key fits it alone."""
    media_type, data, digest = file
    attachment_id = derived(command.petition.id, "attachment", command.purpose, digest)
    sealed = cipher.seal(data, context=attachment_id.bytes, is_sealed=command.petition.is_sealed)
    attachment = Attachment(
        id=attachment_id,
        petition_id=command.petition.id,
        purpose=command.purpose,
        media_type=media_type,
        size_bytes=len(data),
        sha256=digest,
        stored_at=command.now,
        object_name=str(uuid7(command.now)),
        wrapped_key=sealed.wrapped_key,
        nonce=sealed.nonce,
    )
    return attachment, sealed.ciphertext


async def clean(files: Sent, cleaner: Cleaner, *, language: str) -> Clean:
    """Return the files as they may be kept. Raises Malformed with every mistake."""
    found: list[tuple[str, bytes, str]] = []
    mistakes: list[Mistake] = [] if files else [Mistake("files", "no_files")]
    for field, data in files:
        result: Mistake | tuple[str, bytes] | None = too_large(field, len(data))
        if result is None:
            result = await cleaner.cleaned(field, data)
        if isinstance(result, Mistake):
            mistakes.append(result)
        else:
            found.append((*result, hashlib.sha256(result[1]).hexdigest()))
    if mistakes:
        raise refuse(mistakes, language=language)
    return found


def _check_number(command: AttachFiles, made: Sequence[Attachment], present: Sequence[Attachment]) -> None:
    """Raise Malformed where there would be too many; the petitioner's files and the officers' evidence count apart."""
    known = {attachment.id for attachment in present if attachment.purpose == command.purpose}
    mistake = too_many(len(known), len({attachment.id for attachment in made} - known))
    if mistake:
        raise refuse([mistake], language=command.language)


def _event(command: AttachFiles, new: Sequence[Attachment]) -> NewEvent:
    body = PetitionSupplementedV1(
        attachments=[
            AttachmentV1(id=a.id, media_type=a.media_type, size_bytes=a.size_bytes, sha256=a.sha256, purpose=a.purpose)
            for a in new
        ]
    )
    return NewEvent(
        id=uuid7(command.now),
        aggregate_id=command.petition.id,
        body=body,
        effective_at=command.now,
        recorded_at=command.now,
        actor=command.actor,
        authority=command.authority,
        correlation_id=command.petition.id,
        is_sealed=command.petition.is_sealed,
        traceparent=command.traceparent,
    )
