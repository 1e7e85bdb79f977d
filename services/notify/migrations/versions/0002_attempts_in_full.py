"""Attempts say to whom (masked) and whether their end is unknown; notices of a route say when the next step is due."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE notices ADD COLUMN due_at timestamptz",
    "ALTER TABLE attempts ADD COLUMN sent_to text",
    "ALTER TABLE attempts ADD COLUMN is_unknown boolean NOT NULL DEFAULT false",
    "COMMENT ON COLUMN attempts.is_unknown IS 'Handed over, but no answer came: it may have arrived'",
    "CREATE INDEX notices_by_state ON notices (state, created_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what may have arrived")
