"""The tables that are written in sets (migrations/versions has them with their indexes)."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects import postgresql

_metadata = MetaData()
_INSTANT = DateTime(timezone=True)

PETITIONS = Table(
    "petitions",
    _metadata,
    Column("id", Uuid),
    Column("code", Text),
    Column("kind", Text),
    Column("jurisdiction", Text),
    Column("language", Text),
    Column("is_sealed", Boolean),
    Column("lodged_at", _INSTANT),
    Column("recorded_at", _INSTANT),
    Column("against", Text),
)
VAULT = Table(
    "vault",
    _metadata,
    Column("petition_id", Uuid),
    Column("wrapped_key", LargeBinary),
    Column("nonce", LargeBinary),
    Column("ciphertext", LargeBinary),
)
PETITIONERS = Table(
    "petitioners",
    _metadata,
    Column("id", Uuid),
    Column("petition_id", Uuid),
    Column("number", Integer),
    Column("person", LargeBinary),
    Column("is_representative", Boolean),
    Column("is_joint", Boolean),
    Column("is_first", Boolean),
    Column("language", Text),
    Column("joined_at", _INSTANT),
    Column("wrapped_key", LargeBinary),
    Column("nonce", LargeBinary),
    Column("ciphertext", LargeBinary),
)
PHRASES = Table("phrases", _metadata, Column("digest", LargeBinary), Column("petition_id", Uuid))
MERGED = Table("merged", _metadata, Column("petition_id", Uuid), Column("lead", Uuid))
EXCLUDED = Table("excluded", _metadata, Column("petition_id", Uuid), Column("person", Text))
READINGS = Table(
    "vault_readings",
    _metadata,
    Column("petition_id", Uuid),
    Column("reader", Text),
    Column("purpose", Text),
    Column("fields", Text),
    Column("read_at", _INSTANT),
)
ATTACHMENTS = Table(
    "attachments",
    _metadata,
    Column("id", Uuid),
    Column("petition_id", Uuid),
    Column("purpose", Text),
    Column("media_type", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("stored_at", _INSTANT),
    Column("object_name", Text),
    Column("wrapped_key", LargeBinary),
    Column("nonce", LargeBinary),
)
STEPS = Table(
    "steps",
    _metadata,
    Column("petition_id", Uuid),
    Column("source", Text),
    Column("version", Integer),
    Column("what", Text),
    Column("effective_at", _INSTANT),
    Column("office", Text),
)
CLOCKS = Table(
    "clocks",
    _metadata,
    Column("deadline_id", Uuid),
    Column("petition_id", Uuid),
    Column("rule", Text),
    Column("due_at", _INSTANT),
    Column("is_running", Boolean),
    Column("concerns_petitioner", Boolean),
)
OFFICES = Table(
    "offices",
    _metadata,
    Column("code", Text),
    Column("jurisdiction", Text),
    Column("kind", Text),
    Column("name_vi", Text),
    Column("name_en", Text),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("successors", Text),
    Column("parent", Text),
)
SEARCH_ENTRIES = Table(
    "search_entries",
    _metadata,
    Column("petition_id", Uuid),
    Column("kind", Text),
    Column("jurisdiction", Text),
    Column("commune", Text),
    Column("lodged_at", _INSTANT),
    Column("office", Text),
    Column("state", Text),
    Column("is_open", Boolean),
    Column("next_due_at", _INSTANT),
    Column("north", Integer),
    Column("east", Integer),
)
SEARCH_WORDS = Table("search_words", _metadata, Column("petition_id", Uuid), Column("words", postgresql.ARRAY(BigInteger)))
