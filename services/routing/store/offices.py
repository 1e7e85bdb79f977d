"""The directory in its table."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import orjson
from sqlalchemy import Boolean, Column, Date, MetaData, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.directory import Directory, Office
from shared.persistence import bulk

_COLUMNS = (
    "code, jurisdiction, kind, name_vi, name_en, valid_from, valid_to, parent, is_reception, mailbox, successors, head, absences"
)
_OFFICES = Table(
    "offices",
    MetaData(),
    Column("code", Text),
    Column("jurisdiction", Text),
    Column("kind", Text),
    Column("name_vi", Text),
    Column("name_en", Text),
    Column("parent", Text),
    Column("is_reception", Boolean),
    Column("mailbox", Text),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("successors", Text),
    Column("head", Text),
    Column("absences", Text),
)
_CHANGED = "ON CONFLICT (code) DO UPDATE SET " + ", ".join(
    f"{column.name} = excluded.{column.name}" for column in _OFFICES.c if column.name != "code"
)
_VERSION = text(
    """
    INSERT INTO directory_versions (jurisdiction, version, sha256, loaded_at) VALUES (:jurisdiction, :version, :sha256, :now)
    ON CONFLICT (jurisdiction) DO UPDATE
    SET version = excluded.version, sha256 = excluded.sha256, loaded_at = excluded.loaded_at
    """
)


async def lock(connection: AsyncConnection) -> None:
    """Let one load of the directory go on at a time."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('directory'))"))


async def versions(connection: AsyncConnection) -> Mapping[str, tuple[str, str]]:
    """Return version and digest by jurisdiction."""
    rows = await connection.execute(text("SELECT jurisdiction, version, sha256 FROM directory_versions"))
    return {row.jurisdiction: (row.version, row.sha256) for row in rows}


async def directory(connection: AsyncConnection) -> Directory:
    """Return every office."""
    rows = await connection.execute(text(f"SELECT {_COLUMNS} FROM offices"))
    return Directory(
        Office(
            code=row.code,
            jurisdiction=row.jurisdiction,
            kind=row.kind,
            name_vi=row.name_vi,
            name_en=row.name_en,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            parent=row.parent,
            is_reception=row.is_reception,
            mailbox=row.mailbox,
            successors=tuple(row.successors.split()),
            head=row.head,
            absences=tuple(_absence(*item) for item in orjson.loads(row.absences)),
        )
        for row in rows
    )


async def put(
    connection: AsyncConnection, offices: Sequence[Office], *, jurisdiction: str, version: str, sha256: str, now: datetime
) -> None:
    """Write offices that are new or changed, and the version that they came with."""
    rows = [
        {
            "code": office.code,
            "jurisdiction": office.jurisdiction,
            "kind": office.kind,
            "name_vi": office.name_vi,
            "name_en": office.name_en,
            "parent": office.parent,
            "is_reception": office.is_reception,
            "mailbox": office.mailbox,
            "valid_from": office.valid_from,
            "valid_to": office.valid_to,
            "successors": " ".join(office.successors),
            "head": office.head,
            "absences": orjson.dumps(office.absences).decode(),
        }
        for office in offices
    ]
    await bulk.insert(connection, _OFFICES, rows, on_conflict=_CHANGED)
    values = {"jurisdiction": jurisdiction, "version": version, "sha256": sha256, "now": now}
    await connection.execute(_VERSION, values)


def _absence(from_on: str, to_on: str | None) -> tuple[date, date | None]:
    return date.fromisoformat(from_on), date.fromisoformat(to_on) if to_on else None
