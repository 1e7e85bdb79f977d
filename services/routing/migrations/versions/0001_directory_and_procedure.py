"""The ledger, the directory of offices, petitions as the procedure sees them, answers and evidence."""

from alembic import op

from shared.persistence.migrations import create_ledger

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE offices (
        code         text PRIMARY KEY,
        jurisdiction text NOT NULL,
        kind         text NOT NULL,
        name_vi      text NOT NULL,
        name_en      text NOT NULL,
        parent       text,
        is_reception boolean NOT NULL,
        mailbox      text,
        valid_from   date NOT NULL,
        valid_to     date,
        successors   text NOT NULL
    )
    """,
    """
    CREATE TABLE directory_versions (
        jurisdiction text PRIMARY KEY,
        version      text NOT NULL,
        sha256       text NOT NULL,
        loaded_at    timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE petitions (
        id             uuid PRIMARY KEY,
        code           text NOT NULL UNIQUE,
        kind           text NOT NULL,
        jurisdiction   text NOT NULL,
        topic          text,
        commune        text,
        urgency        text NOT NULL,
        is_physical    boolean NOT NULL,
        is_sealed      boolean NOT NULL,
        is_imported    boolean NOT NULL,
        lodged_at      timestamptz NOT NULL,
        correlation_id uuid NOT NULL,
        office         text NOT NULL,
        basis          text NOT NULL,
        state          text NOT NULL,
        was_refused    boolean NOT NULL,
        version        integer NOT NULL
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON COLUMN petitions.version IS 'number of the last act: an officer acts on the version that he has seen'",
    "CREATE INDEX petitions_queue ON petitions (office, lodged_at, id) WHERE state <> 'closed'",
    """
    CREATE TABLE answers (
        petition_id uuid PRIMARY KEY,
        wrapped_key bytea NOT NULL,
        nonce       bytea NOT NULL,
        ciphertext  bytea NOT NULL,
        answered_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE evidence (
        petition_id uuid NOT NULL,
        id          uuid NOT NULL,
        PRIMARY KEY (petition_id, id)
    )
    """,
    """
    CREATE TABLE acts (
        key         text PRIMARY KEY,
        petition_id uuid NOT NULL,
        digest      bytea NOT NULL,
        version     integer NOT NULL
    )
    """,
    "COMMENT ON TABLE acts IS 'By idempotency key: a repeated act is answered like the first'",
)


def upgrade() -> None:
    create_ledger(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget acts")
