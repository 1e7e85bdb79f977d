"""A petition's entries of the log: facts are applied in their order, what escalation said is set aside to be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.recount.clock import Expected
from services.audit.domain.recount.law import Law
from services.audit.domain.recount.story import Reckoning, procedure_of
from services.audit.domain.recount.tree import Ladder, Tree

ROUTED_WITHIN = timedelta(hours=1)
RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Amended:
    """An amendment as it was said: where in the log, since when, of which calendar or rules."""

    position: int
    id: str
    at: datetime
    calendar: tuple[str, str] | None = None
    rules: Sequence[str] = ()


def reckon(
    petition_id: UUID, entries: Sequence[Entry], law: Law, tree: Tree, amended: Sequence[Amended], *, until: datetime
) -> Reckoning | None:
    """Return the clocks of a petition as its facts give them; None where it was never lodged."""
    ordered = sorted(entries, key=lambda entry: entry.position)
    lodged = next((entry for entry in ordered if entry.what == "petition.lodged"), None)
    if lodged is None:
        return None
    named = {
        UUID(str(entry.facts["deadline_id"])): (str(entry.facts["calendar"]), str(entry.facts["calendar_version"]))
        for entry in ordered
        if entry.what == "deadline.set"
    }
    reckoning = Reckoning(law, tree, named, petition_id, lodged.effective_at, _matter(lodged.facts))
    _late(reckoning, ordered, lodged, until)
    moves = _moves(ordered, amended)
    for entry in ordered:
        while moves and moves[0][0] <= entry.position:
            _amend(reckoning, moves.pop(0)[1])
        _apply(reckoning, entry)
    for _, amendment in moves:
        if amendment.at <= until:
            _amend(reckoning, amendment)
    reckoning.tell(until)
    return reckoning


def sayings(entries: Sequence[Entry]) -> list[Expected]:
    """Return what escalation said of a petition's deadlines, in the form of what is expected."""
    return [told for entry in entries if entry.source == "escalation" and (told := _said(entry)) is not None]


def _apply(reckoning: Reckoning, entry: Entry) -> None:
    if entry.what == "escalation.acknowledged":
        reckoning.acknowledge(UUID(str(entry.facts["deadline_id"])), int(str(entry.facts["level"])), entry.effective_at)
    fact = _fact(entry)
    if fact is not None:
        reckoning.hear(fact, entry.effective_at, entry)


def _fact(entry: Entry) -> str | None:
    if entry.source not in ("intake", "routing"):
        return None
    if entry.what == "petition.routed":
        return RECEIVED
    if entry.what == "step.recorded":
        return str(entry.facts["step"])
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


def _moves(ordered: Sequence[Entry], amended: Sequence[Amended]) -> list[tuple[int, Amended]]:
    """Return the amendments where they belong among a petition's entries: where it was moved by one, else where it was said."""
    moved: dict[str, int] = {}
    for entry in ordered:
        if entry.what == "deadline.moved" and entry.facts.get("amendment_id"):
            moved.setdefault(str(entry.facts["amendment_id"]), entry.position)
    return sorted([(moved.get(item.id, item.position), item) for item in amended], key=lambda pair: pair[0])


def _amend(reckoning: Reckoning, amendment: Amended) -> None:
    if amendment.at >= reckoning.lodged_at:
        reckoning.amend(amendment.at, calendar=amendment.calendar, rules=amendment.rules)


def _matter(body: Mapping[str, Any]) -> dict[str, Any]:
    source = body.get("source") or {}
    return {
        "kind": body["kind"],
        "procedure": procedure_of(body["kind"]),
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
