"""Importing petitions of another system: set by set, never twice, each bad row named.

Invariant: a petition's id is derived from source and reference, so order, repetition and interruption change nothing.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain import code
from services.intake.handlers.lodging import seal
from services.intake.store import lodging as store
from services.intake.store.lodging import ImportedRow, NewPetition
from services.intake.wire.imports import ImportRow, facts_of, lodging_of
from services.intake.wire.lodging import lodged_event
from shared.contracts import NewEvent
from shared.identity import EnvelopeCipher
from shared.kernel.ids import derived
from shared.persistence import Transaction


@dataclass(frozen=True, slots=True)
class ImportRows:
    """The command: rows of one source, checked."""

    system: str
    rows: Sequence[ImportRow]
    actor: str
    now: datetime


async def import_rows(tx: Transaction, command: ImportRows, cipher: EnvelopeCipher) -> int:
    """Lodge the rows that were never imported; return how many those are."""
    rows = {row.reference: row for row in reversed(command.rows)}  # of a reference that occurs twice the first counts
    claims = [
        ImportedRow(
            reference=row.reference,
            petition_id=derived("import", command.system, row.reference),
            kind=row.kind,
            label=row.label,
            opened_at=row.opened_at,
            due_at=row.due_at,
            closed_at=row.closed_at,
        )
        for row in rows.values()
    ]
    new = await store.claim_rows(tx.connection, command.system, claims)
    entropy = os.urandom(code.ENTROPY_BYTES * len(new))
    petitions, events = [], []
    for place, reference in enumerate(sorted(new)):
        start = place * code.ENTROPY_BYTES
        given = code.mint(entropy[start : start + code.ENTROPY_BYTES])
        petition, event = _lodged(command, rows[reference], given, cipher)
        petitions.append(petition)
        events.append(event)
    await store.insert(tx.connection, petitions)
    tx.emit(events)
    return len(new)


def _lodged(command: ImportRows, row: ImportRow, given: str, cipher: EnvelopeCipher) -> tuple[NewPetition, NewEvent]:
    petition_id = derived("import", command.system, row.reference)
    lodging = lodging_of(row)
    petition = NewPetition(
        id=petition_id,
        code=given,
        kind=lodging.kind,
        jurisdiction=lodging.jurisdiction,
        language=lodging.language,
        is_sealed=lodging.is_sealed,
        lodged_at=row.opened_at,
        recorded_at=command.now,
        sealed=seal(cipher, petition_id, lodging),
    )
    event = NewEvent(
        id=derived(petition_id, "lodged"),
        aggregate_id=petition_id,
        body=lodged_event(lodging, code=given, source=facts_of(row, system=command.system)),
        effective_at=row.opened_at,
        recorded_at=command.now,
        actor=command.actor,
        correlation_id=petition_id,
        is_sealed=lodging.is_sealed,
    )
    return petition, event
