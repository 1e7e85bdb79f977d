"""Who says and who hears which event. Each service tells its own part; `HEARERS` is what all of them told when this was built."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.contracts.envelope import SUBJECT_ROOT, event_types

HEARERS = Path(__file__).with_name("hearers.json")


@dataclass(frozen=True, slots=True)
class Part:
    """What one service says of itself: what it hears, and which of that it acts on (None: on everything).

    `consumer` is its durable consumer, `streams` the subjects of each stream by the stream's name.
    """

    service: str
    hears: tuple[str, ...]
    handled: frozenset[str] | None
    consumer: str | None
    streams: Mapping[str, str]

    def said(self) -> list[str]:
        """Return the types that it says."""
        return [each for each in sorted(event_types()) if speaker_of(each) == self.service]

    def heard(self) -> list[str]:
        """Return the types that it acts on."""
        return [
            each
            for each in sorted(event_types())
            if speaker_of(each) in self.hears and (self.handled is None or each in self.handled)
        ]


def speaker_of(event_type: str) -> str:
    """Return the service that says an event."""
    return event_type.removeprefix(f"{SUBJECT_ROOT}.").partition(".")[0]


@cache
def hearers() -> Mapping[str, tuple[str, ...]]:
    """Return which services act on each event, as all services told when this was built (`caunoi events docs`)."""
    found = json.loads(HEARERS.read_text(encoding="utf-8")) if HEARERS.is_file() else {}
    return {each: tuple(names) for each, names in found.items()}
