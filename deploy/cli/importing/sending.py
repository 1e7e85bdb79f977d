"""Sending rows to intake in batches, and keeping what was rejected.

Invariant: nothing is remembered here. A row's id follows from source and reference, so the same file may be sent again from its
beginning at any time: what is there is passed over, and the reject file is complete after every full run.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import orjson

from deploy.cli.client import call
from deploy.cli.importing.lines import Mistake, Row

BATCH_ROWS_MAX = 1000
BATCH_BYTES_MAX = 4 * 1024 * 1024


@dataclass(slots=True)
class Tally:
    """What became of the rows."""

    imported: int = 0
    known: int = 0
    rejected: int = 0

    @property
    def rows(self) -> int:
        return self.imported + self.known + self.rejected


class RejectFile:
    """One JSON object per mistake: line, reference, field, reason, remedy. There is no file where nothing was rejected."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        is_empty = self._file.tell() == 0
        self._file.close()
        if is_empty:
            self.path.unlink()

    def write(self, record: dict[str, object]) -> None:
        self._file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        self._file.flush()


def send(
    http: httpx.Client, source: str, items: Iterable[Row | Mistake], *, rejects: RejectFile, told: Callable[[Tally], None]
) -> Tally:
    """Send every row; call `told` after each batch. Each batch is committed by itself."""
    tally = Tally()
    for mistakes, batch in _batches(items):
        for mistake in mistakes:
            rejects.write(mistake.record())
        tally.rejected += len(mistakes)
        if batch:
            _send_batch(http, source, batch, rejects=rejects, tally=tally)
        told(tally)
    return tally


def _send_batch(http: httpx.Client, source: str, batch: list[bytes], *, rejects: RejectFile, tally: Tally) -> None:
    body = b'{"rows":[' + b",".join(batch) + b"]}"
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    done = call(http, "POST", f"/intake/api/imports/{source}/rows", content=body, headers=headers).json()
    tally.imported += done["imported"]
    tally.known += done["known"]
    tally.rejected += len(done["rejected"])
    for row in done["rejected"]:
        for record in _records(row):
            rejects.write(record)


def _records(row: dict[str, Any]) -> Iterator[dict[str, object]]:
    for error in row["errors"]:
        place = {"line": row["line"], "reference": row["reference"]}
        yield {**place, "field": error["field"], "reason": error["reason"], "remedy": error["remedy"]}


def _batches(items: Iterable[Row | Mistake]) -> Iterator[tuple[list[Mistake], list[bytes]]]:
    mistakes: list[Mistake] = []
    batch: list[bytes] = []
    size = 0
    for item in items:
        if isinstance(item, Mistake):
            mistakes.append(item)
        else:
            row = orjson.dumps({**item.values, "line": item.line})
            if size + len(row) > BATCH_BYTES_MAX and batch:
                yield mistakes, batch
                mistakes, batch, size = [], [], 0
            batch.append(row)
            size += len(row)
        if len(batch) == BATCH_ROWS_MAX or len(mistakes) == BATCH_ROWS_MAX:
            yield mistakes, batch
            mistakes, batch, size = [], [], 0
    yield mistakes, batch
