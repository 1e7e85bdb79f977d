"""The ledger, the log of every service's events, and the codes of petitions."""

from alembic import op

from shared.persistence.migrations import create_ledger

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE log (
        position       bigint PRIMARY KEY,
        id             uuid NOT NULL UNIQUE,
        aggregate_id   uuid NOT NULL,
        source         text NOT NULL,
        version        integer NOT NULL,
        type           text NOT NULL,
        effective_at   timestamptz NOT NULL,
        recorded_at    timestamptz NOT NULL,
        heard_at       timestamptz NOT NULL,
        actor          text NOT NULL,
        correlation_id uuid NOT NULL,
        cause_id       uuid,
        cause_source   text,
        cause_version  integer,
        office         text NOT NULL,
        is_sealed      boolean NOT NULL,
        traceparent    text,
        stream         text NOT NULL,
        stream_seq     bigint NOT NULL,
        body           bytea NOT NULL,
        UNIQUE (aggregate_id, source, version)
    )
    """,
    "COMMENT ON TABLE log IS 'Append-only: every event of every service once, as it was heard'",
    "COMMENT ON COLUMN log.position IS '1, 2, 3 in the order of commits: an export can be resumed after any'",
    "COMMENT ON COLUMN log.body IS 'The bytes of the message as they came'",
    "CREATE TRIGGER log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log EXECUTE FUNCTION refuse_change()",
    """
    CREATE TABLE log_head (
        is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        position bigint NOT NULL
    ) WITH (fillfactor = 10)
    """,
    "COMMENT ON TABLE log_head IS 'One row: the last position given out; whoever appends holds its lock until the commit'",
    "INSERT INTO log_head (position) VALUES (0)",
    """
    CREATE TABLE petitions (
        code_key    text PRIMARY KEY,
        petition_id uuid NOT NULL UNIQUE,
        code        text NOT NULL
    )
    """,
)


def upgrade() -> None:
    create_ledger(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget the log")
