"""Who is complained of, and what that does to competence."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE petitions ADD COLUMN against text, ADD COLUMN against_rank text,
            ADD COLUMN spans boolean NOT NULL DEFAULT false, ADD COLUMN is_over_the_head boolean NOT NULL DEFAULT false,
            ADD COLUMN excluded text NOT NULL DEFAULT '', ADD COLUMN routed_by text
        """
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget who must never get a denunciation")
