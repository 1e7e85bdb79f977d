"""A file of rows, plain or gzipped, read as a stream: line numbers, what cannot be read, and how much of it is done."""

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import orjson

LINE_BYTES_MAX = 1024 * 1024
FIELD_CHARACTERS_MAX = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the doors of intake take it, and the line of the file where it ends."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a row, known before it is sent. `reference` where it could be read."""

    line: int
    field: str
    reason: str
    remedy: str
    reference: str | None = None

    def record(self) -> dict[str, object]:
        """Return the mistake as a line of the reject file."""
        return {
            "line": self.line,
            "reference": self.reference,
            "field": self.field,
            "reason": self.reason,
            "remedy": self.remedy,
        }


class BadFile(Exception):  # noqa: N818 - named after the input, not after the error
    """The file as a whole cannot be imported."""


class Source:
    """The bytes of a file; `read_bytes` of `size_bytes` are done (both as stored, so also of a gzipped file)."""

    def __init__(self, path: Path) -> None:
        self.size_bytes = path.stat().st_size
        self._raw = path.open("rb")
        is_gzipped = self._raw.peek(2)[:2] == b"\x1f\x8b"
        self.bytes = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw)) if is_gzipped else self._raw

    @property
    def read_bytes(self) -> int:
        return self._raw.tell()

    def lines(self) -> Iterator[bytes]:
        """Yield the lines. Raises BadFile where a gzipped file is cut off or damaged, or a line has no end."""
        try:
            while line := self.bytes.readline(LINE_BYTES_MAX):
                if len(line) == LINE_BYTES_MAX:
                    raise BadFile(f"a line is longer than {LINE_BYTES_MAX} bytes: is this the right --format?")
                yield line
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise BadFile(f"the file is cut off or damaged: {error}") from error

    def close(self) -> None:
        self._raw.close()


def json_objects(source: Source) -> Iterator[Row | Mistake]:
    """Yield the JSON object of each line; empty lines are passed over."""
    for number, line in enumerate(source.lines(), start=1):
        if not line.strip():
            continue
        try:
            values = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Mistake(number, "", f"not JSON: {error}", "one JSON object per line, in UTF-8")
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield Mistake(number, "", "not a JSON object", "one JSON object per line, in UTF-8")


def csv_records(source: Source, *, columns: frozenset[str]) -> Iterator[Row | Mistake]:
    """Yield the records of a CSV file whose head names `columns`. Raises BadFile where some are missing."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    reader = csv.reader(line.decode("utf-8", errors="surrogateescape") for line in source.lines())
    head = [name.strip().removeprefix("\ufeff") for name in next(reader, [])]
    missing = sorted(columns - set(head))
    if missing:
        raise BadFile(f"the head of the file lacks the columns {', '.join(missing)}: is this the right --format?")
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Mistake(reader.line_num, "", f"not CSV: {error}", "quote the field")
            continue
        if record:
            yield _record(reader.line_num, head, record)


def _record(line: int, head: list[str], record: list[str]) -> Row | Mistake:
    if len(record) != len(head):
        return Mistake(line, "", f"{len(record)} fields, the head has {len(head)}", "quote fields that hold a comma")
    for name, value in zip(head, record, strict=True):
        if not value.isascii() and any("\udc80" <= letter <= "\udcff" for letter in value):
            return Mistake(line, name, "not UTF-8", "write the file in UTF-8")
    return Row(line, dict(zip(head, record, strict=True)))
