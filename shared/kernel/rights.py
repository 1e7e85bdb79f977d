"""Who reads a protected field, by role; and what the head of an office alone sees. The tables stand in the services."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

NOBODY: frozenset[str] = frozenset()
HEAD_ALONE = frozenset({"head"})


@dataclass(frozen=True, slots=True)
class Readers:
    """The roles that read a field of a petition, and of a denunciation."""

    of_open: frozenset[str]
    of_sealed: frozenset[str] = HEAD_ALONE


def hidden_from(table: Mapping[str, Readers], roles: Iterable[str], fields: Collection[str], *, is_sealed: bool) -> list[str]:
    """Return those of `fields` that none of `roles` may read; what stands in no table nobody reads."""
    held = frozenset(roles)
    return [field for field in fields if not held & _readers(table, field, is_sealed=is_sealed)]


def _readers(table: Mapping[str, Readers], field: str, *, is_sealed: bool) -> frozenset[str]:
    readers = table.get(field)
    if readers is None:
        return NOBODY
    return readers.of_sealed if is_sealed else readers.of_open


def is_for_head_alone(*, is_denunciation: bool, against: str | None, office: str | None) -> bool:
    """Whether who is denounced is, or may be, anybody of the very office that has it (Decree 31/2019 art. 5)."""
    return is_denunciation and against in (None, office)
