"""An export: what was asked for, in which form, and how far it has come. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

ROWS_MAX = 1_000_000
"""Events in one file: fewer than a sheet of XLSX has rows."""
KEPT = timedelta(days=7)
"""So long a file can be fetched."""
CELL_CHARACTERS_MAX = 32_767
"""What a cell of XLSX holds."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, in their full-width forms, too."""


class Format(StrEnum):
    """csv, xlsx and parquet hold the events of a query; pdf, json, prov and provn a petition's whole life."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    PDF = "pdf"
    JSON = "json"
    PROV = "prov"
    PROVN = "provn"

    @property
    def is_of_case(self) -> bool:
        return self in (Format.PDF, Format.JSON, Format.PROV, Format.PROVN)


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


UNFINISHED = (State.WAITING, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Query:
    """Which events: all that fit every filter that is given. Instants are of the record. Sealed ones only where asked for."""

    since: datetime | None = None
    until: datetime | None = None
    offices: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    with_sealed: bool = False

    def as_facts(self) -> dict[str, object]:
        """Return what was asked for as plain values; filters that were not given are left out."""
        facts: dict[str, object] = {"with_sealed": self.with_sealed}
        for name in ("since", "until"):
            value: datetime | None = getattr(self, name)
            if value is not None:
                facts[name] = value.isoformat()
        for name in ("offices", "types", "services", "kinds", "actors", "codes"):
            if getattr(self, name):
                facts[name] = list(getattr(self, name))
        return facts

    @classmethod
    def of(cls, facts: Mapping[str, object]) -> "Query":
        """Read what `as_facts` gave."""

        def words(name: str) -> tuple[str, ...]:
            value = facts.get(name)
            return tuple(map(str, value)) if isinstance(value, list) else ()

        def instant(name: str) -> datetime | None:
            value = facts.get(name)
            return datetime.fromisoformat(value) if isinstance(value, str) else None

        return cls(
            instant("since"),
            instant("until"),
            words("offices"),
            words("types"),
            words("services"),
            words("kinds"),
            words("actors"),
            words("codes"),
            with_sealed=facts.get("with_sealed") is True,
        )


@dataclass(frozen=True, slots=True)
class Export:
    """An export and how far it has come. `upto` is the last position of the log that it may hold; `position` how far it read."""

    id: UUID
    actor: str
    authority: str | None
    format: Format
    petition_id: UUID | None
    code: str | None
    query: Mapping[str, object]
    language: str
    state: State
    upto: int
    checkpoint: str | None
    position: int
    rows: int
    file_name: str | None
    file_bytes: int | None
    file_sha256: str | None
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    problem: str | None
    attempts: int

    @property
    def percent(self) -> int:
        """How much of the log was looked through."""
        if self.state is State.DONE:
            return 100
        return min(99, self.position * 100 // self.upto) if self.upto else 0


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: with an apostrophe in front where it would."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) or text.startswith(_FORMULA) else text
