"""Which office is competent: the first rule of the dated table that fits, else the reception office's unassigned pool."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from services.routing.domain.directory import Directory, Office
from services.routing.domain.mistakes import Mistake

COMMUNE_PLACE, AGAINST_PLACE, ABOVE_PLACE = "{commune}", "{against}", "{above}"
"""Where a rule leads that names no office: to that of the commune, to the one complained of, or to the one above it."""
SEVERAL = 2
PLACES = (COMMUNE_PLACE, AGAINST_PLACE, ABOVE_PLACE)
DENUNCIATION, COMPLAINT, STAFF, UNKNOWN_RANK = "denunciation", "complaint", "staff", "unknown"
RANKS = (STAFF, "deputy", "head", UNKNOWN_RANK)


class Basis(StrEnum):
    """Why this office."""

    COMPETENCE = "competence"
    SOURCE = "source"
    TRANSFER = "transfer"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table. Empty `topics` means every topic and none, empty `ranks` every rank; `office` may be one of PLACES.

    `spans` True: for what concerns two communes or more; False: for what does not; None: for both.
    """

    id: str
    kinds: tuple[str, ...]
    office: str
    topics: tuple[str, ...] = ()
    needs_commune: bool = False
    ranks: tuple[str, ...] = ()
    spans: bool | None = None


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
    """What decides about competence. `source_office` is given where the petition was imported and its source names one.

    `against` is the office whose decision is complained of, or to which who is denounced belongs, with his `rank` there
    (one of RANKS); `spans` says whether it concerns two communes or more, `received_by` who took the letter in.
    """

    jurisdiction: str
    kind: str
    topic: str | None = None
    commune: str | None = None
    source_office: str | None = None
    against: str | None = None
    rank: str | None = None
    spans: bool = False
    received_by: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The office, why, and the ladder above it, nearest first."""

    office: str
    superiors: tuple[str, ...]
    basis: Basis
    rule: str | None = None
    table_version: str | None = None


def in_succession(tables: Iterable[Table]) -> list[Table]:
    """Return tables of which each is in force until the next one of its jurisdiction begins."""
    found: list[Table] = []
    for table in sorted(tables, key=lambda table: (table.jurisdiction, table.valid_from)):
        before = found[-1] if found and found[-1].jurisdiction == table.jurisdiction else None
        last_on = table.valid_from - timedelta(days=1)
        if before is not None and (before.valid_to is None or before.valid_to > last_on):
            found[-1] = replace(before, valid_to=last_on)
        found.append(table)
    return found


def route(question: Question, *, tables: Sequence[Table], directory: Directory, today: date) -> Route | None:
    """Return the route on the legal day `today`; None where there is no office that may have it, not even a reception office."""
    if question.source_office is not None:
        office = directory.competent(question.source_office, today=today)
        if office is not None and office.jurisdiction == question.jurisdiction:
            return _to(office.code, Basis.SOURCE, directory, today)
    found = _by_table(question, tables, directory, today)
    if found is not None and not is_denounced(found.office, question, directory=directory, today=today):
        return found
    reception = directory.reception(question.jurisdiction, today=today)
    if reception is None or is_denounced(reception.code, question, directory=directory, today=today):
        return None
    return _to(reception.code, Basis.UNASSIGNED, directory, today)


def _by_table(question: Question, tables: Sequence[Table], directory: Directory, today: date) -> Route | None:
    """The first rule that fits decides, even where its office is gone: then a person decides, not a rule meant for others."""
    in_force = (table for table in tables if table.jurisdiction == question.jurisdiction and table.is_valid_on(today))
    for table in in_force:
        for rule in table.rules:
            if _obstacle(rule, question) is None:
                office = _office(rule, question, directory, today)
                if office is None:
                    return None
                return _to(office.code, Basis.COMPETENCE, directory, today, rule=rule.id, version=table.version)
    return None


def _office(rule: Rule, question: Question, directory: Directory, today: date) -> Office | None:
    """Return where a rule leads, None where that is not one single office."""
    code = rule.office.replace(COMMUNE_PLACE, f"{question.jurisdiction}-{question.commune}")
    if code not in (AGAINST_PLACE, ABOVE_PLACE):
        return directory.competent(code, today=today)
    against = directory.get(question.against or "")
    if against is None or against.jurisdiction != question.jurisdiction:
        return None
    if code == AGAINST_PLACE:
        return _heir(question, directory, today)
    above = directory.superiors(against.code, today=today)
    return directory.get(above[0]) if above else None


def _heir(question: Question, directory: Directory, today: date) -> Office | None:
    """Return the office complained of, or who took its duties over; None where that is not one single office.

    A district's go to the commune where the matter arose, to the city where it concerns several (Law 72/2025 art. 54(8)).
    """
    office = directory.get(question.against or "")
    if office is None or office.is_valid_on(today) or len(office.successors) < SEVERAL:
        return directory.competent(question.against or "", today=today)
    if question.spans:
        above = directory.superiors(office.code, today=today)
        return directory.get(above[0]) if above else None
    code = f"{question.jurisdiction}-{question.commune}"
    return directory.competent(code, today=today) if code in office.successors else None


def is_denounced(code: str, question: Question, *, directory: Directory, today: date) -> bool:
    """Whether an office is led by who is denounced, or stands below it: it must never get the denunciation.

    Decree 31/2019 art. 5 and 10(3). Whose rank is not known may lead it.
    """
    if question.kind != DENUNCIATION or question.against is None or question.rank == STAFF:
        return False
    led = _heir(question, directory, today)
    denounced = {question.against} | ({led.code} if led else set())
    return bool(denounced & {code, *directory.superiors(code, today=today)})


def decides_first(code: str, question: Question, *, directory: Directory, today: date) -> bool:
    """Whether an office is the one whose decision is complained of, or took its duties over (Law on Complaints art. 7(1))."""
    issuer = _heir(question, directory, today)
    return issuer is not None and issuer.code == code


def is_over_the_head(question: Question, *, directory: Directory, today: date) -> bool:
    """Whether a first complaint was handed in above the office that decides it first (Law on Complaints art. 7(1)).

    A reception office stands for the one that it belongs to.
    """
    if question.kind != COMPLAINT or question.against is None or question.received_by is None:
        return False
    issuer, received = _heir(question, directory, today), directory.get(question.received_by)
    stands_for = received.parent if received is not None and received.is_reception else question.received_by
    return issuer is not None and stands_for in directory.superiors(issuer.code, today=today)


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
    AGAINST = "nobody_complained_of"
    RANK = "other_rank"
    SPANS = "other_extent"
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
            office = _office(rule, question, directory, today)
            code = (
                office.code
                if office
                else rule.office.replace(COMMUNE_PLACE, f"{question.jurisdiction}-{question.commune or '?'}")
            )
            is_taken = any(item.why in (Why.DECIDED, Why.CLOSED) for item in found)
            fits = Why.AFTER if is_taken else Why.DECIDED if office else Why.CLOSED
            found.append(Judged(rule.id, table.version, code, _obstacle(rule, question) or fits))
    return found


def _obstacle(rule: Rule, question: Question) -> Why | None:
    """Return why a rule does not fit, None where it does."""
    obstacles = (
        (Why.KIND, question.kind not in rule.kinds),
        (Why.TOPIC, bool(rule.topics) and question.topic not in rule.topics),
        (Why.COMMUNE, question.commune is None and (rule.needs_commune or rule.office == COMMUNE_PLACE)),
        (Why.AGAINST, question.against is None and rule.office in (AGAINST_PLACE, ABOVE_PLACE)),
        (Why.RANK, bool(rule.ranks) and (question.rank or UNKNOWN_RANK) not in rule.ranks),
        (Why.SPANS, rule.spans is not None and rule.spans is not question.spans),
    )
    return next((why for why, stands in obstacles if stands), None)


def mistakes_in_tables(
    tables: Sequence[Table], *, offices: Mapping[str, Collection[str]], topics: Collection[str]
) -> list[Mistake]:
    """Return everything that is wrong with the tables; `offices` are the known codes by jurisdiction."""
    found = [mistake for table in tables for mistake in _in_table(table, offices.get(table.jurisdiction, ()), topics)]
    for place, table in enumerate(tables):
        for other in tables[:place]:
            if table.jurisdiction == other.jurisdiction and _overlap(table, other):
                reason = f"có hiệu lực cùng lúc với bản {other.version} · it is in force at the same time as {other.version}"
                remedy = "ghi ngày cuối của bản cũ, valid_to · give the older one its last day, valid_to"
                found.append(Mistake(table.version, "overlap", reason, remedy))
    return found


def _in_table(table: Table, offices: Collection[str], topics: Collection[str]) -> Iterator[Mistake]:
    for rule_id, times in Counter(rule.id for rule in table.rules).items():
        if times > 1:
            remedy = "mỗi quy tắc một mã riêng · give each rule an id of its own"
            yield Mistake(rule_id, "duplicate_rule", "mã quy tắc có hai lần · the rule's id occurs twice", remedy)
    for rule in table.rules:
        if rule.office not in PLACES and rule.office not in offices:
            reason = f"danh bạ không có {rule.office} · the directory has no {rule.office}"
            remedy = "sửa mã, hoặc thêm cơ quan · correct the code, or add the office"
            yield Mistake(rule.id, "unknown_office", reason, remedy)
        for topic in rule.topics:
            if topic not in topics:
                reason = f"không có lĩnh vực {topic} · there is no topic {topic}"
                remedy = "sửa mã, hoặc thêm vào topics.yaml · correct the code, or add it to topics.yaml"
                yield Mistake(rule.id, "unknown_topic", reason, remedy)


def _overlap(one: Table, other: Table) -> bool:
    return one.is_valid_on(other.valid_from) or other.is_valid_on(one.valid_from)
