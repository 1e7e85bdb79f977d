"""`caunoi rules check`: every mistake in a directory of rule files, each with file, rule, field and what to do about it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from services.escalation.domain.rules import Nature
from services.escalation.wire.calendars import CalendarFile
from services.escalation.wire.facts import FACTS
from services.escalation.wire.rule_entries import GroundsFile, NotKeptFile, RuleEntry
from services.escalation.wire.rulebook import GROUNDS_FILE, NOT_KEPT_FILE
from shared.contracts import event_types

SERVICE_LEVEL = ("cam kết", "service level")
"""What the name of a limit without a confirmed source says, so that nobody takes it for law."""


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


def check_directory(directory: Path) -> CheckedRules:
    """Look at every rule, ground and calendar of a directory; nothing raises, everything is a finding."""
    findings: list[Finding] = []
    entries: list[tuple[str, RuleEntry]] = []
    for path in sorted(directory.glob("*.yaml")):
        if path.name not in (GROUNDS_FILE, NOT_KEPT_FILE):
            entries.extend(_entries(path, findings))
    grounds = _file(directory / GROUNDS_FILE, GroundsFile, findings)
    not_kept = _file(directory / NOT_KEPT_FILE, NotKeptFile, findings)
    jurisdictions = {name for file in _calendars(directory, findings) for name in file.jurisdictions}
    findings += _versions(entries)
    findings += _grounds(entries, set(grounds.grounds) if grounds else set())
    for where, entry in entries:
        findings += _rule(where, entry, {other.id for _, other in entries}, jurisdictions)
    findings += _facts()
    return CheckedRules(
        len(entries), len(grounds.grounds) if grounds else 0, len(not_kept.rows) if not_kept else 0, sorted(findings, key=str)
    )


def _entries(path: Path, findings: list[Finding]) -> Iterator[tuple[str, RuleEntry]]:
    content = _yaml(path, findings)
    items = content.get("rules") if isinstance(content, Mapping) else None
    if not isinstance(items, list):
        findings.append(Finding(path.name, "it has no list of rules", "begin it with `rules:`"))
        return
    for item in items:
        name = f"{item.get('id', '?')} v{item.get('version', '?')}" if isinstance(item, Mapping) else "?"
        where = f"{path.name} {name}"
        entry = _read(where, item, RuleEntry, findings)
        if entry is not None:
            yield where, entry


def _file(path: Path, model: type[Any], findings: list[Finding]) -> Any:
    content = _yaml(path, findings)
    return _read(path.name, content, model, findings) if content is not None else None


def _calendars(directory: Path, findings: list[Finding]) -> list[CalendarFile]:
    found = [_file(path, CalendarFile, findings) for path in sorted(directory.glob("calendars/*.yaml"))]
    return [file for file in found if file is not None]


def _yaml(path: Path, findings: list[Finding]) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        findings.append(Finding(path.name, f"it cannot be read: {error}", "write it as YAML"))
        return None


def _read(where: str, content: object, model: type[BaseModel], findings: list[Finding]) -> Any:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            place = ".".join(map(str, item["loc"])) or "the rule"
            findings.append(
                Finding(f"{where} {place}", item["msg"].removeprefix("Value error, "), "docs/rules.md shows every field")
            )
        return None


def _versions(entries: Sequence[tuple[str, RuleEntry]]) -> Iterator[Finding]:
    """Yield what is wrong between the versions of one rule: twice the same, overlaps, gaps."""
    by_id: dict[str, list[tuple[str, RuleEntry]]] = defaultdict(list)
    for where, entry in entries:
        by_id[entry.id].append((where, entry))
    for versions in by_id.values():
        versions.sort(key=lambda item: (item[1].effective_from, item[1].version))
        for (_, earlier), (where, later) in pairwise(versions):
            if earlier.version == later.version:
                yield Finding(where, f"version {later.version} stands twice", "give the later text the next version")
            ends = earlier.effective_to or date.max
            if ends >= later.effective_from:
                yield Finding(
                    where,
                    f"it is in force on {later.effective_from} together with version {earlier.version}",
                    f"end version {earlier.version} with effective_to: {later.effective_from - timedelta(days=1)}",
                )
            elif ends + timedelta(days=1) < later.effective_from:
                yield Finding(
                    where,
                    f"no version is in force from {ends + timedelta(days=1)} to {later.effective_from - timedelta(days=1)}",
                    "let the versions follow one another day by day",
                )


def _grounds(entries: Sequence[tuple[str, RuleEntry]], listed: set[str]) -> Iterator[Finding]:
    used: set[str] = set()
    for where, entry in entries:
        used |= entry.grounds()
        for ground in sorted(entry.grounds() - listed):
            yield Finding(where, f"ground {ground} is unknown", f"write it into {GROUNDS_FILE} with its article")
    for ground in sorted(listed - used):
        yield Finding(f"{GROUNDS_FILE} {ground}", "no rule uses it", "name it in a rule, or take it away")


def _rule(where: str, entry: RuleEntry, ids: set[str], jurisdictions: set[str]) -> Iterator[Finding]:
    for other in sorted(set(entry.start_overdue) - ids):
        yield Finding(where, f"start_overdue names {other}, which is no rule", "name a rule by its id")
    for name in sorted(set(entry.jurisdictions) - jurisdictions):
        yield Finding(where, f"jurisdiction {name} has no calendar", "write calendars/NAME.yaml")
    names = f"{entry.name_vi} {entry.note_vi}".lower(), f"{entry.name_en} {entry.note_en}".lower()
    is_unconfirmed = entry.confirmation in {"UNCONFIRMED", "DESIGN"}
    if is_unconfirmed and not all(word in name for word, name in zip(SERVICE_LEVEL, names, strict=True)):
        remedy = f"let the names say «{SERVICE_LEVEL[0]}» and “{SERVICE_LEVEL[1]}”"
        yield Finding(where, "its source is not confirmed, but it does not say that it is a service level", remedy)
    if entry.nature is Nature.DUTY and not entry.void_by and not entry.met_by:
        yield Finding(where, "nothing ends it", "met_by: the fact that fulfils it")


def _facts() -> Iterator[Finding]:
    known = event_types()
    for fact, event in sorted(FACTS.items()):
        if event not in known:
            yield Finding(fact, f"no contract has the event {event}", "add it to shared/contracts")
