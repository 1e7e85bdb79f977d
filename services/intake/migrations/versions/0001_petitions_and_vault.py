"""The ledger, petitions, the identity vault, attachments, imports, and what is heard of a petition's way."""

from alembic import op

from shared.persistence.migrations import create_ledger

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE petitions (
        id           uuid PRIMARY KEY,
        code         text NOT NULL UNIQUE,
        kind         text NOT NULL,
        jurisdiction text NOT NULL,
        language     text NOT NULL,
        is_sealed    boolean NOT NULL,
        lodged_at    timestamptz NOT NULL,
        recorded_at  timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE vault (
        petition_id uuid PRIMARY KEY,
        wrapped_key bytea NOT NULL,
        nonce       bytea NOT NULL,
        ciphertext  bytea NOT NULL
    )
    """,
    "COMMENT ON TABLE vault IS 'Names, contacts, text: AES-GCM under a key per petition; deleting the row erases them'",
    """
    CREATE TABLE vault_readings (
        seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        petition_id uuid NOT NULL,
        reader      text NOT NULL,
        purpose     text NOT NULL,
        fields      text NOT NULL,
        read_at     timestamptz NOT NULL
    )
    """,
    "CREATE INDEX vault_readings_of_petition ON vault_readings (petition_id)",
    """
    CREATE TABLE receipts (
        key         text PRIMARY KEY,
        body_sha256 bytea NOT NULL,
        petition_id uuid NOT NULL,
        code        text NOT NULL,
        lodged_at   timestamptz NOT NULL
    )
    """,
    "COMMENT ON TABLE receipts IS 'By idempotency key: the same key gets the same receipt, for the same body only'",
    """
    CREATE TABLE attachments (
        id          uuid PRIMARY KEY,
        petition_id uuid NOT NULL,
        purpose     text NOT NULL,
        media_type  text NOT NULL,
        size_bytes  bigint NOT NULL,
        sha256      text NOT NULL,
        stored_at   timestamptz NOT NULL
    )
    """,
    "CREATE INDEX attachments_of_petition ON attachments (petition_id)",
    """
    CREATE TABLE imports (
        source      text NOT NULL,
        reference   text NOT NULL,
        petition_id uuid NOT NULL UNIQUE,
        kind        text NOT NULL,
        label       text,
        opened_at   timestamptz NOT NULL,
        due_at      timestamptz,
        closed_at   timestamptz,
        PRIMARY KEY (source, reference)
    )
    """,
    """
    CREATE TABLE steps (
        petition_id  uuid NOT NULL,
        source       text NOT NULL,
        version      integer NOT NULL,
        what         text NOT NULL,
        effective_at timestamptz NOT NULL,
        office       text,
        PRIMARY KEY (petition_id, source, version)
    )
    """,
    """
    CREATE TABLE clocks (
        deadline_id uuid PRIMARY KEY,
        petition_id uuid NOT NULL,
        rule        text NOT NULL,
        due_at      timestamptz NOT NULL,
        is_running  boolean NOT NULL
    ) WITH (fillfactor = 80)
    """,
    "CREATE INDEX clocks_of_petition ON clocks (petition_id)",
    """
    CREATE TABLE offices (
        code         text PRIMARY KEY,
        jurisdiction text NOT NULL,
        kind         text NOT NULL,
        name_vi      text NOT NULL,
        name_en      text NOT NULL,
        valid_from   date NOT NULL,
        valid_to     date,
        successors   text NOT NULL
    )
    """,
)


def upgrade() -> None:
    create_ledger(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget petitions")
