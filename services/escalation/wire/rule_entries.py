"""One rule of law as it stands in a file, checked by Pydantic and turned into the domain's frozen policy.

Invariant: an entry names only facts for which a contract has an event, and says nothing that contradicts itself.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.escalation.domain.rulebook import Ground
from services.escalation.domain.rules import (
    Endings,
    Extension,
    Limit,
    Nature,
    Pause,
    Rule,
    Rung,
    Subject,
    Unit,
    Warnings,
)
from services.escalation.wire.facts import FACTS
from shared.contracts.words import Channel, Kind, Procedure, Role, Trait, Urgency

LIMIT_AMOUNT_MAX = 1000
LADDER_LEVELS_MAX = 5
DAYS_LATER_MAX = 90
WITHOUT_AMOUNT = (Unit.SOURCE, Unit.PLANNED)

Percent = Annotated[int, Field(ge=1, le=99)]
Days = Annotated[int, Field(ge=1, le=DAYS_LATER_MAX)]
Confirmation = Literal["TEXT", "NEWS", "RECALL", "UNCONFIRMED", "DESIGN"]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LimitEntry(_Strict):
    amount: int = Field(ge=0, le=LIMIT_AMOUNT_MAX)
    unit: Unit
    direction: Literal["after", "before"] = "after"

    @model_validator(mode="after")
    def _is_a_length(self) -> Self:
        if (self.amount == 0) != (self.unit in WITHOUT_AMOUNT):
            raise ValueError(
                "thời hạn phải có amount, trừ khi nguồn hoặc kế hoạch cho thời điểm đến hạn"
                " · a limit has an amount, except where the source or the plan gives the due moment"
            )
        return self

    def limit(self) -> Limit:
        return Limit(self.amount, self.unit, self.direction == "before")


class PauseEntry(_Strict):
    start: str
    end: str
    grounds: list[str] = Field(default_factory=list)
    since: date
    reaches_pending: bool = False
    who: list[Role] = Field(min_length=1)
    citation: Text
    pending_citation: str = ""

    def pause(self) -> Pause:
        return Pause(
            start=self.start,
            end=self.end,
            since=self.since,
            citation=self.citation,
            grounds=frozenset(self.grounds),
            reaches_pending=self.reaches_pending,
            pending_citation=self.pending_citation,
            who=frozenset(map(str, self.who)),
        )


class ExtensionEntry(_Strict):
    grounds: list[str] = Field(min_length=1)
    per_act: int = Field(ge=1, le=LIMIT_AMOUNT_MAX)
    acts_max: int = Field(ge=1, le=10)
    ceiling: int = Field(ge=1, le=LIMIT_AMOUNT_MAX)
    who: list[Role] = Field(min_length=1)
    since: date
    citation: Text

    def extension(self) -> Extension:
        return Extension(
            grounds=frozenset(self.grounds),
            per_act=self.per_act,
            acts_max=self.acts_max,
            ceiling=self.ceiling,
            since=self.since,
            citation=self.citation,
            who=frozenset(map(str, self.who)),
        )


class RungEntry(_Strict):
    days: Days
    action: str
    basis: str | None = None
    acknowledge_within_days: Days | None = None

    def rung(self) -> Rung:
        return Rung(self.days, self.action, self.basis, self.acknowledge_within_days)


class RuleEntry(_Strict):
    """One version of one rule as it stands in a file."""

    id: str = Field(pattern=r"^[A-Z0-9]+(\.[A-Z0-9]+)+$", max_length=40)
    version: int = Field(ge=1)
    name_vi: Text
    name_en: Text
    note_vi: str = ""
    note_en: str = ""
    nature: Nature = Nature.DUTY
    actor: Literal["receiver", "resolver", "superior", "executing_body", "petitioner", "nobody"] = "resolver"
    kinds: list[Kind] = Field(default_factory=list)
    procedures: list[Procedure] = Field(default_factory=list)
    jurisdictions: list[str] = Field(default_factory=list)
    channels: list[Channel] = Field(default_factory=list)
    urgencies: list[Urgency] = Field(default_factory=list)
    with_traits: list[Trait] = Field(default_factory=list, alias="with")
    without_traits: list[Trait] = Field(default_factory=list, alias="without")
    step: Text
    limit: LimitEntry
    first_day: Literal["excluded"] = "excluded"
    is_rolled: bool = True
    start: list[str] = Field(default_factory=list)
    start_overdue: list[str] = Field(default_factory=list)
    repeats: bool = False
    met_by: list[str] = Field(default_factory=list)
    void_by: list[str] = Field(default_factory=list)
    pauses: list[PauseEntry] = Field(default_factory=list)
    extensions: list[ExtensionEntry] = Field(default_factory=list)
    reminders: list[Percent] = Field(default_factory=list)
    also: LimitEntry | None = None
    ladder: list[RungEntry] = Field(default_factory=list, max_length=LADDER_LEVELS_MAX)
    is_urgent: bool = False
    citation: Text
    confirmation: Confirmation
    effective_from: date
    effective_to: date | None = None
    reaches_pending: bool = False
    pending_citation: str = ""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        days = [rung.days for rung in self.ladder]
        checks = (
            (
                sorted(set(days)) == days and sorted(set(self.reminders)) == self.reminders,
                "reminders và ladder tăng dần, mỗi mức một lần · reminders and ladder rise, each once",
            ),
            (
                not set(self.met_by) & set(self.void_by),
                "một sự kiện hoặc hoàn thành bước, hoặc làm bước mất đi · a fact either fulfils the step or makes it fall away",
            ),
            (
                self.effective_to is None or self.effective_to >= self.effective_from,
                "effective_to trước effective_from · effective_to comes before effective_from",
            ),
            (
                bool(self.start or self.start_overdue),
                "start hoặc start_overdue: phải có gì bắt đầu thời hạn · start or start_overdue: something starts a clock",
            ),
            (
                bool(self.met_by or self.nature is Nature.EFFECT),
                "met_by: phải có gì hoàn thành nghĩa vụ hoặc dùng quyền · met_by: something fulfils a duty or uses a window",
            ),
            (self.nature is Nature.DUTY or not self.ladder, "ladder: chỉ nghĩa vụ mới báo vượt cấp · ladder: only a duty climbs"),
            (
                not self.reaches_pending or bool(self.pending_citation),
                "pending_citation: điều khoản chuyển tiếp phải có · pending_citation: a transitional clause has its article",
            ),
            (
                all(entry.ceiling > self.limit.amount for entry in self.extensions),
                "extensions: mức tối đa phải trên thời hạn · extensions: the ceiling lies above the limit",
            ),
        )
        for holds, mistake in checks:
            if not holds:
                raise ValueError(mistake)
        return self

    @model_validator(mode="after")
    def _names_known_facts(self) -> Self:
        unknown = sorted(self.facts() - FACTS.keys())
        if unknown:
            named = ", ".join(unknown)
            raise ValueError(f"không có sự kiện nào cho {named} · no event of a contract stands for {named}")
        return self

    def facts(self) -> set[str]:
        """Return every fact that the rule listens to."""
        paused = [fact for pause in self.pauses for fact in (pause.start, pause.end)]
        return {*self.start, *self.met_by, *self.void_by, *paused}

    def grounds(self) -> set[str]:
        """Return every ground that the rule names."""
        listed = [entry.grounds for entry in self.pauses] + [entry.grounds for entry in self.extensions]
        return {ground for grounds in listed for ground in grounds}

    def rule(self) -> Rule:
        return Rule(
            id=self.id,
            version=self.version,
            step=self.step,
            limit=self.limit.limit(),
            start=frozenset(self.start),
            endings=Endings(met_by=frozenset(self.met_by), void_by=frozenset(self.void_by)),
            warnings=Warnings(
                reminders=tuple(self.reminders),
                ladder=tuple(entry.rung() for entry in self.ladder),
                also=self.also.limit() if self.also else None,
            ),
            citation=self.citation,
            confirmation=self.confirmation,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            subject=self._subject(),
            name_vi=self.name_vi,
            name_en=self.name_en,
            note_vi=self.note_vi,
            note_en=self.note_en,
            nature=self.nature,
            actor=self.actor,
            start_overdue=frozenset(self.start_overdue),
            repeats=self.repeats,
            pauses=tuple(entry.pause() for entry in self.pauses),
            extensions=tuple(entry.extension() for entry in self.extensions),
            is_urgent=self.is_urgent,
            is_rolled=self.is_rolled,
            reaches_pending=self.reaches_pending,
            pending_citation=self.pending_citation,
        )

    def _subject(self) -> Subject:
        return Subject(
            kinds=frozenset(map(str, self.kinds)),
            procedures=frozenset(map(str, self.procedures)),
            jurisdictions=frozenset(self.jurisdictions),
            channels=frozenset(map(str, self.channels)),
            urgencies=frozenset(map(str, self.urgencies)),
            with_traits=frozenset(map(str, self.with_traits)),
            without_traits=frozenset(map(str, self.without_traits)),
        )


class RuleFile(_Strict):
    rules: list[RuleEntry]


class GroundEntry(_Strict):
    """A listed ground of a suspension or an extension."""

    name_vi: Text
    name_en: Text
    citation: Text
    confirmation: Confirmation

    def ground(self, code: str) -> Ground:
        return Ground(code, self.name_vi, self.name_en, self.citation, self.confirmation)


class GroundsFile(_Strict):
    grounds: dict[str, GroundEntry]


class NotKeptEntry(_Strict):
    """A limit of the law that no clock keeps, and why."""

    id: str
    reason_vi: Text
    reason_en: Text
    citation: Text


class NotKeptFile(_Strict):
    rows: list[NotKeptEntry]
