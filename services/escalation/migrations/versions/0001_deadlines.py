"""The ledger, the petitions as the clocks see them, and their deadlines."""

from alembic import op

from shared.persistence.migrations import create_ledger

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE petitions (
        id               uuid PRIMARY KEY,
        code             text NOT NULL UNIQUE,
        kind             text NOT NULL,
        jurisdiction     text NOT NULL,
        channel          text NOT NULL,
        urgency          text NOT NULL,
        is_sealed        boolean NOT NULL,
        lodged_at        timestamptz NOT NULL,
        correlation_id   uuid NOT NULL,
        source_system    text,
        source_due_at    timestamptz,
        source_closed_at timestamptz,
        office           text,
        superiors        text NOT NULL
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON COLUMN petitions.superiors IS 'codes of the ladder above the office, nearest first, between spaces'",
    """
    CREATE TABLE deadlines (
        id               uuid PRIMARY KEY,
        petition_id      uuid NOT NULL,
        rule             text NOT NULL,
        rule_version     integer NOT NULL,
        step             text NOT NULL,
        limit_text       text NOT NULL,
        started_at       timestamptz NOT NULL,
        due_at           timestamptz NOT NULL,
        plan             text NOT NULL,
        is_sealed        boolean NOT NULL,
        correlation_id   uuid NOT NULL,
        traceparent      text,
        cause_id         uuid NOT NULL,
        cause_source     text NOT NULL,
        cause_version    integer NOT NULL,
        office           text NOT NULL,
        superiors        text NOT NULL,
        next_step        integer NOT NULL,
        next_action_at   timestamptz,
        breached_at      timestamptz,
        ended_at         timestamptz,
        ended_by         text,
        outcome          text CHECK (outcome IN ('met', 'late', 'void'))
    ) WITH (
        fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1
    )
    """,
    "COMMENT ON COLUMN deadlines.plan IS 'JSON: every step as an instant, and the acts that end the clock; written once'",
    "CREATE INDEX deadlines_of_petition ON deadlines (petition_id)",
    "CREATE INDEX deadlines_agenda ON deadlines (next_action_at) WHERE next_action_at IS NOT NULL",
    "CREATE INDEX deadlines_open_by_office ON deadlines (office, due_at, id) WHERE outcome IS NULL",
    """
    CREATE TABLE derivations (
        deadline_id uuid PRIMARY KEY,
        sha256      text NOT NULL,
        derivation  text NOT NULL
    )
    """,
    "COMMENT ON TABLE derivations IS 'How each due moment was counted: canonical JSON, never changed'",
    """
    CREATE TABLE offices (
        code         text PRIMARY KEY,
        jurisdiction text NOT NULL,
        parent       text,
        name_vi      text NOT NULL,
        name_en      text NOT NULL,
        valid_from   date NOT NULL,
        valid_to     date
    )
    """,
)


def upgrade() -> None:
    create_ledger(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget deadlines")
