"""Reads the rules of law: YAML files, checked by Pydantic, turned into the domain's frozen policies.

Invariant: the service does not start with a rule that it cannot read, two versions of a rule in force on one day, a rule whose
jurisdiction has no calendar, or an act that no event stands for.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.escalation.domain.rules import Act, Endings, Limit, Rule, Rulebook, Start, Unit, Warnings
from services.escalation.domain.timetable import Timetable
from services.escalation.wire.calendars import calendar_of, read_calendar
from shared.contracts.words import Channel, Kind, Urgency
from shared.kernel.refusals import Malformed

LIMIT_AMOUNT_MAX = 1000
LADDER_LEVELS_MAX = 5
DAYS_LATER_MAX = 90

Percent = Annotated[int, Field(ge=1, le=99)]
Days = Annotated[int, Field(ge=1, le=DAYS_LATER_MAX)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LimitEntry(_Strict):
    amount: int = Field(ge=0, le=LIMIT_AMOUNT_MAX)
    unit: Unit

    @model_validator(mode="after")
    def _is_a_length(self) -> Self:
        if (self.amount == 0) != (self.unit is Unit.SOURCE):
            raise ValueError("a limit has an amount, except where the source gives the due moment")
        return self

    def limit(self) -> Limit:
        return Limit(self.amount, self.unit)


class RuleEntry(_Strict):
    """One version of one rule as it stands in a file."""

    id: str = Field(pattern=r"^[A-Z0-9]+(\.[A-Z0-9]+)+$", max_length=40)
    version: int = Field(ge=1)
    name_vi: str
    name_en: str
    kinds: list[Kind] = Field(default_factory=list)
    jurisdictions: list[str] = Field(default_factory=list)
    channels: list[Channel] = Field(default_factory=list)
    urgencies: list[Urgency] = Field(default_factory=list)
    step: str
    limit: LimitEntry
    is_rolled: bool = True
    start: Start
    met_by: list[Act] = Field(min_length=1)
    void_by: list[Act] = Field(default_factory=list)
    reminders: list[Percent] = Field(default_factory=list)
    also: LimitEntry | None = None
    ladder: list[Days] = Field(default_factory=list, max_length=LADDER_LEVELS_MAX)
    citation: str
    confirmation: Literal["TEXT", "NEWS", "RECALL", "UNCONFIRMED", "DESIGN"]
    effective_from: date
    effective_to: date | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if sorted(set(self.ladder)) != self.ladder or sorted(set(self.reminders)) != self.reminders:
            raise ValueError("reminders and ladder rise, without repetition")
        if set(self.met_by) & set(self.void_by):
            raise ValueError("an act either fulfils the step or makes it fall away")
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to comes before effective_from")
        return self

    def rule(self) -> Rule:
        return Rule(
            id=self.id,
            version=self.version,
            step=self.step,
            limit=self.limit.limit(),
            start=self.start,
            endings=Endings(met_by=frozenset(self.met_by), void_by=frozenset(self.void_by)),
            warnings=Warnings(
                reminders=tuple(self.reminders), ladder=tuple(self.ladder), also=self.also.limit() if self.also else None
            ),
            citation=self.citation,
            confirmation=self.confirmation,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            kinds=frozenset(map(str, self.kinds)),
            jurisdictions=frozenset(self.jurisdictions),
            channels=frozenset(map(str, self.channels)),
            urgencies=frozenset(map(str, self.urgencies)),
            name_vi=self.name_vi,
            name_en=self.name_en,
            is_rolled=self.is_rolled,
        )


class RuleFile(_Strict):
    rules: list[RuleEntry]


def load_rulebook(directory: Path) -> Rulebook:
    """Read ``*.yaml`` (rules) and ``calendars/*.yaml`` of a directory. Raises Malformed with the file's name."""
    rules = [entry.rule() for path in sorted(directory.glob("*.yaml")) for entry in _entries(path)]
    timetables: dict[str, Timetable] = {}
    offices: dict[str, Timetable] = {}
    for path in sorted(directory.glob("calendars/*.yaml")):
        file = read_calendar(path)
        timetable = Timetable(calendar_of(file))
        timetables.update(dict.fromkeys(file.jurisdictions, timetable))
        offices.update(dict.fromkeys(file.offices, timetable))
    _check(rules, timetables)
    return Rulebook(rules=rules, timetables=timetables, office_timetables=offices)


def _entries(path: Path) -> Iterable[RuleEntry]:
    try:
        return RuleFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).rules
    except yaml.YAMLError as error:
        raise Malformed(f"{path.name} is not YAML: {error}", code="rule_file") from error
    except ValidationError as error:
        raise Malformed(f"{path.name}: {error}", code="rule_file") from error


def _check(rules: Iterable[Rule], timetables: dict[str, Timetable]) -> None:
    known: set[tuple[str, int]] = set()
    for rule in rules:
        if (rule.id, rule.version) in known:
            raise Malformed(f"{rule.id} version {rule.version} stands twice", code="rule_file")
        known.add((rule.id, rule.version))
        for jurisdiction in rule.jurisdictions - timetables.keys():
            raise Malformed(f"{rule.id}: no calendar for jurisdiction {jurisdiction}", code="rule_file")
