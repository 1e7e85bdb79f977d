"""Which office is competent: the first rule of the dated table that fits, else the reception office's unassigned pool."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.routing.domain.directory import Directory
from services.routing.domain.mistakes import Mistake

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
    """What decides about competence. `source_office` is given where the petition was imported and its source names one."""

    jurisdiction: str
    kind: str
    topic: str | None = None
    commune: str | None = None
    source_office: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The office, why, and the ladder above it, nearest first."""

    office: str
    superiors: tuple[str, ...]
    basis: Basis
    rule: str | None = None
    table_version: str | None = None


def route(question: Question, *, tables: Sequence[Table], directory: Directory, today: date) -> Route | None:
    """Return the route on the legal day `today`; None where the jurisdiction has not even a reception office."""
    if question.source_office is not None:
        office = directory.competent(question.source_office, today=today)
        if office is not None and office.jurisdiction == question.jurisdiction:
            return _to(office.code, Basis.SOURCE, directory, today)
    found = _by_table(question, tables, directory, today)
    if found is not None:
        return found
    reception = directory.reception(question.jurisdiction, today=today)
    return _to(reception.code, Basis.UNASSIGNED, directory, today) if reception else None


def _by_table(question: Question, tables: Sequence[Table], directory: Directory, today: date) -> Route | None:
    """The first rule that fits decides, even where its office is gone: then a person decides, not a rule meant for others."""
    in_force = (table for table in tables if table.jurisdiction == question.jurisdiction and table.is_valid_on(today))
    for table in in_force:
        for rule in table.rules:
            if rule.fits(kind=question.kind, topic=question.topic, commune=question.commune):
                code = rule.office.replace(COMMUNE_PLACE, f"{question.jurisdiction}-{question.commune}")
                office = directory.competent(code, today=today)
                if office is None:
                    return None
                return _to(office.code, Basis.COMPETENCE, directory, today, rule=rule.id, version=table.version)
    return None


def _to(
    code: str, basis: Basis, directory: Directory, today: date, *, rule: str | None = None, version: str | None = None
) -> Route:
    return Route(code, tuple(directory.superiors(code, today=today)), basis, rule, version)


class Why(StrEnum):
    """What became of a rule when a petition was routed: it decided, or why not."""

    DECIDED = "decided"
    CLOSED = "office_closed"
    KIND = "other_kind"
    TOPIC = "other_topic"
    COMMUNE = "no_commune"
    AFTER = "another_came_first"


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule of the table in force, with what became of it. `office` is where it leads."""

    rule: str
    table_version: str
    office: str
    why: Why


def judged(question: Question, *, tables: Sequence[Table], directory: Directory, today: date) -> list[Judged]:
    """Return every rule in force on a legal day in its order: which decided, and why each of the others did not."""
    found: list[Judged] = []
    for table in tables:
        if table.jurisdiction != question.jurisdiction or not table.is_valid_on(today):
            continue
        for rule in table.rules:
            code = rule.office.replace(COMMUNE_PLACE, f"{question.jurisdiction}-{question.commune or '?'}")
            is_taken = any(item.why in (Why.DECIDED, Why.CLOSED) for item in found)
            found.append(Judged(rule.id, table.version, code, _why(rule, question, is_taken=is_taken)))
            if found[-1].why is Why.DECIDED and directory.competent(code, today=today) is None:
                found[-1] = replace(found[-1], why=Why.CLOSED)
    return found


def _why(rule: Rule, question: Question, *, is_taken: bool) -> Why:
    if question.kind not in rule.kinds:
        return Why.KIND
    if rule.topics and question.topic not in rule.topics:
        return Why.TOPIC
    if question.commune is None and (rule.needs_commune or rule.office == COMMUNE_PLACE):
        return Why.COMMUNE
    return Why.AFTER if is_taken else Why.DECIDED


def mistakes_in_tables(
    tables: Sequence[Table], *, offices: Mapping[str, Collection[str]], topics: Collection[str]
) -> list[Mistake]:
    """Return everything that is wrong with the tables; `offices` are the known codes by jurisdiction."""
    found = [mistake for table in tables for mistake in _in_table(table, offices.get(table.jurisdiction, ()), topics)]
    for place, table in enumerate(tables):
        for other in tables[:place]:
            if table.jurisdiction == other.jurisdiction and _overlap(table, other):
                reason = f"it is in force at the same time as version {other.version}"
                found.append(Mistake(table.version, "overlap", reason, "give the older one its last day, valid_to"))
    return found


def _in_table(table: Table, offices: Collection[str], topics: Collection[str]) -> Iterator[Mistake]:
    for rule_id, times in Counter(rule.id for rule in table.rules).items():
        if times > 1:
            yield Mistake(rule_id, "duplicate_rule", "the rule's id occurs twice", "give each rule an id of its own")
    for rule in table.rules:
        if rule.office != COMMUNE_PLACE and rule.office not in offices:
            yield Mistake(rule.id, "unknown_office", f"the directory has no {rule.office}", "correct the code, or add the office")
        for topic in rule.topics:
            if topic not in topics:
                yield Mistake(
                    rule.id, "unknown_topic", f"there is no topic {topic}", "correct the code, or add it to topics.yaml"
                )


def _overlap(one: Table, other: Table) -> bool:
    return one.is_valid_on(other.valid_from) or other.is_valid_on(one.valid_from)
