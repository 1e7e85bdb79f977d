"""Who may read which protected field, by role, within the own office: the one place that says it (docs/rights.md shows it).

Of a denunciation the head of the office alone reads, and has copies made for those who verify (Law on Denunciations art. 56(2)).
"""

from collections.abc import Mapping

from shared.kernel.rights import NOBODY, Readers

_OFFICE = frozenset({"officer", "head"})
_HEAD = frozenset({"head"})
_SERVICE = frozenset({"service"})
_CLERK = frozenset({"clerk"})

FIELDS: Mapping[str, Readers] = {
    "text": Readers(_OFFICE | _SERVICE),
    "former_text": Readers(NOBODY),
    "place": Readers(_OFFICE),
    "name": Readers(_OFFICE | _SERVICE, _HEAD | _SERVICE),
    "email": Readers(_OFFICE | _SERVICE, _HEAD | _SERVICE),
    "phone": Readers(_OFFICE | _SERVICE, _HEAD | _SERVICE),
    "address": Readers(_OFFICE),
    "latitude": Readers(_OFFICE),
    "longitude": Readers(_OFFICE),
    "petitioners": Readers(_OFFICE),
    "statements": Readers(_OFFICE),
    "commune": Readers(_OFFICE),
    "topic": Readers(_OFFICE),
    "attachment": Readers(_OFFICE),
    "secret": Readers(_CLERK, _CLERK),
    "proof": Readers(_CLERK, _CLERK),
}
"""Services: routing reads words to classify, notify reads contacts to tell. Clerks: printing a receipt of their counter again."""
