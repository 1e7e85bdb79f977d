"""Who may read which protected field, by role, within the own office: the one place that says it (docs/rights.md shows it).

Of a denunciation the head of the office alone reads, and has copies made for those who verify (Law on Denunciations art. 56(2)).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

NOBODY: frozenset[str] = frozenset()
_OFFICE = frozenset({"officer", "head"})
_HEAD = frozenset({"head"})
_SERVICE = frozenset({"service"})
_CLERK = frozenset({"clerk"})


@dataclass(frozen=True, slots=True)
class Readers:
    """The roles that read a field of a petition, and of a denunciation."""

    of_open: frozenset[str]
    of_sealed: frozenset[str] = _HEAD


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
}
"""Services: routing reads words to classify, notify reads contacts to tell. Clerks: printing a receipt of their counter again."""


def hidden_from(roles: Iterable[str], fields: Collection[str], *, is_sealed: bool) -> list[str]:
    """Return those of `fields` that none of `roles` may read."""
    held = frozenset(roles)
    return [field for field in fields if not held & _readers(field, is_sealed=is_sealed)]


def is_for_head_alone(*, is_denunciation: bool, against: str | None, office: str | None) -> bool:
    """Whether the head alone may see a petition of his office: who is denounced may be anybody there, or belongs to it."""
    return is_denunciation and against in (None, office)


def _readers(field: str, *, is_sealed: bool) -> frozenset[str]:
    readers = FIELDS.get(field)
    if readers is None:
        return NOBODY
    return readers.of_sealed if is_sealed else readers.of_open
