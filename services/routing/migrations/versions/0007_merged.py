"""Petitions of the same content that are dealt with together."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE petitions ADD COLUMN merged_into uuid, ADD COLUMN members integer NOT NULL DEFAULT 0")
    op.execute("CREATE INDEX petitions_merged ON petitions (merged_into) WHERE merged_into IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what is dealt with together")
