"""Making petitions findable that were lodged before they could be: by words, denunciations by their phrase. Set by set."""

from uuid import UUID

import orjson

from services.intake.handlers.lodging import digest_of, phrase_for, words_of
from services.intake.store import searching as store
from services.intake.store.searching import Entry, Unlisted
from shared.identity import Ciphers
from shared.persistence import Database

SET_SIZE = 500


async def fill(database: Database, cipher: Ciphers, *, after: UUID | None) -> UUID | None:
    """Write the next set behind `after`; return its last petition, None where there was none left."""
    async with database.transaction() as tx:
        found = await store.unlisted(tx.connection, after=after, limit=SET_SIZE)
        if not found:
            return None
        entries = [_entry(item, cipher) for item in found]
        await store.hold_back(tx.connection)
        await store.insert(tx.connection, entries)
        await store.restate(tx.connection, [item.petition_id for item in found])
    return found[-1].petition_id


async def give_phrases(database: Database, cipher: Ciphers) -> bool:
    """Let the next denunciations be found by their phrase, which the counter prints; False where none was left."""
    async with database.transaction() as tx:
        ids = await store.without_phrase(tx.connection, limit=SET_SIZE)
        digests = [(digest_of(cipher, phrase_for(cipher, petition_id)), petition_id) for petition_id in ids]
        await store.give_phrases(tx.connection, digests)
    return bool(ids)


def _entry(item: Unlisted, cipher: Ciphers) -> Entry:
    said = orjson.loads(cipher.open(item.sealed, context=item.petition_id.bytes, is_sealed=False)) if item.sealed else {}
    words = words_of(cipher, said.get("text"), said.get("place"))
    return Entry(item.petition_id, item.kind, item.jurisdiction, item.commune, item.lodged_at, words)
