"""Who read personal data of a petition, or had something of it made or taken out: as the services said it."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.audit.domain.entry import Entry

READS = {
    "identity.revealed": "identity",
    "content.revealed": "content",
    "copy.issued": "copy",
    "export.made": "export",
}
"""What was read, by the event that says so."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: which fields, for what purpose; `verifiers` are those for whom a copy was made."""

    entry: Entry
    what: str
    fields: tuple[str, ...]
    purpose: str | None
    verifiers: tuple[str, ...] = ()


def read_readings(entries: Iterable[Entry]) -> tuple[Reading, ...]:
    """Return every reading in the order of the log."""
    return tuple(_reading(entry) for entry in entries if entry.what in READS)


def _reading(entry: Entry) -> Reading:
    return Reading(
        entry=entry,
        what=READS[entry.what],
        fields=_words(entry.facts.get("fields")),
        purpose=entry.word("purpose") or None,
        verifiers=_words(entry.facts.get("verifiers")),
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
