"""Writing petitions in sets: lodged at the door or imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.likeness import Place
from services.intake.domain.progress import State
from services.intake.store import people, searching
from services.intake.store.people import Petitioner
from services.intake.store.searching import Entry
from services.intake.store.tables import PETITIONS, PHRASES, VAULT
from shared.identity import Sealed
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class NewPetition:
    """A row of `petitions`, with what is sealed of it and what it is found by; a denunciation is found by nothing.

    `commitment` stands in no column: its event says it.
    """

    id: UUID
    code: str
    kind: str
    jurisdiction: str
    language: str
    is_sealed: bool
    lodged_at: datetime
    recorded_at: datetime
    sealed: Sealed | None
    commune: str | None
    words: Sequence[int]
    phrase: bytes | None = None
    place: Place | None = None
    others: Sequence[Petitioner] = ()
    other_phrases: Sequence[bytes] = ()
    against: str | None = None
    commitment: str | None = None


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """What an idempotency key was answered with, and the digest of the body that it came with."""

    key: str
    body_sha256: bytes
    petition_id: UUID
    code: str
    lodged_at: datetime


# One statement for a group of any size: each round trip costs a petitioner's wait. A key that another transaction is claiming
# is waited for; whoever comes second writes nothing.
_LODGE = text(
    """
    WITH n AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:jurisdictions AS text[]),
            CAST(:languages AS text[]), CAST(:sealed AS bool[]), CAST(:lodged AS timestamptz[]), CAST(:recorded AS timestamptz[]),
            CAST(:wrapped_keys AS bytea[]), CAST(:nonces AS bytea[]), CAST(:ciphertexts AS bytea[]),
            CAST(:keys AS text[]), CAST(:digests AS bytea[]), CAST(:communes AS text[]), CAST(:words AS text[]),
            CAST(:phrases AS bytea[]), CAST(:norths AS int[]), CAST(:easts AS int[]), CAST(:againsts AS text[])
        ) AS n (id, code, kind, jurisdiction, language, is_sealed, lodged_at, recorded_at,
            wrapped_key, nonce, ciphertext, key, body_sha256, commune, words, phrase, north, east, against)
    ), claimed AS (
        INSERT INTO receipts (key, body_sha256, petition_id, code, lodged_at)
        SELECT key, body_sha256, id, code, lodged_at FROM n WHERE key IS NOT NULL ORDER BY key
        ON CONFLICT (key) DO NOTHING RETURNING petition_id
    ), new AS MATERIALIZED (
        SELECT * FROM n WHERE key IS NULL OR id IN (SELECT petition_id FROM claimed)
    ), petition AS (
        INSERT INTO petitions (id, code, kind, jurisdiction, language, is_sealed, lodged_at, recorded_at, against)
        SELECT id, code, kind, jurisdiction, language, is_sealed, lodged_at, recorded_at, against FROM new
    ), content AS (
        INSERT INTO vault (petition_id, wrapped_key, nonce, ciphertext)
        SELECT id, wrapped_key, nonce, ciphertext FROM new WHERE ciphertext IS NOT NULL
    ), entry AS (
        INSERT INTO search_entries (petition_id, kind, jurisdiction, commune, lodged_at, state, is_open, north, east)
        SELECT id, kind, jurisdiction, commune, lodged_at, :state, true, north, east FROM new WHERE NOT is_sealed
    ), word AS (
        INSERT INTO search_words (petition_id, words) SELECT id, CAST(words AS bigint[]) FROM new WHERE NOT is_sealed
    ), secret AS (
        INSERT INTO phrases (digest, petition_id) SELECT phrase, id FROM new WHERE phrase IS NOT NULL
    )
    SELECT id FROM new
    """
)
_RECEIPTS = text("SELECT key, body_sha256, petition_id, code, lodged_at FROM receipts WHERE key = ANY(CAST(:keys AS text[]))")
_ROWS = """
    WITH n AS (
        SELECT * FROM unnest(CAST(:references AS text[]), CAST(:petitions AS uuid[]), CAST(:kinds AS text[]),
            CAST(:labels AS text[]), CAST(:opened AS timestamptz[]), CAST(:due AS timestamptz[]), CAST(:closed AS timestamptz[]))
            AS n (reference, petition_id, kind, label, opened_at, due_at, closed_at)
    )
"""
_CLAIM_ROWS = text(
    _ROWS
    + """
    INSERT INTO imports (source, reference, petition_id, kind, label, opened_at, due_at, closed_at)
    SELECT :source, n.* FROM n ORDER BY reference
    ON CONFLICT DO NOTHING RETURNING reference
    """
)
_CHANGED_ROWS = text(
    _ROWS
    + """
    SELECT n.reference FROM n JOIN imports i ON i.source = :source AND i.reference = n.reference
    WHERE (i.kind, i.label, i.opened_at, i.due_at, i.closed_at)
        IS DISTINCT FROM (n.kind, n.label, n.opened_at, n.due_at, n.closed_at)
    """
)


async def lodge(connection: AsyncConnection, petitions: Sequence[tuple[NewPetition, StoredReceipt | None]]) -> set[UUID]:
    """Write petitions whose key was never used, or that have none, with receipt and sealed content; return their ids.

    No key may occur twice among `petitions`.
    """
    rows = [petition for petition, _ in petitions]
    receipts = [receipt for _, receipt in petitions]
    written = await connection.execute(
        _LODGE,
        {
            "ids": [row.id for row in rows],
            "codes": [row.code for row in rows],
            "kinds": [row.kind for row in rows],
            "jurisdictions": [row.jurisdiction for row in rows],
            "languages": [row.language for row in rows],
            "sealed": [row.is_sealed for row in rows],
            "lodged": [row.lodged_at for row in rows],
            "recorded": [row.recorded_at for row in rows],
            "wrapped_keys": [row.sealed.wrapped_key if row.sealed else None for row in rows],
            "nonces": [row.sealed.nonce if row.sealed else None for row in rows],
            "ciphertexts": [row.sealed.ciphertext if row.sealed else None for row in rows],
            "keys": [receipt.key if receipt else None for receipt in receipts],
            "digests": [receipt.body_sha256 if receipt else None for receipt in receipts],
            "communes": [row.commune for row in rows],
            "words": ["{" + ",".join(map(str, row.words)) + "}" for row in rows],
            "phrases": [row.phrase for row in rows],
            "norths": [row.place.north if row.place else None for row in rows],
            "easts": [row.place.east if row.place else None for row in rows],
            "againsts": [row.against for row in rows],
            "state": State.LODGED,
        },
    )
    new = set(written.scalars())
    await _insert_others(connection, [row for row in rows if row.others and row.id in new])
    return new


async def _insert_others(connection: AsyncConnection, petitions: Sequence[NewPetition]) -> None:
    if petitions:
        await people.insert(connection, [person for petition in petitions for person in petition.others])
        phrases = [{"digest": digest, "petition_id": row.id} for row in petitions for digest in row.other_phrases]
        await bulk.insert(connection, PHRASES, phrases)


async def receipts_of(connection: AsyncConnection, keys: Sequence[str]) -> Mapping[str, StoredReceipt]:
    """Return what `keys` were answered with before."""
    rows = await connection.execute(_RECEIPTS, {"keys": list(keys)})
    return {row.key: StoredReceipt(row.key, bytes(row.body_sha256), row.petition_id, row.code, row.lodged_at) for row in rows}


async def insert(connection: AsyncConnection, petitions: Sequence[NewPetition]) -> None:
    """Write petitions, their sealed content and what they are found by: five statements at most."""
    rows = [
        {
            "id": petition.id,
            "code": petition.code,
            "kind": petition.kind,
            "jurisdiction": petition.jurisdiction,
            "language": petition.language,
            "is_sealed": petition.is_sealed,
            "lodged_at": petition.lodged_at,
            "recorded_at": petition.recorded_at,
            "against": petition.against,
        }
        for petition in petitions
    ]
    sealed = [
        {
            "petition_id": petition.id,
            "wrapped_key": petition.sealed.wrapped_key,
            "nonce": petition.sealed.nonce,
            "ciphertext": petition.sealed.ciphertext,
        }
        for petition in petitions
        if petition.sealed is not None
    ]
    await bulk.insert(connection, PETITIONS, rows)
    await bulk.insert(connection, VAULT, sealed)
    phrases = [{"digest": petition.phrase, "petition_id": petition.id} for petition in petitions if petition.phrase]
    await bulk.insert(connection, PHRASES, phrases)
    await searching.insert(connection, [_entry(petition) for petition in petitions if not petition.is_sealed])


def _entry(petition: NewPetition) -> Entry:
    return Entry(
        petition.id, petition.kind, petition.jurisdiction, petition.commune, petition.lodged_at, petition.words, petition.place
    )


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row of `imports`."""

    reference: str
    petition_id: UUID
    kind: str
    label: str | None
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


async def claim_rows(connection: AsyncConnection, source: str, rows: Sequence[ImportedRow]) -> set[str]:
    """Store rows whose reference was never imported; return those references."""
    written = await connection.execute(_CLAIM_ROWS, _arrays(source, rows))
    return {row.reference for row in written}


async def changed_rows(connection: AsyncConnection, source: str, rows: Sequence[ImportedRow]) -> set[str]:
    """Return the references of known rows that were imported with other facts than these."""
    if not rows:
        return set()
    found = await connection.execute(_CHANGED_ROWS, _arrays(source, rows))
    return {row.reference for row in found}


def _arrays(source: str, rows: Sequence[ImportedRow]) -> dict[str, object]:
    return {
        "source": source,
        "references": [row.reference for row in rows],
        "petitions": [row.petition_id for row in rows],
        "kinds": [row.kind for row in rows],
        "labels": [row.label for row in rows],
        "opened": [row.opened_at for row in rows],
        "due": [row.due_at for row in rows],
        "closed": [row.closed_at for row in rows],
    }
