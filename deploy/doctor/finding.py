"""One line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave it is: FAIL makes the exit status 1."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it where something is to be done."""

    level: Level
    part: str
    text: str
    remedy: str = ""


def ok(part: str, text: str) -> Finding:
    return Finding(Level.OK, part, text)


def warn(part: str, text: str, remedy: str) -> Finding:
    return Finding(Level.WARN, part, text, remedy)


def fail(part: str, text: str, remedy: str) -> Finding:
    return Finding(Level.FAIL, part, text, remedy)
