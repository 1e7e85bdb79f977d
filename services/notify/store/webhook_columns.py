"""Statements about webhooks: instants are bound as such, rows travel in sets, one array for each column."""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import DateTime, TextClause, bindparam, text

Kinds = Sequence[tuple[str, str]]
"""Names of columns with their types."""


_INSTANT = DateTime(timezone=True)
_INSTANTS = re.compile(r"(?<!:):(now|at|since|until|before|ends_at|lease_ends)\b")


def statement(sql: str) -> TextClause:
    """Return a statement; the server is told of each bound instant that it is one, also where it may be null."""
    names = sorted(set(_INSTANTS.findall(sql)))
    return text(sql).bindparams(*(bindparam(name, type_=_INSTANT) for name in names))


def unnested(alias: str, kinds: Kinds) -> str:
    """Return the table that the bound arrays make."""
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in kinds)
    return f"unnest({arrays}) AS {alias} ({', '.join(name for name, _ in kinds)})"


def columns(kinds: Kinds, rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Return the arrays of some rows."""
    return {name: [row[name] for row in rows] for name, _ in kinds}
