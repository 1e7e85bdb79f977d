"""The ledger, petitions and offices as notices need them, notices and every attempt to deliver them."""

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
        language     text NOT NULL,
        is_reachable boolean NOT NULL,
        is_sealed    boolean NOT NULL,
        office       text
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON TABLE petitions IS 'Petitions that people are told about: imported ones are not here'",
    """
    CREATE TABLE offices (
        code    text PRIMARY KEY,
        name_vi text NOT NULL,
        name_en text NOT NULL,
        mailbox text
    )
    """,
    """
    CREATE TABLE notices (
        id             uuid PRIMARY KEY,
        petition_id    uuid NOT NULL,
        about          text NOT NULL,
        audience       text NOT NULL,
        office         text,
        language       text NOT NULL,
        facts          text NOT NULL,
        is_sealed      boolean NOT NULL,
        cause_id       uuid NOT NULL,
        cause_source   text NOT NULL,
        cause_version  integer NOT NULL,
        correlation_id uuid NOT NULL,
        traceparent    text,
        created_at     timestamptz NOT NULL,
        state          text NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'skipped')),
        reason         text,
        attempts       integer NOT NULL,
        next_try_at    timestamptz,
        settled_at     timestamptz
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX notices_due ON notices (next_try_at) WHERE state = 'waiting'",
    "CREATE INDEX notices_of_petition ON notices (petition_id, created_at)",
    """
    CREATE TABLE attempts (
        notice_id  uuid NOT NULL,
        number     integer NOT NULL,
        template   text NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at   timestamptz,
        outcome    text,
        smtp_code  integer,
        PRIMARY KEY (notice_id, number)
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON TABLE attempts IS 'Written before the mail server is asked: one without an end broke off, and may have arrived'",
)


def upgrade() -> None:
    create_ledger(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what was sent")
