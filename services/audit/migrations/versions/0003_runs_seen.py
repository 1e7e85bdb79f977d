"""When somebody was last seen at work on a reconciliation: one whose process is gone is begun anew."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE reconciliations ADD COLUMN seen_at timestamptz")
    op.execute("UPDATE reconciliations SET seen_at = COALESCE(finished_at, begun_at)")
    op.execute("ALTER TABLE reconciliations ALTER COLUMN seen_at SET NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE reconciliations DROP COLUMN seen_at")
