"""Receipts: the proof that a petition was recorded, for who lodged it and for the counter that took it in.

Invariant: the salts of what was lodged are given to those who lodged it alone. Who joined a petition later gets the proof that it
was lodged, and nothing by which its words could be tried. After the content was erased the proof is given without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.intake.domain.receipts import OPENED, PARTS, Missing, Recorded
from services.intake.gateways.log import Log
from services.intake.handlers import petitioning
from services.intake.handlers.lodging import COMMITMENT, LODGED
from services.intake.handlers.petitioning import Around, Said
from services.intake.handlers.viewing import content_of
from services.intake.store import people, reading
from services.intake.store.reading import Petition
from services.intake.wire.commitment import Commitment
from services.intake.wire.receipts import receipt_file, recorded
from shared.identity import Ciphers
from shared.kernel.ids import derived
from shared.kernel.refusals import NotYet, Trouble
from shared.persistence import Database

RETRY_AFTER_SECONDS = 5
PROOF_FIELD = "proof"


@dataclass(frozen=True, slots=True)
class Given:
    """A receipt: the text of its file, and how the file is called. Of a denunciation its name says nothing."""

    text: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Recording:
    """Where petitions are kept, and where it is proved that they were recorded."""

    database: Database
    cipher: Ciphers
    log: Log


async def receipt(said: Said, around: Around, log: Log, *, with_petitioner: bool) -> Given:
    """Return the receipt of who proves that he is a petitioner. Raises what `proved` does, NotYet, Trouble.

    `with_petitioner`: who lodged it can be tried by it, too.
    """
    view = await petitioning.proved(said, around)
    petition = view.petition
    async with around.database.reading() as connection:
        lodged = {petition.id, *(each.id for each in await people.of_petition(connection, petition.id) if each.is_joint)}
    recording = Recording(around.database, around.cipher, log)
    opened = frozenset(PARTS) if with_petitioner else OPENED
    return await receipt_of(petition, recording, opened=opened if view.petitioner_id in lodged else None)


async def receipt_of(
    petition: Petition, recording: Recording, *, opened: frozenset[str] | None = OPENED, within_seconds: float = 0.0
) -> Given:
    """Return the receipt of a petition. `opened` None: without its content. Raises NotYet, Trouble."""
    found = await recording.log.proof(lodged_event_id(petition.id), within_seconds=within_seconds)
    if found is None:
        raise NotYet("no checkpoint stands over it yet", code="receipt_not_yet", retry_after_seconds=RETRY_AFTER_SECONDS)
    commitment = await _commitment(petition, recording) if opened is not None else None
    code = None if petition.is_sealed else petition.code
    return Given(receipt_file(found, code=code, commitment=commitment, opened=opened or OPENED), code)


async def recorded_of(petition: Petition, recording: Recording, *, page_url: str, within_seconds: float) -> Recorded | Missing:
    """Return what a paper says of the log, or why it says nothing: a visitor at the counter never leaves without a receipt."""
    try:
        given = await receipt_of(petition, recording, within_seconds=within_seconds)
    except NotYet:
        return Missing.LATE
    except Trouble:
        return Missing.AWAY
    return recorded(given.text, page_url=page_url)


def lodged_event_id(petition_id: UUID) -> UUID:
    """Return the id of the event that says that a petition was lodged."""
    return derived(petition_id, LODGED)


async def _commitment(petition: Petition, recording: Recording) -> Commitment | None:
    """Return what the vault keeps of the commitment; None where it was erased, or where there never was one."""
    async with recording.database.reading() as connection:
        found = await reading.contents(connection, [petition.id], with_sealed=True)
    content: Mapping[str, dict[str, list[str]]] = content_of(recording.cipher, found[0]) if found else {}
    return Commitment.of_kept(content[COMMITMENT]) if COMMITMENT in content else None
