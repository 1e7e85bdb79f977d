"""Which office is competent: the first rule of the dated table that fits, else the reception office's unassigned pool."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.routing.domain.directory import Directory

COMMUNE_PLACE = "{commune}"


class Basis(StrEnum):
    """Why this office."""

    COMPETENCE = "competence"
    SOURCE = "source"
    TRANSFER = "transfer"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table. Empty `topics` means every topic and none. `office` may be ``{commune}``."""

    id: str
    kinds: tuple[str, ...]
    office: str
    topics: tuple[str, ...] = ()
    needs_commune: bool = False

    def fits(self, *, kind: str, topic: str | None, commune: str | None) -> bool:
        if kind not in self.kinds or (self.topics and topic not in self.topics):
            return False
        return commune is not None or not (self.needs_commune or self.office == COMMUNE_PLACE)


@dataclass(frozen=True, slots=True)
class Table:
    """A version of the competence table of one jurisdiction, in force from a legal day to another (included)."""

    jurisdiction: str
    version: str
    valid_from: date
    rules: tuple[Rule, ...]
    valid_to: date | None = None

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Question:
    """What decides about competence."""

    jurisdiction: str
    kind: str
    topic: str | None
    commune: str | None
    source_office: str | None
    is_imported: bool


@dataclass(frozen=True, slots=True)
class Route:
    """The office, why, and the ladder above it."""

    office: str
    superiors: tuple[str, ...]
    basis: Basis
    rule: str | None = None
    table_version: str | None = None


def route(question: Question, *, tables: Sequence[Table], directory: Directory, today: date) -> Route | None:
    """Return the route on the legal day `today`; None where the jurisdiction has not even a reception office."""
    if question.source_office is not None:
        office = directory.competent(question.source_office, today=today)
        if office is not None:
            return _to(office.code, Basis.SOURCE, directory, today)
    found = _by_table(question, tables, directory, today)
    if found is not None:
        return found
    reception = directory.reception(question.jurisdiction, today=today)
    return _to(reception.code, Basis.UNASSIGNED, directory, today) if reception else None


def _by_table(question: Question, tables: Sequence[Table], directory: Directory, today: date) -> Route | None:
    for table in tables:
        if table.jurisdiction != question.jurisdiction or not table.is_valid_on(today):
            continue
        for rule in table.rules:
            if not rule.fits(kind=question.kind, topic=question.topic, commune=question.commune):
                continue
            code = rule.office.replace(COMMUNE_PLACE, f"{question.jurisdiction}-{question.commune}")
            office = directory.competent(code, today=today)
            if office is not None:
                return _to(office.code, Basis.COMPETENCE, directory, today, rule=rule.id, version=table.version)
    return None


def _to(
    code: str, basis: Basis, directory: Directory, today: date, *, rule: str | None = None, version: str | None = None
) -> Route:
    return Route(code, tuple(directory.superiors(code, today=today)), basis, rule, version)
