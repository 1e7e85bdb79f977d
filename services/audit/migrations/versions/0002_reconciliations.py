"""Reconciliations: every clock counted again, and where it differs; an index for what happened when."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE reconciliations (
        id          uuid PRIMARY KEY,
        as_of       timestamptz NOT NULL,
        petition_id uuid,
        begun_at    timestamptz NOT NULL,
        finished_at timestamptz,
        petitions   integer NOT NULL DEFAULT 0,
        too_fresh   integer NOT NULL DEFAULT 0,
        deadlines   integer NOT NULL DEFAULT 0,
        steps       integer NOT NULL DEFAULT 0,
        differences integer NOT NULL DEFAULT 0,
        by_kind     jsonb NOT NULL DEFAULT '{}',
        problem     text
    )
    """,
    "CREATE INDEX reconciliations_latest ON reconciliations (begun_at)",
    """
    CREATE TABLE differences (
        run_id      uuid NOT NULL,
        place       integer NOT NULL,
        kind        text NOT NULL,
        petition_id uuid NOT NULL,
        code        text,
        deadline_id uuid,
        rule        text,
        expected    text NOT NULL,
        found       text NOT NULL,
        PRIMARY KEY (run_id, place)
    )
    """,
    "COMMENT ON COLUMN differences.code IS 'null of a denunciation: it is found by its id, by right'",
    "CREATE INDEX log_by_type ON log (type, effective_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget reconciliations")
