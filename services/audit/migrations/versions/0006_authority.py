"""The right under which each event came to be."""

from alembic import op

from shared.persistence.migrations import record_authority

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    record_authority(op)
    op.execute("ALTER TABLE log ADD COLUMN authority text")
    op.execute("COMMENT ON COLUMN log.authority IS 'The right that was used, as it was said; null before it was recorded'")


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget rights that were used")
