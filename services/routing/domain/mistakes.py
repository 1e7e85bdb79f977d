"""A mistake in a data file: where, what, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """`place` is the code of the office, or the id of the rule, that it concerns; `code` never changes.

    `reason` and `remedy` are said in both languages: ``Vietnamese · English``.
    """

    place: str
    code: str
    reason: str
    remedy: str
