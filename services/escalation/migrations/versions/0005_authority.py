"""The right under which each event came to be."""

from alembic import op

from shared.persistence.migrations import record_authority

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    record_authority(op)
    op.execute("ALTER TABLE amendments ADD COLUMN authority text")


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget rights that were used")
