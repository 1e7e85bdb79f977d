"""Another petition that belongs to one."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Related:
    """Another petition. `is_ours`: this one follows it, is part of it, was merged into it; else that one of this one."""

    relation: str
    is_ours: bool
    petition_id: UUID
    code: str | None
