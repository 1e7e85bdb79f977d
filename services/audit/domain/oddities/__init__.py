"""Oddities: what is complete in the log and yet cannot be right, or calls for a word; one module for each thing to look at."""

from collections.abc import Sequence

from services.audit.domain.entry import Entry
from services.audit.domain.oddities.acts import of_acts
from services.audit.domain.oddities.clocks import Ceilings, of_clocks
from services.audit.domain.oddities.kinds import CLOCKS_DIFFER_MAX, Oddity, OddityKind
from services.audit.domain.oddities.persons import of_persons
from services.audit.domain.oddities.record import of_record

__all__ = ["CLOCKS_DIFFER_MAX", "Ceilings", "Oddity", "OddityKind", "find_oddities"]


def find_oddities(
    entries: Sequence[Entry], *, ceilings: Ceilings | None = None, also_having: frozenset[str] = frozenset()
) -> tuple[Oddity, ...]:
    """Return what is odd in one petition's entries (in the order of the log), in that order.

    `ceilings` is what the law allows at most, None where it could not be asked for: then extensions are not judged. `also_having`
    are offices that had a second complaint of it and so could read it.
    """
    found = [*of_record(entries), *of_acts(entries), *of_clocks(entries, ceilings), *of_persons(entries, also_having)]
    return tuple(sorted(found, key=lambda oddity: (oddity.position, oddity.kind)))
