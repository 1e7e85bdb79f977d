"""What contradicts what was signed: found, named, and never signed over."""

from enum import StrEnum


class FaultKind(StrEnum):
    """Kinds of contradictions; each has words in both languages (services/audit/wire/faults.py)."""

    DATABASE_DIFFERS = "database_differs"
    """The events in the database are not those that a checkpoint was signed over."""
    DATABASE_BEHIND = "database_behind"
    """A checkpoint was published that the database does not know: it was restored from an older backup."""
    TILES_DIFFER = "tiles_differ"
    """A tile is not what the events give."""
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    """The published checkpoint is not the one that was signed for that size."""
    SIGNED_TWICE = "signed_twice"
    """Somebody showed a checkpoint that bears our good signature and that this log never signed."""
    WITNESS_AHEAD = "witness_ahead"
    """A witness has signed a larger log than this one, or another one of the same size."""


SEEN_BY_LOOKING = (
    FaultKind.DATABASE_DIFFERS,
    FaultKind.DATABASE_BEHIND,
    FaultKind.TILES_DIFFER,
    FaultKind.CHECKPOINT_DIFFERS,
)
"""Kinds that a look through the whole log would find again, were they still there."""


class Forked(Exception):  # noqa: N818 - what it is, not an error of ours
    """The log, as it is, contradicts what was signed. `detail` says where, without any content."""

    def __init__(self, kind: FaultKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
