"""A petition's entries of the log: facts are applied in their order, what escalation said is set aside to be compared."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.recount.clock import Expected, Named
from services.audit.domain.recount.law import Amended, Law
from services.audit.domain.recount.story import Reckoning, procedure_of
from services.audit.domain.recount.tree import Ladder, Tree

ROUTED_WITHIN = timedelta(hours=1)
RECEIVED = "received"


def reckon(
    petition_id: UUID, entries: Sequence[Entry], law: Law, tree: Tree, amended: Sequence[Amended], *, until: datetime
) -> Reckoning | None:
    """Return the clocks of a petition as its facts give them; None where it was never lodged."""
    ordered = sorted(entries, key=lambda entry: entry.position)
    lodged = next((entry for entry in ordered if entry.what == "petition.lodged"), None)
    if lodged is None:
        return None
    told = Told.of(ordered)
    climbed = {(item.deadline_id, item.effective_at): at for _, at, item in told.sayings if item.verb == "escalated"}
    reckoning = Reckoning(
        law, tree, _named(ordered, amended), petition_id, lodged.effective_at, _matter(lodged.facts), known_at=climbed
    )
    _late(reckoning, ordered, lodged, until)
    moves = _moves(ordered, amended)
    for entry in ordered:
        while moves and moves[0].position <= entry.position:
            _amend(reckoning, told, moves.pop(0))
        _apply(reckoning, told, entry)
    for move in moves:
        if move.amended.at <= until:
            _amend(reckoning, told, move)
    reckoning.tell(until)
    return reckoning


@dataclass(slots=True)
class Told:
    """What escalation said, by its own numbering, and how far the count has taken it in."""

    sayings: list[tuple[int, datetime, Expected]]
    first_because_of: Mapping[UUID, int]
    """The first version that names an event as its cause: what was said with a lower one was said before it was heard."""
    place: int = 0

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Told":
        ours = sorted((entry for entry in entries if entry.source == "escalation"), key=lambda entry: entry.version)
        first: dict[UUID, int] = {}
        for entry in ours:
            if entry.cause is not None:
                first.setdefault(entry.cause.event_id, entry.version)
        said = [(entry.version, entry.recorded_at, item) for entry in ours if (item := _said(entry)) is not None]
        return cls(said, first)

    def before_version(self, version: int) -> list[Expected]:
        """Return what comes next and was said under a lower number."""
        return self._next(lambda number, _: number < version)

    def before(self, entry: Entry) -> list[Expected]:
        """Return what was said before escalation heard of an event: before its answer, or else before it was recorded."""
        version = self.first_because_of.get(entry.id)
        return self.before_version(version) if version is not None else self.before_time(entry.recorded_at)

    def before_time(self, at: datetime) -> list[Expected]:
        return self._next(lambda _, recorded_at: recorded_at <= at)

    def _next(self, is_before: Callable[[int, datetime], bool]) -> list[Expected]:
        found = []
        while self.place < len(self.sayings):
            number, recorded_at, item = self.sayings[self.place]
            if not is_before(number, recorded_at):
                break
            if item.effective_at <= recorded_at:  # nothing is said before its time
                found.append(item)
            self.place += 1
        return found


def sayings(entries: Sequence[Entry]) -> list[Expected]:
    """Return what escalation said of a petition's deadlines, in the form of what is expected."""
    return [told for entry in entries if entry.source == "escalation" and (told := _said(entry)) is not None]


def _apply(reckoning: Reckoning, told: Told, entry: Entry) -> None:
    if entry.what == "escalation.acknowledged":
        reckoning.catch_up(told.before_version(entry.version))
        reckoning.acknowledge(UUID(str(entry.facts["deadline_id"])), int(str(entry.facts["level"])), entry.effective_at)
    fact = _fact(entry)
    if fact is not None:
        reckoning.catch_up(told.before(entry))
        reckoning.hear(fact, entry.effective_at, entry)


def _fact(entry: Entry) -> str | None:
    if entry.source not in ("intake", "routing"):
        return None
    if entry.what == "petition.routed":
        return RECEIVED
    if entry.what == "step.recorded":
        return str(entry.facts["step"])
    if entry.what == "answer.published":
        return "answer_published"
    noun, _, verb = entry.what.partition(".")
    return verb if noun == "petition" and verb not in ("lodged", "supplemented") else None


def _late(reckoning: Reckoning, ordered: Sequence[Entry], lodged: Entry, until: datetime) -> None:
    """Start the clocks of a petition that nobody had routed within the hour, as far as escalation noticed."""
    routed = next((entry for entry in ordered if entry.what == "petition.routed"), None)
    started = next((entry for entry in ordered if entry.what == "deadline.set"), None)
    was_placed = started is not None and (routed is None or started.recorded_at < routed.recorded_at)
    is_forgotten = routed is None and lodged.effective_at + ROUTED_WITHIN <= until and reckoning.matter["system"] is None
    if was_placed or is_forgotten:
        office = started.office if started is not None else ""
        reckoning.holder = Ladder(office)
        reckoning.hear(RECEIVED, lodged.effective_at + ROUTED_WITHIN, lodged)


@dataclass(frozen=True, slots=True)
class _Move:
    """An amendment where it belongs among a petition's entries: it moves one deadline, or would move any other."""

    position: int
    amended: Amended
    deadline_id: UUID | None = None
    version: int = 0
    moved: Collection[UUID] = ()


def _moves(ordered: Sequence[Entry], amended: Sequence[Amended]) -> list[_Move]:
    """Return what amendments move: each deadline where it was said to be moved, all others where the amendment was said."""
    found = []
    for item in amended:
        moved = {
            UUID(str(entry.facts["deadline_id"])): entry
            for entry in ordered
            if entry.what == "deadline.moved" and entry.facts.get("amendment_id") == item.id
        }
        found += [_Move(entry.position, item, deadline_id, entry.version) for deadline_id, entry in moved.items()]
        found.append(_Move(item.position, item, moved=moved.keys()))
    return sorted(found, key=lambda move: move.position)


def _amend(reckoning: Reckoning, told: Told, move: _Move) -> None:
    if move.amended.at < reckoning.lodged_at:
        return
    is_named = move.deadline_id is not None
    reckoning.catch_up(told.before_version(move.version) if is_named else told.before_time(move.amended.recorded_at))
    reckoning.amend(move.amended, only=move.deadline_id, without=move.moved)


def _named(ordered: Sequence[Entry], amended: Sequence[Amended]) -> dict[UUID, Named]:
    """Return what each setting named; the rule's version only where an amendment of the rule came afterwards."""
    found = {}
    for entry in ordered:
        if entry.what == "deadline.set":
            facts = entry.facts
            is_older = any(item.position > entry.position and facts["rule"] in item.rules for item in amended)
            version = int(str(facts["rule_version"])) if is_older else None
            calendar = (str(facts["calendar"]), str(facts["calendar_version"]))
            found[UUID(str(facts["deadline_id"]))] = Named(calendar, version)
    return found


def _matter(body: Mapping[str, Any]) -> dict[str, Any]:
    source = body.get("source") or {}
    return {
        "kind": body["kind"],
        "procedure": body.get("procedure") or procedure_of(body["kind"]),
        "jurisdiction": body["jurisdiction"],
        "channel": body["channel"],
        "urgency": body.get("urgency") or "normal",
        "traits": set(),
        "system": source.get("system"),
        "due_at": _instant(source.get("due_at")),
        "closed_at": _instant(source.get("closed_at")),
    }


def _said(entry: Entry) -> Expected | None:
    body = entry.facts
    plan = int(str(body.get("plan", 1)))
    detail: tuple[object, ...]
    match entry.what:
        case "deadline.set":
            verb, detail = "set", (_instant(body["due_at"]),)
        case "deadline.paused":
            verb, detail = "paused", (plan,)
        case "deadline.moved":
            verb, detail = "moved", (plan, body["reason"], _instant(body["due_at"]))
        case "deadline.reminded":
            verb, detail = "reminded", (plan, body["percent"])
        case "deadline.breached":
            verb, detail = "breached", (plan,)
        case "petition.escalated":
            verb, detail = "escalated", (plan, body["level"], body.get("climb", 0), body["to_office"])
        case "deadline.met":
            verb, detail = "met", ("met",)
        case "deadline.ended":
            verb, detail = "ended", (body["reason"],)
        case _:
            return None
    return Expected(UUID(str(body["deadline_id"])), verb, entry.effective_at, detail)


def _instant(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))
