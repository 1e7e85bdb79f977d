"""Oddities of the procedure: the acts of offices in the order in which routing numbered them, and their times in law."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from services.audit.domain.entry import Entry
from services.audit.domain.oddities.kinds import CLOCKS_DIFFER_MAX, Oddity, OddityKind

BACK_DATED_AFTER = timedelta(hours=24)
"""An act that somebody states further back than this is shown to the auditor, as in the report of anomalies."""

_ACTS = frozenset(
    {
        "petition.accepted",
        "petition.refused",
        "petition.transferred",
        "petition.answered",
        "petition.routed",
        "petition.closed",
        "petition.reopened",
    }
)
_REVIVES = frozenset({"petition.reopened", "petition.contested", "petition.unmerged"})
"""After these an answer or an end no longer stands: what follows is a second round."""


def of_acts(entries: Sequence[Entry]) -> Iterator[Oddity]:
    """Yield what is odd in the order and the times of acts."""
    routing = sorted((e for e in entries if e.source == "routing"), key=lambda e: e.version)
    yield from _of_order(routing)
    yield from _of_times(routing, _lodged_at(entries))


def _of_order(routing: Sequence[Entry]) -> Iterator[Oddity]:
    done: set[str] = set()
    for entry in routing:
        if entry.what in _REVIVES:
            done -= {"petition.closed", "petition.answered"}
        if entry.what not in _ACTS:
            continue
        if "petition.closed" in done:
            yield Oddity(OddityKind.ACT_AFTER_CLOSING, entry.position)
        if entry.what == "petition.answered" and "petition.accepted" not in done:
            yield Oddity(OddityKind.ANSWERED_BEFORE_ACCEPTED, entry.position)
        if entry.what == "petition.answered" and "petition.answered" in done:
            yield Oddity(OddityKind.ANSWERED_TWICE, entry.position)
        if entry.what == "petition.closed" and entry.facts.get("outcome") == "answered" and "petition.answered" not in done:
            yield Oddity(OddityKind.CLOSED_WITHOUT_ANSWER, entry.position)
        done.add(entry.what)


def _of_times(routing: Sequence[Entry], lodged: Entry | None) -> Iterator[Oddity]:
    """Acts of persons follow one another in law as they were numbered, and none lies before the lodging."""
    last: Entry | None = None
    for entry in routing:
        if not entry.is_by_person:
            continue
        if lodged is not None and lodged.effective_at - entry.effective_at > CLOCKS_DIFFER_MAX:
            yield Oddity(OddityKind.ACT_BEFORE_LODGING, entry.position, {"lodged": lodged.effective_at.isoformat()})
        if last is not None and last.effective_at - entry.effective_at > CLOCKS_DIFFER_MAX and _is_stated(entry):
            facts = {"other": f"#{last.position}", "at": last.effective_at.isoformat()}
            yield Oddity(OddityKind.ACTS_OUT_OF_ORDER, entry.position, facts)
        if entry.lateness > BACK_DATED_AFTER:
            yield Oddity(OddityKind.BACK_DATED, entry.position, _stated(entry))
        last = entry


def _lodged_at(entries: Sequence[Entry]) -> Entry | None:
    return next((entry for entry in entries if entry.what == "petition.lodged"), None)


def _is_stated(entry: Entry) -> bool:
    """Whether it has a time of its own in law; reading and excluding happen when they are recorded."""
    return entry.what.startswith(("petition.", "step."))


def _stated(entry: Entry) -> dict[str, str]:
    """Return by how much, on what evidence, and who confirmed it."""
    given = entry.facts.get("entry")
    stated = given if isinstance(given, dict) else {}
    hours = round(entry.lateness.total_seconds() / 3600)
    confirmed = stated.get("confirmed_by")
    return {"hours": str(hours), "evidence": str(stated.get("evidence") or "–"), "confirmed_by": str(confirmed or "–")}
