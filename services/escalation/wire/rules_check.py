"""`caunoi rules check`: every mistake in a directory of rule files, each with file, rule, field and what to do about it.

Invariant: one mistake hides no other. What spans several rules is looked for in the YAML as it stands, so that a rule which the
schema refuses is still compared with its neighbours.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from services.escalation.wire.calendars import CalendarFile
from services.escalation.wire.facts import FACTS
from services.escalation.wire.rule_entries import GroundsFile, NotKeptFile, RuleEntry
from services.escalation.wire.rulebook import GROUNDS_FILE, NOT_KEPT_FILE
from shared.contracts import event_types

SERVICE_LEVEL = ("cam kết", "service level")
"""What the name of a limit without a confirmed source says, so that nobody takes it for law."""
UNCONFIRMED = ("UNCONFIRMED", "DESIGN")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake: where it stands, what is wrong, what to do."""

    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} → {self.remedy}"


@dataclass(frozen=True, slots=True)
class CheckedRules:
    """What was looked at, and what was found."""

    rules: int
    grounds: int
    not_kept: int
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Raw:
    """A rule as the YAML says it, whether the schema accepts it or not. What has not the expected shape counts as not said."""

    where: str
    says: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.says.get("id", "?"))

    def text(self, name: str) -> str:
        return str(self.says.get(name) or "").strip()

    def words(self, name: str) -> list[str]:
        return [str(word) for word in _list(self.says.get(name))]

    def parts(self, name: str) -> list[Mapping[str, Any]]:
        return [part for part in _list(self.says.get(name)) if isinstance(part, Mapping)]

    def day(self, name: str) -> date | None:
        found = self.says.get(name)
        return found if type(found) is date else None

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield every fact that the rule listens to, with the field that names it."""
        for name in ("start", "met_by", "void_by"):
            yield from ((name, fact) for fact in self.words(name))
        for pause in self.parts("pauses"):
            yield from (("pauses", str(pause[name])) for name in ("start", "end") if name in pause)

    def grounds(self) -> set[str]:
        return {
            str(ground) for part in (*self.parts("pauses"), *self.parts("extensions")) for ground in _list(part.get("grounds"))
        }


def check_directory(directory: Path) -> CheckedRules:
    """Look at every rule, ground and calendar of a directory; nothing raises, everything is a finding."""
    findings: list[Finding] = []
    rules: list[Raw] = []
    for path in sorted(directory.glob("*.yaml")):
        if path.name not in (GROUNDS_FILE, NOT_KEPT_FILE):
            rules += _rules(path, findings)
    grounds = _entries(directory / GROUNDS_FILE, GroundsFile, "grounds", findings)
    rows = _entries(directory / NOT_KEPT_FILE, NotKeptFile, "rows", findings)
    calendars = [_entries(path, CalendarFile, "jurisdictions", findings) for path in sorted(directory.glob("calendars/*.yaml"))]
    listed = [str(code) for code in grounds]
    not_kept = [str(row.get("id")) for row in rows if isinstance(row, Mapping)]
    findings += _versions(rules)
    findings += _grounds(rules, grounds, set(listed))
    findings += _not_kept(not_kept, {rule.id for rule in rules})
    findings += _events()
    for rule in rules:
        findings += _names(rule, {other.id for other in rules}, {str(name) for names in calendars for name in names})
        findings += _sources(rule)
    return CheckedRules(len(rules), len(listed), len(not_kept), sorted(set(findings), key=str))


def _rules(path: Path, findings: list[Finding]) -> Iterator[Raw]:
    """Yield the rules of one file. The schema says one contradiction of a rule at a time; what is found here says all of them."""
    content = _yaml(path, findings)
    items = content.get("rules") if isinstance(content, Mapping) else None
    if not isinstance(items, list):
        findings.append(Finding(path.name, "it has no list of rules", "begin it with `rules:`"))
        return
    for item in items:
        says = item if isinstance(item, Mapping) else {}
        rule = Raw(f"{path.name} {says.get('id', '?')} v{says.get('version', '?')}", says)
        contradictions = list(_contradictions(rule))
        refused = _schema(rule.where, item, RuleEntry)
        findings += contradictions
        findings += [finding for finding, is_contradiction in refused if not (is_contradiction and contradictions)]
        yield rule


def _entries(path: Path, model: type[BaseModel], name: str, findings: list[Finding]) -> Any:
    """Return the list or mapping that a file holds under a name, and find what its schema refuses."""
    content = _yaml(path, findings)
    if content is None:
        return []
    findings += [finding for finding, _ in _schema(path.name, content, model)]
    return (content.get(name) if isinstance(content, Mapping) else None) or []


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping: YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a mapping whose keys are different ones."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _yaml(path: Path, findings: list[Finding]) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader, and a stricter one
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        findings.append(
            Finding(path.name, f"it cannot be read: {' '.join(str(error).split())}", "write it as YAML, each name once")
        )
        return None


def _schema(where: str, content: object, model: type[BaseModel]) -> list[tuple[Finding, bool]]:
    """Return what the schema refuses, and whether it is a contradiction of the whole rather than one field."""
    try:
        model.model_validate(content)
    except ValidationError as error:
        return [
            (
                Finding(
                    f"{where} {'.'.join(map(str, item['loc']))}".strip(),
                    item["msg"].removeprefix("Value error, "),
                    "write it as the neighbouring entries have it (docs/rules.md)",
                ),
                not item["loc"],
            )
            for item in error.errors(include_url=False, include_input=False)
        ]
    return []


def _contradictions(rule: Raw) -> Iterator[Finding]:
    """Yield what one rule says that cannot be."""
    reminders = _list(rule.says.get("reminders"))
    days = [rung.get("days") for rung in rule.parts("ladder")]
    for name, numbers in (("reminders", reminders), ("ladder", days)):
        found = [number for number in numbers if isinstance(number, int)]
        if found != sorted(set(found)):
            yield Finding(f"{rule.where} {name}", f"{found} does not rise", "write them rising, each once")
    for name, fact in rule.facts():
        if fact not in FACTS:
            remedy = "name an act of routing or a step of shared.contracts.words"
            yield Finding(f"{rule.where} {name}", f"no event of a contract stands for {fact}", remedy)
    for fact in sorted(set(rule.words("met_by")) & set(rule.words("void_by"))):
        yield Finding(
            f"{rule.where} void_by", f"{fact} stands in met_by too", "a fact either fulfils the step or ends it unfulfilled"
        )
    limit = rule.says.get("limit")
    amount = limit.get("amount") if isinstance(limit, Mapping) else None
    for extension in rule.parts("extensions"):
        ceiling = extension.get("ceiling")
        if isinstance(amount, int) and isinstance(ceiling, int) and ceiling <= amount:
            remedy = f"give a ceiling above {amount}, or take the extension away"
            yield Finding(f"{rule.where} extensions", f"the ceiling {ceiling} is not above the limit {amount}", remedy)
    if not rule.words("met_by") and rule.text("nature") != "effect":
        yield Finding(f"{rule.where} met_by", "nothing fulfils it", "name the fact that ends it, or let it be an effect of time")
    if not rule.words("start") and not rule.words("start_overdue"):
        yield Finding(f"{rule.where} start", "nothing starts it", "name the fact, or the rule whose breach starts it")


def _versions(rules: Sequence[Raw]) -> Iterator[Finding]:
    """Yield what is wrong between the versions of one rule: twice the same, overlaps, gaps."""
    by_id: dict[str, list[tuple[date, Raw]]] = defaultdict(list)
    for rule in rules:
        begins = rule.day("effective_from")
        if begins is not None:
            by_id[rule.id].append((begins, rule))
    for versions in by_id.values():
        versions.sort(key=lambda item: (item[0], str(item[1].says.get("version"))))
        for (_, earlier), (begins, later) in pairwise(versions):
            number, before = later.says.get("version"), earlier.says.get("version")
            if number == before:
                yield Finding(f"{later.where} version", f"version {number} stands twice", "give the later text the next version")
            ends = earlier.day("effective_to") or date.max
            if ends >= begins:
                remedy = f"end version {before} with effective_to: {begins - DAY}"
                yield Finding(
                    f"{later.where} effective_from", f"it is in force on {begins} together with version {before}", remedy
                )
            elif ends + DAY < begins:
                remedy = "let the versions follow one another day by day"
                gap = f"no version is in force from {ends + DAY} to {begins - DAY}"
                yield Finding(f"{later.where} effective_from", gap, remedy)


def _grounds(rules: Sequence[Raw], grounds: object, listed: set[str]) -> Iterator[Finding]:
    used: set[str] = set()
    for rule in rules:
        used |= rule.grounds()
        for ground in sorted(rule.grounds() - listed):
            yield Finding(
                f"{rule.where} grounds", f"ground {ground} is unknown", f"write it into {GROUNDS_FILE} with its article"
            )
    for ground in sorted(listed - used):
        yield Finding(f"{GROUNDS_FILE} {ground}", "no rule uses it", "name it in a rule, or take it away")
    for code, entry in grounds.items() if isinstance(grounds, Mapping) else ():
        if isinstance(entry, Mapping) and not str(entry.get("citation") or "").strip():
            yield Finding(f"{GROUNDS_FILE} {code} citation", "it has no source", "cite the article")


def _not_kept(rows: Sequence[str], ids: set[str]) -> Iterator[Finding]:
    for row in sorted({row for row in rows if rows.count(row) > 1}):
        yield Finding(f"{NOT_KEPT_FILE} {row}", "it stands twice", "say its reason once")
    for row in sorted(set(rows) & ids):
        yield Finding(f"{NOT_KEPT_FILE} {row}", "a rule keeps it", "take it away here, or take the rule away")


def _names(rule: Raw, ids: set[str], jurisdictions: set[str]) -> Iterator[Finding]:
    for other in sorted(set(rule.words("start_overdue")) - ids):
        yield Finding(f"{rule.where} start_overdue", f"{other} is no rule", "name a rule by its id")
    for name in sorted(set(rule.words("jurisdictions")) - jurisdictions):
        yield Finding(f"{rule.where} jurisdictions", f"{name} has no calendar", "write calendars/NAME.yaml for it")


def _sources(rule: Raw) -> Iterator[Finding]:
    """Yield limits that nobody can look up, and promises of the office that could be taken for law."""
    cited = [("citation", rule.text("citation"))]
    cited += [(name, str(part.get("citation") or "").strip()) for name in ("pauses", "extensions") for part in rule.parts(name)]
    for name, citation in cited:
        if not citation:
            yield Finding(
                f"{rule.where} {name}", "it has no source", "cite the article, or the decision of the office that promises it"
            )
    said = [f"{rule.text(f'name_{language}')} {rule.text(f'note_{language}')}".lower() for language in ("vi", "en")]
    if rule.text("confirmation") in UNCONFIRMED and not all(map(str.__contains__, said, SERVICE_LEVEL)):
        remedy = f"let name or note say «{SERVICE_LEVEL[0]}» and “{SERVICE_LEVEL[1]}”"
        problem = "its source is not confirmed, but it does not say that it is a service level"
        yield Finding(f"{rule.where} confirmation", problem, remedy)


def _events() -> Iterator[Finding]:
    known = event_types()
    for fact, event in sorted(FACTS.items()):
        if event not in known:
            yield Finding(fact, f"no contract has the event {event}", "add it to shared/contracts")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
