"""What the doors of routing share: handed in once, at start."""

from dataclasses import dataclass
from datetime import timedelta

from services.routing.domain.topics import Lexicon
from services.routing.gateways import Law
from services.routing.handlers.directing import DirectoryBook
from shared.identity import EnvelopeCipher
from shared.kernel.clock import Clock
from shared.persistence import Database


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything a door may use."""

    database: Database
    cipher: EnvelopeCipher
    book: DirectoryBook
    lexicon: Lexicon
    clock: Clock
    law: Law
    alone_within: timedelta
