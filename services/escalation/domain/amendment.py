"""An amendment of a calendar or a rule, as it was applied."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of a calendar or a rule, as it was given: `content` is its YAML text.

    It is planned when every deadline that it moves is known, finished when all were moved. `number` counts all amendments.
    """

    id: UUID
    number: int
    kind: str
    name: str
    content: str
    actor: str
    applied_at: datetime
    planned_at: datetime | None = None
    moves: int = 0
    finished_at: datetime | None = None
    authority: str | None = None
