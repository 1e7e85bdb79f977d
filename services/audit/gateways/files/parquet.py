"""Parquet: typed columns, compressed by column; the query and the checkpoint are key-value metadata of the file."""

from collections.abc import Sequence
from typing import IO, Any

import pyarrow as pa  # type: ignore[import-untyped]  # the package brings no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above

_INSTANT = pa.timestamp("us", tz="UTC")
_TYPES: dict[str, Any] = {
    "position": pa.int64(),
    "recorded_at": _INSTANT,
    "effective_at": _INSTANT,
    "heard_at": _INSTANT,
    "version": pa.int32(),
    "is_sealed": pa.bool_(),
}


class Parquet:
    """The file; each call of `write` is a group of rows."""

    def __init__(self, file: IO[bytes], *, columns: Sequence[str], about: str, checkpoint: str) -> None:
        fields = [pa.field(name, _TYPES.get(name, pa.string())) for name in columns]
        self._schema = pa.schema(fields, metadata={"caunoi.query": about, "caunoi.checkpoint": checkpoint})
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            columns = [list(values) for values in zip(*rows, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(self._arrays(columns), schema=self._schema))

    def close(self) -> None:
        self._writer.close()

    def _arrays(self, columns: list[list[object]]) -> list[Any]:
        return [pa.array(values, type=field.type) for values, field in zip(columns, self._schema, strict=True)]
