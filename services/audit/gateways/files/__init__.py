"""Files of exports: writers take rows as they come, keep few of them in memory, and put query and checkpoint inside."""

from collections.abc import Sequence
from typing import IO, Protocol

from services.audit.domain.exporting import Format
from services.audit.gateways.files.csv_zip import CsvZip
from services.audit.gateways.files.parquet import Parquet
from services.audit.gateways.files.xlsx import Xlsx

__all__ = ["EXTENSIONS", "RowFile", "row_file"]

EXTENSIONS = {
    Format.CSV: ("csv.zip", "application/zip"),
    Format.XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    Format.PARQUET: ("parquet", "application/vnd.apache.parquet"),
    Format.PDF: ("pdf", "application/pdf"),
    Format.JSON: ("json", "application/json"),
    Format.PROV: ("prov.json", "application/json"),
    Format.PROVN: ("provn", "text/provenance-notation"),
}
"""What a file's name ends with, and its media type."""


class RowFile(Protocol):
    """A file of rows."""

    def write(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows."""
        ...

    def close(self) -> None:
        """Write the end; nothing can be added afterwards."""
        ...


def row_file(form: Format, file: IO[bytes], *, columns: Sequence[str], about: str, checkpoint: str) -> RowFile:
    """Return the writer of a form. `about` is JSON of what was asked for."""
    match form:
        case Format.CSV:
            return CsvZip(file, columns=columns, about=about, checkpoint=checkpoint)
        case Format.XLSX:
            return Xlsx(file, columns=columns, about=about, checkpoint=checkpoint)
        case _:
            return Parquet(file, columns=columns, about=about, checkpoint=checkpoint)
