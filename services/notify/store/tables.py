"""The tables that are written in sets."""

from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, Table, Text, Uuid

_INSTANT = DateTime(timezone=True)
_metadata = MetaData()

PETITIONS = Table(
    "petitions",
    _metadata,
    Column("id", Uuid),
    Column("code", Text),
    Column("language", Text),
    Column("is_reachable", Boolean),
    Column("is_sealed", Boolean),
    Column("office", Text),
)
OFFICES = Table(
    "offices",
    _metadata,
    Column("code", Text),
    Column("name_vi", Text),
    Column("name_en", Text),
    Column("mailbox", Text),
    Column("parent", Text),
    Column("jurisdiction", Text),
)
PETITIONERS = Table("petitioners", _metadata, Column("id", Uuid), Column("petition_id", Uuid), Column("language", Text))
NOTICES = Table(
    "notices",
    _metadata,
    Column("id", Uuid),
    Column("petition_id", Uuid),
    Column("petitioner_id", Uuid),
    Column("about", Text),
    Column("audience", Text),
    Column("office", Text),
    Column("language", Text),
    Column("facts", Text),
    Column("due_at", _INSTANT),
    Column("is_sealed", Boolean),
    Column("cause_id", Uuid),
    Column("cause_source", Text),
    Column("cause_version", Integer),
    Column("correlation_id", Uuid),
    Column("traceparent", Text),
    Column("created_at", _INSTANT),
    Column("state", Text),
    Column("attempts", Integer),
    Column("next_try_at", _INSTANT),
    Column("is_urgent", Boolean),
    Column("person", Text),
)
PARTS = Table(
    "parts",
    _metadata,
    Column("id", Uuid),
    Column("notice_id", Uuid),
    Column("about", Text),
    Column("petition_id", Uuid),
    Column("code", Text),
    Column("facts", Text),
    Column("due_at", _INSTANT),
    Column("effective_at", _INSTANT),
)
