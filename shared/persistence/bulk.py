"""Writing in sets: one INSERT … SELECT FROM unnest for any number of rows."""

from collections.abc import Mapping, Sequence
from functools import cache

import orjson
from sqlalchemy import JSON, Column, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this constructor untyped


async def insert(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]], *, on_conflict: str = ""
) -> int:
    """Insert `rows`, which all have the keys of the first, in one statement; return how many were written.

    `on_conflict` is the clause as PostgreSQL reads it, for example ``ON CONFLICT (id) DO NOTHING``. JSON columns take Python
    values; array columns take lists (they travel as JSON and are unpacked by the server).
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    values = {name: _column(table.c[name], [row[name] for row in rows]) for name in names}
    result = await connection.execute(_statement(table, names, on_conflict), values)
    return int(result.rowcount)


def _column(column: Column[object], values: list[object]) -> list[object]:
    """Return the values as they travel: JSON and arrays as text."""
    if isinstance(column.type, (JSON, postgresql.ARRAY)):
        return [None if value is None else orjson.dumps(value).decode() for value in values]
    return values


@cache
def _statement(table: Table, names: tuple[str, ...], on_conflict: str) -> TextClause:
    arrays = ", ".join(f"CAST(:{name} AS {_wire_type(table.c[name])}[])" for name in names)
    chosen = ", ".join(_selected(table.c[name]) for name in names)
    columns = ", ".join(names)
    return text(f"INSERT INTO {table.name} ({columns}) SELECT {chosen} FROM unnest({arrays}) AS n ({columns}) {on_conflict}")


def _wire_type(column: Column[object]) -> str:
    if isinstance(column.type, (JSON, postgresql.ARRAY)):
        return "text"
    return column.type.compile(_DIALECT)


def _selected(column: Column[object]) -> str:
    kind = column.type.compile(_DIALECT)
    if isinstance(column.type, postgresql.ARRAY):
        item = kind.removesuffix("[]")
        unpacked = f"json_array_elements_text(CAST(n.{column.name} AS json)) WITH ORDINALITY AS j (v, o)"
        filled = f"COALESCE((SELECT array_agg(CAST(v AS {item}) ORDER BY o) FROM {unpacked}), CAST(ARRAY[] AS {kind}))"
        return f"CASE WHEN n.{column.name} IS NOT NULL THEN {filled} END"
    if isinstance(column.type, JSON):
        return f"CAST(n.{column.name} AS {kind})"
    return f"n.{column.name}"
