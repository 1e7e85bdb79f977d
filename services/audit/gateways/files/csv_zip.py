"""CSV (RFC 4180, UTF-8 with a mark, so that spreadsheets read Vietnamese) in a ZIP file, beside it the query and the checkpoint.

The CSV holds nothing but rows: a block of comments at its head is read as rows by most programs. No cell is taken for a formula.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import IO

from services.audit.domain.exporting import harmless

EVENTS, QUERY, CHECKPOINT = "events.csv", "query.json", "checkpoint.txt"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of a member: the same whoever makes the file when."""


class CsvZip:
    """The archive, open at `events.csv`."""

    def __init__(self, file: IO[bytes], *, columns: Sequence[str], about: str, checkpoint: str) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._add(QUERY, about)
        self._add(CHECKPOINT, checkpoint)
        self._member = self._archive.open(_info(EVENTS), "w", force_zip64=True)
        self._member.write(b"\xef\xbb\xbf")
        self.write([tuple(columns)])

    def write(self, rows: Sequence[tuple[object, ...]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows([_cell(value) for value in row] for row in rows)
        self._member.write(text.getvalue().encode())

    def close(self) -> None:
        self._member.close()
        self._archive.close()

    def _add(self, name: str, text: str) -> None:
        self._archive.writestr(_info(name), text.encode())


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _cell(value: object) -> object:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else value
