"""Count transfers, keep what a keyed act was answered, list petitions by state."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE petitions ADD COLUMN transfers integer NOT NULL DEFAULT 0",
    "COMMENT ON COLUMN petitions.transfers IS 'how often an office passed it on; a denunciation only once'",
    "ALTER TABLE acts ADD COLUMN answer text NOT NULL DEFAULT '{}', ADD COLUMN done_at timestamptz NOT NULL DEFAULT now()",
    "COMMENT ON COLUMN acts.answer IS 'JSON: what the officer was answered, said again when the request is repeated'",
    "CREATE INDEX petitions_by_state ON petitions (office, state, lodged_at, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget acts")
