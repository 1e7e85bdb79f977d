"""A petition's life as it is told to somebody: with what belongs to it, and whether the services' own records agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.audit.domain.lifecycle import Lifecycle
from services.audit.domain.records import Compared
from services.audit.domain.related import Related


@dataclass(frozen=True, slots=True)
class Told:
    """A petition's life as it is told: `unjudged` are kinds of oddities that could not be looked for just now.

    `compared` says how each service's own record agrees; None where nobody asked for it.
    """

    petition_id: UUID
    code: str | None
    life: Lifecycle
    related: Sequence[Related]
    unjudged: tuple[str, ...]
    compared: Sequence[Compared] | None = None

    @property
    def is_verified(self) -> bool:
        """Whether every service was asked, answered, and keeps what the log holds."""
        return self.compared is not None and all(item.state == "agrees" for item in self.compared)

    @property
    def verdict(self) -> str:
        """In a word: complete, incomplete (something is missing or differs), or unverified (not everybody was asked)."""
        if not self.life.is_complete or any(item.state == "differs" for item in self.compared or ()):
            return "incomplete"
        return "complete" if self.is_verified else "unverified"
