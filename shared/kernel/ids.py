"""Ids: random and time-ordered for facts that come in through a door, derived for facts that time causes.

Invariant: what time causes has the same id however often it is computed, so a repeated sweep repeats itself harmlessly.
"""

import os
from datetime import datetime
from typing import NewType
from uuid import UUID, uuid5

PetitionId = NewType("PetitionId", UUID)
EventId = NewType("EventId", UUID)
OfficeCode = NewType("OfficeCode", str)

_NAMESPACE = UUID("5e0c6f0e-5d63-5d0f-9b53-0a8f4a1c7b11")
_MILLISECONDS = 1000


def uuid7(now: datetime) -> UUID:
    """Return a UUIDv7 (RFC 9562, 5.7) for the instant `now` (aware): ordered by time, 74 random bits."""
    stamp = int(now.timestamp() * _MILLISECONDS) & 0xFFFFFFFFFFFF
    random = int.from_bytes(os.urandom(10), "big")
    value = stamp << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0b10 << 62 | (random & 0x3FFFFFFFFFFFFFFF)
    return UUID(int=value)


def derived(*parts: object) -> UUID:
    """Return the UUIDv5 of `parts`: equal parts, equal id; for example ``derived(petition_id, "escalated", 2)``."""
    return uuid5(_NAMESPACE, "/".join(str(part) for part in parts))
