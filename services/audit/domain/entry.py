"""An entry of the log: one event as its service said it, and its place in the log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

_NOUN, _VERB = 2, 3
_PARTS = 5
PERSON = "person:"


@dataclass(frozen=True, slots=True)
class CauseRef:
    """The event that an entry names as its cause, and where that one stands among what its source said."""

    event_id: UUID
    source: str
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `facts` is its body read, without personal data by contract; `position` is its place in the log, from 1.

    `authority` is the right that was used, None where it was not recorded yet.
    Three times: when it became true in law, when its service noticed, when it was heard here.
    """

    position: int
    id: UUID
    aggregate_id: UUID
    source: str
    version: int
    type: str
    effective_at: datetime
    recorded_at: datetime
    heard_at: datetime
    actor: str
    office: str
    correlation_id: UUID
    cause: CauseRef | None
    is_sealed: bool
    traceparent: str | None
    stream: str
    stream_seq: int
    body: bytes
    facts: Mapping[str, object]
    authority: str | None = None

    @property
    def is_readable(self) -> bool:
        """Whether its body is a JSON object: what is not is kept as it came, and shown as such."""
        return bool(self.facts) or _is_object(self.body)

    @property
    def is_by_person(self) -> bool:
        """Whether somebody who was signed in did it."""
        return self.actor.startswith(PERSON)

    @property
    def right(self) -> tuple[str, str | None]:
        """The role that was used and the office in which it was held; empty where no right was recorded."""
        role, _, office = (self.authority or "").partition("@")
        return role, office or None

    def word(self, name: str) -> str:
        """Return a fact as text; empty where it is not there, or not one."""
        value = self.facts.get(name)
        return value if isinstance(value, str) else ""

    def instant(self, name: str) -> datetime | None:
        """Return a fact as an instant; None where it is not there, or not one."""
        try:
            found = datetime.fromisoformat(self.word(name))
        except ValueError:
            return None
        return found if found.tzinfo is not None else None

    @property
    def lateness(self) -> timedelta:
        """How long after it became true in law it was noticed."""
        return self.recorded_at - self.effective_at

    @property
    def what(self) -> str:
        """Noun and verb of its type, for example ``petition.lodged``; the whole type where it has another form."""
        parts = self.type.split(".")
        return f"{parts[_NOUN]}.{parts[_VERB]}" if len(parts) == _PARTS else self.type


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def facts_of(body: bytes) -> Mapping[str, object]:
    """Return a body as an object; an empty one where it is something else: a log keeps what it cannot read."""
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
