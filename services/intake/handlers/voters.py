"""Importing voters' petitions: each good line lodged once, each bad one named, what an earlier meeting said marked.

Invariant: a petition's id is derived from commune, day, session and number, so a file that is sent again lodges nothing twice;
the same number with another text is named, never taken silently.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.intake.domain import code as codes
from services.intake.domain import voters as rules
from services.intake.domain.mistakes import Mistake
from services.intake.domain.places import Communes, fold
from services.intake.domain.voters import VotersLine
from services.intake.handlers.lodging import new_petition
from services.intake.store import lodging as store
from services.intake.store import voters as register
from services.intake.store.lodging import NewPetition
from services.intake.store.voters import Repeat, VotersRow
from services.intake.wire.lodging import lodged_event
from services.intake.wire.voters import Rejected, facts_of, lodging_of
from shared.contracts import NewEvent
from shared.identity import Ciphers
from shared.kernel.ids import derived
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class ImportVoters:
    """The command: lines of a file with their cells as they were."""

    lines: Sequence[tuple[VotersLine, Sequence[str]]]
    communes: Communes
    key: bytes
    actor: str
    now: datetime
    today: date
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A line that is lodged, now or by an earlier run (`is_known`), and what it repeats."""

    line: int
    code: str
    is_known: bool
    repeat: Repeat | None


@dataclass(frozen=True, slots=True)
class VotersImported:
    """What became of the lines: each is in one of the two."""

    taken: Sequence[Taken]
    rejected: Sequence[Rejected]


@dataclass(frozen=True, slots=True)
class _Good:
    line: VotersLine
    cells: Sequence[str]
    office: str | None
    row: VotersRow


async def import_voters(command: ImportVoters, *, database: Database, cipher: Ciphers) -> VotersImported:
    """Lodge the lines that were never lodged, in one transaction."""
    async with database.reading() as connection:
        offices = _names(await register.offices(connection))
    good, rejected = _checked(command, offices)
    first = {item.row.petition_id: item for item in reversed(good)}  # of a number that occurs twice the first line counts
    async with database.transaction() as tx:
        new = await register.claim(tx.connection, [item.row for item in first.values()])
        known = await register.digests(tx.connection, list(first))
        lodged = [(item, _petition(command, item, cipher)) for item in first.values() if item.row.petition_id in new]
        await store.insert(tx.connection, [petition for _, petition in lodged])
        tx.emit(_event(command, item, petition) for item, petition in lodged)
        await register.mark_repeats(tx.connection, sorted(new), alike=rules.ALIKE)
        marked = await register.marked(tx.connection, list(first))
    unlike = [item for item in good if known[item.row.petition_id] != item.row.digest]
    rejected += [Rejected(item.line.line, item.cells, [Mistake("number", "changed_since")]) for item in unlike]
    same = [item for item in good if known[item.row.petition_id] == item.row.digest]
    taken = [_taken(item, marked, is_new=item.row.petition_id in new and first[item.row.petition_id] is item) for item in same]
    return VotersImported(taken, rejected)


def _names(offices: Sequence[tuple[str, str, str]]) -> Mapping[str, str]:
    """Return the code of each office by its folded names and by its code."""
    return {fold(name): code for code, *names in offices for name in (code, *names)}


def _checked(command: ImportVoters, offices: Mapping[str, str]) -> tuple[list[_Good], list[Rejected]]:
    good, rejected = [], []
    for sent, cells in command.lines:
        line = replace(sent, commune=rules.commune_of(sent.commune, command.communes))
        mistakes = rules.mistakes_in_line(line, communes=command.communes, offices=offices, today=command.today)
        if mistakes or line.met_on is None:
            rejected.append(Rejected(line.line, cells, mistakes))
        else:
            office = rules.office_of(line.office, offices) if line.office else None
            good.append(_Good(line, cells, office, _row(line, line.met_on, command.key)))
    return good, rejected


def _row(line: VotersLine, met_on: date, key: bytes) -> VotersRow:
    return VotersRow(
        petition_id=derived(rules.SYSTEM, line.commune, met_on, fold(line.session), fold(line.number)),
        code=codes.mint(os.urandom(codes.ENTROPY_BYTES)),
        commune=line.commune,
        met_on=met_on,
        session=line.session,
        number=line.number,
        digest=rules.digest(line.text, key=key),
        shingles=rules.shingles(line.text, key=key),
    )


def _taken(item: _Good, marked: Mapping[UUID, tuple[str, Repeat | None]], *, is_new: bool) -> Taken:
    code, repeat = marked[item.row.petition_id]
    return Taken(item.line.line, code, not is_new, repeat)


def _petition(command: ImportVoters, item: _Good, cipher: Ciphers) -> NewPetition:
    lodging = lodging_of(item.line)
    return new_petition(lodging, item.row.petition_id, item.row.code, lodged_at=command.now, now=command.now, cipher=cipher)


def _event(command: ImportVoters, item: _Good, petition: NewPetition) -> NewEvent:
    petition_id = item.row.petition_id
    return NewEvent(
        id=derived(petition_id, "lodged"),
        aggregate_id=petition_id,
        body=lodged_event(
            lodging_of(item.line),
            code=item.row.code,
            source=facts_of(str(petition_id), item.office),
            commitment=petition.commitment,
        ),
        effective_at=command.now,
        recorded_at=command.now,
        actor=command.actor,
        authority=command.authority,
        correlation_id=petition_id,
        is_sealed=False,
    )
