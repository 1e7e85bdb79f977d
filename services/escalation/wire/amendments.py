"""Amendments as operators write them: YAML that changes days of a calendar, or adds a version of a rule."""

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.escalation.domain.amendment import Amendment
from services.escalation.wire.calendars import CalendarAmendment, calendar_of
from services.escalation.wire.rulebook import Law, RuleEntry, read_text
from shared.contracts import EventBody, NewEvent
from shared.contracts.escalation import CalendarAmendedV1, CalendarMissingV1, ChangedDayV1, RuleAmendedV1
from shared.kernel.ids import derived
from shared.kernel.refusals import Malformed

ACTOR = "service:escalation"
CALENDAR: Literal["calendar"] = "calendar"
RULE: Literal["rule"] = "rule"


class RuleAmendment(BaseModel):
    """A rule's new version, and the version before it with its last day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1, description="the document that changes the law")
    announced_on: date
    rules: list[RuleEntry] = Field(min_length=1)

    @property
    def name(self) -> str:
        """The rules that it changes, between spaces."""
        return " ".join(sorted({entry.id for entry in self.rules}))


def read(kind: str, content: str) -> CalendarAmendment | RuleAmendment:
    """Read an amendment. Raises Malformed naming every mistake in it."""
    if kind == CALENDAR:
        return read_text(content, CalendarAmendment, name="amendment")
    return read_text(content, RuleAmendment, name="amendment")


def amended(law: Law, kind: str, content: str) -> Law:
    """Return the law with an amendment taken in. Raises Malformed where it does not fit."""
    amendment = read(kind, content)
    if isinstance(amendment, RuleAmendment):
        return law.with_rules(amendment.rules)
    file = law.calendars.get(amendment.calendar)
    if file is None:
        known = ", ".join(sorted(law.calendars))
        reason = f"không có lịch {amendment.calendar} · there is no calendar {amendment.calendar}"
        error = {"field": "calendar", "reason": reason, "remedy": f"các lịch hiện có: {known} · there are {known}"}
        raise Malformed(f"{reason}; there are {known}", code="calendar_unknown", errors=[error])
    return law.with_calendar(file.amended(amendment))


def digest(kind: str, content: str) -> str:
    """Return what tells one amendment from another: its meaning, not its layout."""
    return sha256(f"{kind}\n{read(kind, content).model_dump_json()}".encode()).hexdigest()


def amended_event(amendment: Amendment, before: Law, *, moves: int, now: datetime) -> NewEvent:
    """Return what is said of an amendment that was applied to the law `before` it."""
    content = read(amendment.kind, amendment.content)
    if isinstance(content, RuleAmendment):
        return _event(amendment, _rule_amended(amendment, content, moves), ("rule", content.name), now)
    return _event(amendment, _calendar_amended(amendment, content, before, moves), ("calendar", content.calendar), now)


def _event(amendment: Amendment, body: EventBody, aggregate: tuple[str, str], now: datetime) -> NewEvent:
    aggregate_id = derived(*aggregate)
    return NewEvent(
        id=derived(amendment.id, "amended"),
        aggregate_id=aggregate_id,
        body=body,
        effective_at=amendment.applied_at,
        recorded_at=now,
        actor=amendment.actor,
        authority=amendment.authority,
        correlation_id=amendment.id,
    )


def _rule_amended(amendment: Amendment, content: RuleAmendment, moves: int) -> RuleAmendedV1:
    return RuleAmendedV1(
        amendment_id=amendment.id,
        rule=content.name,
        versions=sorted({entry.version for entry in content.rules}),
        content_sha256=sha256(amendment.content.encode()).hexdigest(),
        source=content.source,
        announced_on=content.announced_on,
        moves=moves,
    )


def _calendar_amended(amendment: Amendment, content: CalendarAmendment, before: Law, moves: int) -> CalendarAmendedV1:
    file = before.calendars[content.calendar]
    days = [(item, False) for item in content.days_off] + [(item, True) for item in content.days_worked]
    return CalendarAmendedV1(
        amendment_id=amendment.id,
        calendar=content.calendar,
        from_version=calendar_of(file).version,
        to_version=calendar_of(file.amended(content)).version,
        days=[
            ChangedDayV1(day=item.day, is_worked=worked, name=item.name, source=item.source, announced_on=item.announced_on)
            for item, worked in sorted(days, key=lambda pair: pair[0].day)
        ],
        moves=moves,
    )


def missing_event(calendar: str, year: int, jurisdictions: Sequence[str], *, now: datetime) -> NewEvent:
    """Return what is said of a calendar that lacks a year."""
    aggregate_id = derived("calendar", calendar)
    return NewEvent(
        id=derived(aggregate_id, "missing", year),
        aggregate_id=aggregate_id,
        body=CalendarMissingV1(calendar=calendar, year=year, jurisdictions=list(jurisdictions)),
        effective_at=now,
        recorded_at=now,
        actor=ACTOR,
        correlation_id=aggregate_id,
    )
