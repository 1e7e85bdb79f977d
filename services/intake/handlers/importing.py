"""Importing petitions of another system: set by set, never twice, each bad row named.

Invariant: a petition's id is derived from source and reference, so order, repetition and interruption change nothing. A row that
was imported before with other content is named, never taken silently.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.intake.domain import code
from services.intake.domain.lodging import Lodging, mistakes_in_import
from services.intake.domain.mistakes import Mistake
from services.intake.domain.places import Communes
from services.intake.handlers.lodging import new_petition
from services.intake.store import lodging as store
from services.intake.store.lodging import ImportedRow, NewPetition
from services.intake.wire.imports import ImportRow, facts_of, parse_row
from services.intake.wire.lodging import lodged_event
from shared.contracts import NewEvent
from shared.identity import Ciphers
from shared.kernel.ids import derived
from shared.persistence import Database

LINE = "line"


@dataclass(frozen=True, slots=True)
class ImportRows:
    """The command: rows of one source as they were sent, each with its line."""

    system: str
    rows: Sequence[Mapping[str, Any]]
    communes: Communes
    actor: str
    now: datetime
    today: date
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, and everything that is wrong with it."""

    line: int | None
    reference: str | None
    mistakes: Sequence[Mistake]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows: `known` were there already, just the same."""

    imported: int
    known: int
    rejected: Sequence[Rejected]


@dataclass(frozen=True, slots=True)
class _Good:
    line: int | None
    row: ImportRow
    lodging: Lodging
    claim: ImportedRow


async def import_rows(command: ImportRows, *, database: Database, cipher: Ciphers) -> Imported:
    """Lodge the rows that were never imported, in one transaction; name those that cannot be taken."""
    good, rejected = _checked(command)
    first = {item.claim.reference: item for item in reversed(good)}  # of a reference that occurs twice the first counts
    claims = [item.claim for item in first.values()]
    async with database.transaction() as tx:
        new = await store.claim_rows(tx.connection, command.system, claims)
        known = [claim for claim in claims if claim.reference not in new]
        changed = await store.changed_rows(tx.connection, command.system, known)
        lodged = list(_lodged(command, [first[reference] for reference in sorted(new)], cipher))
        await store.insert(tx.connection, [petition for petition, _ in lodged])
        tx.emit(event for _, event in lodged)
    unlike = [item for item in good if item.claim.reference in changed or item.claim != first[item.claim.reference].claim]
    rejected += [_rejected(item.line, item.row.reference, [Mistake("reference", "changed_since")]) for item in unlike]
    return Imported(len(new), len(good) - len(new) - len(unlike), rejected)


def _checked(command: ImportRows) -> tuple[list[_Good], list[Rejected]]:
    good, rejected = [], []
    for sent in command.rows:
        line = sent.get(LINE)
        parsed, mistakes = parse_row({name: value for name, value in sent.items() if name != LINE}, now=command.now)
        if parsed is not None:
            mistakes = [*mistakes, *mistakes_in_import(parsed[1], communes=command.communes, today=command.today)]
        if parsed is None or mistakes:
            rejected.append(_rejected(line, sent.get("reference"), mistakes))
        else:
            good.append(_Good(line, *parsed, _claim(command.system, parsed[0])))
    return good, rejected


def _rejected(line: object, reference: object, mistakes: Sequence[Mistake]) -> Rejected:
    """Return the rejection; what the sender calls line and reference is repeated only where it can be shown."""
    is_number, is_shown = isinstance(line, int), isinstance(reference, str) and reference.isascii()
    return Rejected(line if is_number else None, reference if is_shown else None, mistakes)  # type: ignore[arg-type]  # just checked


def _claim(system: str, row: ImportRow) -> ImportedRow:
    return ImportedRow(
        reference=row.reference,
        petition_id=derived("import", system, row.reference),
        kind=row.kind,
        label=row.label,
        opened_at=row.opened_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
    )


def _lodged(command: ImportRows, items: Sequence[_Good], cipher: Ciphers) -> Iterable[tuple[NewPetition, NewEvent]]:
    entropy = os.urandom(code.ENTROPY_BYTES * len(items))
    for place, item in enumerate(items):
        start = place * code.ENTROPY_BYTES
        given = code.mint(entropy[start : start + code.ENTROPY_BYTES])
        yield _petition(command, item, given, cipher), _event(command, item, given)


def _petition(command: ImportRows, item: _Good, given: str, cipher: Ciphers) -> NewPetition:
    return new_petition(
        item.lodging,
        item.claim.petition_id,
        given,
        lodged_at=item.row.opened_at,
        now=command.now,
        cipher=cipher,
        is_committed=False,
    )


def _event(command: ImportRows, item: _Good, given: str) -> NewEvent:
    petition_id = item.claim.petition_id
    return NewEvent(
        id=derived(petition_id, "lodged"),
        aggregate_id=petition_id,
        body=lodged_event(item.lodging, code=given, source=facts_of(item.row, system=command.system)),
        effective_at=item.row.opened_at,
        recorded_at=command.now,
        actor=command.actor,
        authority=command.authority,
        correlation_id=petition_id,
        is_sealed=item.lodging.is_sealed,
    )
