"""What a leaf of the log commits to: an event as it was said, and the salt that keeps it from being guessed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Said:
    """One event as it stands in the log. Its place in the tree is `position` - 1."""

    position: int
    salt: bytes
    id: UUID
    type: str
    source: str
    aggregate_id: UUID
    version: int
    recorded_at: datetime
    effective_at: datetime
    actor: str
    correlation_id: UUID
    cause_id: UUID | None
    cause_source: str | None
    cause_version: int | None
    office: str
    is_sealed: bool
    authority: str | None
    body: bytes
