"""Lives of a petition, told to escalation's clocks, with everything that is said kept as audit keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.audit.domain.entry import CauseRef, Entry, facts_of
from services.audit.domain.recount.comparing import Difference, compare, gaps_in
from services.audit.domain.recount.law import Amended
from services.audit.domain.recount.reading import reckon, sayings
from services.escalation.domain.acts import Moved, Paused
from services.escalation.domain.clocks import Clocks, Started
from services.escalation.domain.deadline import Breached, advance
from services.escalation.domain.redating import Redating
from services.escalation.domain.tree import Tree
from services.escalation.wire.amendments import CALENDAR, RULE
from services.escalation.wire.events import fact, new_event, petition_of
from shared.contracts import Cause, Envelope, EventBody
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.procedure import (
    DocumentV1,
)
from shared.contracts.routing import (
    PetitionRoutedV1,
    RouteBasis,
    RouteV1,
)
from shared.contracts.words import Channel, Language, Urgency
from shared.contracts.words import Kind as PetitionKind
from tests.contract.audit.laws import AMENDED, AMENDED_RULE, AS_IT_IS, AUDIT_TREE, Laws
from tests.unit.escalation.parts import hanoi

LODGED = hanoi("2026-06-22 10:15")
PAPER = DocumentV1(number="1", issued_on=LODGED.date())
WARD = RouteV1(office="ward", superiors=["area", "city"], basis=RouteBasis.COMPETENCE)
OTHER = RouteV1(office="other", superiors=["city"], basis=RouteBasis.TRANSFER)
SHOWN = ("rule", "plan", "due_at", "ground", "step", "reason", "traits", "amount")
END = LODGED + timedelta(days=500)


@dataclass(repr=False)
class Life:
    """A petition told to escalation's clocks; everything that is said goes into a log as audit keeps it."""

    kind: PetitionKind
    urgency: Urgency = Urgency.NORMAL
    id: UUID = field(default_factory=uuid4)
    log: list[Entry] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    clocks: Clocks | None = None
    laws: Laws = AS_IT_IS
    amended: list[Amended] = field(default_factory=list)
    causes: dict[UUID, Cause] = field(default_factory=dict)
    """What set or moved each deadline last: what time says of it names that as its cause."""

    def __repr__(self) -> str:
        """Return the log in a form to be read: times in law and of record, what was said."""
        lines = [
            f"{entry.position} {entry.effective_at:%m-%d %H:%M} {entry.recorded_at:%m-%d %H:%M} {entry.source} {entry.what} "
            f"{ {key: entry.facts[key] for key in SHOWN if entry.facts.get(key)} }"
            for entry in self.log
        ]
        return "\n".join([f"{self.kind} {self.urgency} {self.amended}", *lines, ""])

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(repr(self))

    def begin(self) -> None:
        body = PetitionLodgedV1(
            code="HN-1",
            kind=self.kind,
            jurisdiction="hanoi",
            channel=Channel.COUNTER,
            language=Language.VI,
            is_reachable=True,
            is_physical=False,
        )
        envelope = self._envelope("intake", body, LODGED, LODGED)
        self.clocks = Clocks(petition_of(envelope, body), self.laws.rulebook, Tree())
        routed = PetitionRoutedV1(
            code="HN-1",
            kind=self.kind,
            jurisdiction="hanoi",
            topic=None,
            topic_origin="none",
            commune=None,
            urgency=self.urgency,
            is_physical=False,
            route=WARD,
        )
        self.hear(routed, LODGED + timedelta(minutes=1))

    def hear(self, body: EventBody, at: datetime, *, recorded_at: datetime | None = None) -> None:
        """Record an act and let escalation hear of it at once; it may have been true for a while."""
        assert self.clocks is not None
        recorded_at = recorded_at or at
        envelope = self._envelope(body.TYPE.split(".")[1], body, at, recorded_at)
        self.clocks.hear(fact(envelope, body))
        self._say(recorded_at, heard=Cause(envelope.id, envelope.source, envelope.version))

    def amend(self, kind: str, at: datetime) -> None:
        """Let an amendment count from now on, and move what it moves, in two batches."""
        assert self.clocks is not None
        laws = AMENDED.get((self.laws, kind))
        if laws is None:
            return
        self.laws = laws
        self.clocks.rulebook = laws.rulebook
        redating = Redating(laws.rulebook, is_rule_amended=kind == RULE)
        change = {"calendar": laws.present} if kind == CALENDAR else {"rules": [AMENDED_RULE], "newest": 2}
        amendment = Amended(self._position(), str(uuid4()), at, at, **change)
        self.amended.append(amendment)
        for place, deadline in enumerate(self.clocks.deadlines):
            if redating.moves(deadline, applied_at=at):
                holder, tree, key = self.clocks.holder, self.clocks.tree, UUID(amendment.id)
                before, moved = redating.moved(deadline, holder, tree, applied_at=at, amendment_id=key)
                self.clocks.deadlines[place] = moved.deadline
                self.clocks.said.extend([*before, moved])
        self._say(at)

    def sweep(self, now: datetime) -> None:
        assert self.clocks is not None
        before = -1
        while before < len(self.log):
            before = len(self.log)
            for place, deadline in enumerate(self.clocks.deadlines):
                self.clocks.deadlines[place], said = advance(deadline, self.clocks.holder, self.clocks.tree, through=now)
                self.clocks.said.extend(said)
                for item in said:
                    if isinstance(item, Breached):
                        self.clocks.breached(item)
                        for started in self.clocks.said:
                            self.causes.setdefault(started.deadline.id, self.causes[item.deadline.id])
            self._say(now)

    def _say(self, now: datetime, *, heard: Cause | None = None) -> None:
        assert self.clocks is not None
        for item in self.clocks.said:
            if heard is not None and isinstance(item, Started | Moved | Paused):
                self.causes[item.deadline.id] = heard
            cause = heard or self.causes[item.deadline.id]
            event = new_event(
                item,
                cause=cause,
                correlation_id=self.id,
                is_sealed=False,
                traceparent=None,
                now=now,
                rulebook=self.laws.rulebook,
            )
            self._note("escalation", event.body, event.effective_at, now, event.office, cause=cause)
        self.clocks.said.clear()

    def _envelope(self, source: str, body: EventBody, at: datetime, recorded_at: datetime) -> Envelope:
        entry = self._note(source, body, at, recorded_at, "_")
        return Envelope(
            id=entry.id,
            type=body.TYPE,
            source=source,
            aggregate_id=self.id,
            version=entry.version,
            effective_at=at,
            recorded_at=recorded_at,
            actor="person:x",
            correlation_id=self.id,
            cause=None,
            office="_",
            is_sealed=False,
            traceparent=None,
        )

    def _position(self) -> int:
        return len(self.log) + len(self.amended) + 1

    def _note(
        self, source: str, body: EventBody, at: datetime, recorded_at: datetime, office: str, *, cause: Cause | None = None
    ) -> Entry:
        self.versions[source] = self.versions.get(source, 0) + 1
        raw = body.model_dump_json().encode()
        entry = Entry(
            position=self._position(),
            id=uuid4(),
            aggregate_id=self.id,
            source=source,
            version=self.versions[source],
            type=body.TYPE,
            effective_at=at,
            recorded_at=recorded_at,
            heard_at=recorded_at,
            actor="x",
            office=office,
            correlation_id=self.id,
            cause=CauseRef(cause.event_id, cause.source, cause.version) if cause else None,
            is_sealed=False,
            traceparent=None,
            stream="PETITIONS",
            stream_seq=len(self.log) + 1,
            body=raw,
            facts=facts_of(raw),
        )
        self.log.append(entry)
        return entry

    def rows(self) -> list[dict[str, Any]]:
        """Return escalation's standing as its door gives it."""
        assert self.clocks is not None
        return [
            {
                "id": str(item.id),
                "petition_id": str(self.id),
                "rule": item.rule,
                "started_at": item.basis.started_at.isoformat(),
                "due_at": item.due_at.isoformat(),
                "plan": item.plan,
                "steps": [
                    {"at": step.at.isoformat(), "kind": str(step.kind), "number": step.number, "climb": step.climb}
                    for step in item.steps
                ],
                "next_step": item.progress.next_step,
                "paused_on": item.pausing.since_on.isoformat() if item.pausing else None,
                "extended_by": item.basis.extended_by,
                "outcome": item.ending.outcome if item.ending else None,
            }
            for item in self.clocks.deadlines
        ]

    def differences(
        self, *, log: Sequence[Entry] | None = None, rows: Sequence[dict[str, Any]] | None = None, until: datetime = END
    ) -> list[Difference]:
        entries = self.log if log is None else log
        missing = list(gaps_in(entries))
        if missing:
            return missing
        reckoning = reckon(self.id, entries, self.laws.as_data, AUDIT_TREE, self.amended, until=until)
        assert reckoning is not None
        return compare(reckoning, sayings(entries), self.rows() if rows is None else rows, until=until)
