"""The law as files and amendments, and the rulebook that follows from them.

Invariant: the service does not start with a rule that it cannot read, two versions of a rule in force on one day, a rule whose
jurisdiction has no calendar, or a ground that nobody explains. A published version may only be given its last day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.timetable import Timetable
from services.escalation.wire.calendars import CalendarFile, calendar_of, read_calendar
from services.escalation.wire.rule_entries import GroundEntry, GroundsFile, NotKeptEntry, NotKeptFile, RuleEntry, RuleFile
from shared.kernel.refusals import Malformed

GROUNDS_FILE, NOT_KEPT_FILE = "grounds.yaml", "not_kept.yaml"
File = TypeVar("File", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Law:
    """What the files say, amendments taken in."""

    rules: Sequence[RuleEntry]
    calendars: Mapping[str, CalendarFile]
    grounds: Mapping[str, GroundEntry] = field(default_factory=dict)
    not_kept: Sequence[NotKeptEntry] = ()

    def rulebook(self) -> Rulebook:
        """Return the rules and calendars as the domain knows them. Raises Malformed where they contradict one another."""
        timetables: dict[str, Timetable] = {}
        offices: dict[str, Timetable] = {}
        for file in self.calendars.values():
            timetable = Timetable(calendar_of(file))
            timetables.update(dict.fromkeys(file.jurisdictions, timetable))
            offices.update(dict.fromkeys(file.offices, timetable))
        self._check(timetables)
        grounds = {code: entry.ground(code) for code, entry in self.grounds.items()}
        rules = [entry.rule() for entry in self.rules]
        return Rulebook(rules=rules, timetables=timetables, office_timetables=offices, grounds=grounds)

    def with_calendar(self, file: CalendarFile) -> "Law":
        """Return the law with one calendar in another wording."""
        return replace(self, calendars={**self.calendars, file.name: file})

    def with_rules(self, entries: Sequence[RuleEntry]) -> "Law":
        """Return the law with rules added; a version that is known may only be given its last day. Raises Malformed."""
        known = {(entry.id, entry.version): entry for entry in self.rules}
        for entry in entries:
            present = known.get((entry.id, entry.version))
            if present is not None and present.model_copy(update={"effective_to": entry.effective_to}) != entry:
                message = (
                    f"{entry.id} version {entry.version} is published: give it its effective_to, and the new text another version"
                )
                raise Malformed(message, code="rule_published")
            known[entry.id, entry.version] = entry
        return replace(self, rules=list(known.values()))

    def _check(self, timetables: Mapping[str, Timetable]) -> None:
        known: set[tuple[str, int]] = set()
        for rule in self.rules:
            if (rule.id, rule.version) in known:
                raise Malformed(f"{rule.id} version {rule.version} stands twice", code="rule_file")
            known.add((rule.id, rule.version))
            for jurisdiction in set(rule.jurisdictions) - timetables.keys():
                raise Malformed(f"{rule.id}: no calendar for jurisdiction {jurisdiction}", code="rule_file")
            for ground in rule.grounds() - self.grounds.keys():
                raise Malformed(f"{rule.id}: ground {ground} is not in {GROUNDS_FILE}", code="rule_file")


def read_law(directory: Path) -> Law:
    """Read ``*.yaml`` (rules, grounds, what is not kept) and ``calendars/*.yaml``. Raises Malformed with the file's name."""
    rules: list[RuleEntry] = []
    grounds: Mapping[str, GroundEntry] = {}
    not_kept: Sequence[NotKeptEntry] = ()
    for path in sorted(directory.glob("*.yaml")):
        match path.name:
            case "grounds.yaml":
                grounds = read_file(path, GroundsFile).grounds
            case "not_kept.yaml":
                not_kept = read_file(path, NotKeptFile).rows
            case _:
                rules.extend(read_file(path, RuleFile).rules)
    calendars = [read_calendar(path) for path in sorted(directory.glob("calendars/*.yaml"))]
    return Law(rules=rules, calendars={file.name: file for file in calendars}, grounds=grounds, not_kept=not_kept)


def load_rulebook(directory: Path) -> Rulebook:
    """Return the rulebook of a directory. Raises Malformed with the file's name."""
    return read_law(directory).rulebook()


def read_file(path: Path, model: type[File]) -> File:
    """Read one YAML file. Raises Malformed naming the file and every mistake in it."""
    return read_text(path.read_text(encoding="utf-8"), model, name=path.name)


def read_text(text: str, model: type[File], *, name: str) -> File:
    """Read YAML text. Raises Malformed naming every mistake."""
    try:
        return model.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        places = [
            {
                "field": ".".join(map(str, item["loc"])),
                "reason": item["msg"],
                "remedy": "docs/rules.md, services/escalation/rules",
            }
            for item in error.errors(include_url=False, include_input=False)
        ]
        said = "; ".join(f"{place['field']}: {place['reason']}" if place["field"] else place["reason"] for place in places)
        raise Malformed(f"{name}: {said}", code="rule_file", errors=places) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a day that does not exist is a ValueError of the reader
        raise Malformed(f"{name} is not YAML: {error}", code="rule_file") from error


__all__ = [
    "GROUNDS_FILE",
    "NOT_KEPT_FILE",
    "GroundsFile",
    "Law",
    "NotKeptFile",
    "RuleEntry",
    "RuleFile",
    "load_rulebook",
    "read_file",
    "read_law",
    "read_text",
]
