"""XLSX: events on one sheet, the query and the checkpoint on sheets of their own. Every text is a text: nothing is a formula."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.packaging.custom import StringProperty

from services.audit.domain.exporting import CELL_CHARACTERS_MAX

_CUT = "… (cut, see body_sha256)"
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Xlsx:
    """The workbook; openpyxl keeps its rows on disk until the end."""

    def __init__(self, file: IO[bytes], *, columns: Sequence[str], about: str, checkpoint: str) -> None:
        self._file = file
        book: Any = Workbook(write_only=True)  # its types lack the properties
        self._book = book
        book.custom_doc_props.append(StringProperty(name="caunoi.query", value=_NOT_IN_XML.sub("\ufffd", about)))
        book.custom_doc_props.append(StringProperty(name="caunoi.checkpoint", value=checkpoint))
        self._sheet = self._new_sheet("events")
        self.write([tuple(columns)])
        self._about = (("query", about), ("checkpoint", checkpoint))

    def write(self, rows: Sequence[tuple[object, ...]]) -> None:
        for row in rows:
            self._sheet.append([self._cell(value) for value in row])

    def close(self) -> None:
        for title, words in self._about:
            sheet = self._new_sheet(title)
            for line in words.splitlines():
                sheet.append([self._text(sheet, line)])
        self._book.save(self._file)

    def _new_sheet(self, title: str) -> Any:
        return self._book.create_sheet(title)

    def _cell(self, value: object) -> Any:
        if isinstance(value, datetime):
            return self._text(self._sheet, value.isoformat())
        return self._text(self._sheet, value) if isinstance(value, str) else value

    @staticmethod
    def _text(sheet: Any, text: str) -> Any:
        clean = _NOT_IN_XML.sub("\ufffd", text)
        if len(clean) > CELL_CHARACTERS_MAX:
            clean = clean[: CELL_CHARACTERS_MAX - len(_CUT)] + _CUT
        cell = WriteOnlyCell(sheet, value=clean)
        cell.data_type = "s"
        return cell
