"""What the log says of a petition, and what a receipt of it may show."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

DETAILS, PETITIONER, TEXT = "details", "petitioner", "text"
PARTS = (DETAILS, PETITIONER, TEXT)
"""The parts of what was lodged, in the order in which they are hashed."""
OPENED = frozenset({TEXT, DETAILS})
"""Parts that can be tried by whoever has the receipt. Not who lodged it: whoever knows a name could try telephone numbers."""
WAIT_SECONDS_MAX = 30.0
WAIT_SECONDS = 12.0
"""How long a clerk's visitor waits for the proof: the log makes a checkpoint at least every ten seconds."""


class Missing(StrEnum):
    """Why a paper has no proof on it."""

    SOON = "soon"
    """It was lodged this moment: no checkpoint can stand over it."""
    LATE = "late"
    """The visitor waited, and none came."""
    AWAY = "away"
    """Audit does not answer."""
    UNASKED = "unasked"
    """Nobody asked for it: of a denunciation the paper says nothing more than it must."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a paper says of the log: entry `number` of `size`, when it was recorded, by which key that can be checked.

    `digest` is what the event commits to; `link` and `digits` are what the QR code holds.
    """

    number: int
    size: int
    origin: str
    key_id: str
    recorded_at: datetime
    digest: str | None
    link: str
    digits: str


@dataclass(frozen=True, slots=True)
class LogProof:
    """What audit says of an event in its log: the record, the salt of its entry, and the proof in text."""

    record: str
    salt: str
    proof: str
