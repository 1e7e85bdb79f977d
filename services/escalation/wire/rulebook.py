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
from shared.web.filing import Fault, faults_in, unreadable

HELP = "docs/rules.md"
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
                raise _contradiction(
                    f"{entry.id} v{entry.version}",
                    "đã ban hành · this version is published",
                    "ghi effective_to, nội dung mới là bản khác · give it its effective_to, the new text another version",
                    code="rule_published",
                )
            known[entry.id, entry.version] = entry
        return replace(self, rules=list(known.values()))

    def _check(self, timetables: Mapping[str, Timetable]) -> None:
        known: set[tuple[str, int]] = set()
        for rule in self.rules:
            if (rule.id, rule.version) in known:
                raise _contradiction(
                    f"{rule.id} v{rule.version}", "có hai lần · it stands twice", "chỉ giữ một · keep one of them"
                )
            known.add((rule.id, rule.version))
            for jurisdiction in set(rule.jurisdictions) - timetables.keys():
                reason = f"không có lịch cho địa phương {jurisdiction} · no calendar for jurisdiction {jurisdiction}"
                raise _contradiction(rule.id, reason, "thêm lịch, hoặc sửa jurisdictions · add one, or correct jurisdictions")
            for ground in rule.grounds() - self.grounds.keys():
                reason = f"căn cứ {ground} không có trong {GROUNDS_FILE} · ground {ground} is not in {GROUNDS_FILE}"
                raise _contradiction(rule.id, reason, "thêm căn cứ, hoặc sửa mã · add it, or correct the code")


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
        raise _refused(name, list(faults_in(error, see=HELP))) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a day that does not exist is a ValueError of the reader
        raise _refused(f"{name} is not YAML", [unreadable(error)]) from error


def _contradiction(field: str, reason: str, remedy: str, *, code: str = "rule_file") -> Malformed:
    """Return the error of what does not fit the rest of the law; reason and remedy in both languages."""
    return Malformed(f"{field}: {reason} ({remedy})", code=code, errors=[{"field": field, "reason": reason, "remedy": remedy}])


def _refused(name: str, faults: Sequence[Fault]) -> Malformed:
    """Return the error that names every fault of a file, in both languages."""
    errors = [{"field": fault.field, "code": fault.code, "reason": fault.reason, "remedy": fault.remedy} for fault in faults]
    if faults and faults[0].code == "not_yaml":
        errors[0]["line"] = str(faults[0].line)
    detail = "; ".join(f"{fault.field}: {fault.reason} ({fault.remedy})" for fault in faults)
    return Malformed(f"{name}: {detail}", code="rule_file", errors=errors)


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
