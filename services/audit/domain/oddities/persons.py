"""Oddities of persons and offices: who acted without having it, read without having it, or had better kept away."""

from collections.abc import Iterator, Sequence

from services.audit.domain.entry import Entry
from services.audit.domain.holding import Held, Holders, read_holders
from services.audit.domain.oddities.kinds import CLOCKS_DIFFER_MAX, Oddity, OddityKind
from services.audit.domain.readings import Reading, read_readings

_LEADER = "leader"
_OF_OFFICES = frozenset({"officer", "head", "leader"})
"""Roles that reach only what their office has; clerks, auditors and services have rights of another kind."""
_MOVES = frozenset({"petition.transferred", "petition.returned"})
_BY_RIGHT_OF_SUPERIORS = frozenset({"person.excluded", "denounced.named"})


def of_persons(entries: Sequence[Entry], also_having: frozenset[str]) -> Iterator[Oddity]:
    """Yield what is odd about who did what. Where no right was recorded (older events), rights are not judged."""
    holders = read_holders(entries)
    for entry in entries:
        if entry.source == "routing" and entry.is_by_person:
            yield from _of_act(entry, holders)
        yield from _of_second_person(entry)
    yield from _of_excluded(entries)
    readings = read_readings(entries)
    verifiers = {f"person:{name}" for reading in readings for name in reading.verifiers}
    received_by = {entry.word("received_by") for entry in entries if entry.what == "petition.lodged"}
    for reading in readings:
        if reading.what != "export":
            yield from _of_reading(reading, holders, verifiers, also_having | received_by)


def _of_act(entry: Entry, holders: Holders) -> Iterator[Oddity]:
    held = holders.before(entry.version)
    if held is None or entry.what == "content.revealed":
        return
    said = entry.word("from_office") if entry.what in _MOVES else entry.word("office")
    is_move = entry.what == "petition.routed"  # treated as another kind: it names the office to which it goes
    if said and said != held.office and not is_move:
        yield Oddity(OddityKind.OFFICE_DID_NOT_HAVE_IT, entry.position, {"office": said, "holder": held.office})
    role, office = entry.right
    if role in _OF_OFFICES and not _reaches(role, office, held):
        facts = {"right": entry.authority or "", "holder": held.office}
        yield Oddity(OddityKind.RIGHT_OF_ANOTHER_OFFICE, entry.position, facts)


def _reaches(role: str, office: str | None, held: Held) -> bool:
    """Whether a role at an office reaches what another office has: a leader what is below him."""
    return office == held.office or (role == _LEADER and office in held.superiors)


def _of_second_person(entry: Entry) -> Iterator[Oddity]:
    given = entry.facts.get("entry")
    confirmed = given.get("confirmed_by") if isinstance(given, dict) else None
    entered = given.get("entered_by") if isinstance(given, dict) else None
    seconds = [who for who in (confirmed, entry.facts.get("approved_by")) if isinstance(who, str)]
    if any(who in (entry.actor, entered) for who in seconds):
        yield Oddity(OddityKind.CONFIRMED_BY_ONESELF, entry.position, {"who": seconds[0]})


def _of_excluded(entries: Sequence[Entry]) -> Iterator[Oddity]:
    """Whoever is excluded does nothing any more. Each service is told a moment later."""
    excluded = {entry.word("person"): entry for entry in entries if entry.what == "person.excluded"}
    for entry in entries:
        since = excluded.get(entry.actor)
        if since is not None and entry.recorded_at - since.recorded_at > CLOCKS_DIFFER_MAX:
            yield Oddity(OddityKind.EXCLUDED_PERSON, entry.position, {"who": entry.actor, "excluded": f"#{since.position}"})


def _of_reading(reading: Reading, holders: Holders, verifiers: set[str], also: frozenset[str]) -> Iterator[Oddity]:
    entry = reading.entry
    if reading.what != "copy" and reading.purpose is None and entry.is_readable:
        yield Oddity(OddityKind.READ_WITHOUT_PURPOSE, entry.position, {"fields": ", ".join(reading.fields)})
    role, office = entry.right
    if role not in _OF_OFFICES or entry.actor in verifiers or office in also:
        return
    around = holders.around(entry.recorded_at, within=CLOCKS_DIFFER_MAX)
    if around and not any(_reaches(role, office, held) for held in around):
        facts = {"right": entry.authority or "", "holder": around[-1].office, "fields": ", ".join(reading.fields)}
        yield Oddity(OddityKind.READ_WITHOUT_HAVING_IT, entry.position, facts)
