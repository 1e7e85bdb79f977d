"""Who is kept away from a petition."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE excluded (petition_id uuid, person text, PRIMARY KEY (person, petition_id))")
    op.execute("COMMENT ON TABLE excluded IS 'By their actor in events: who has a conflict of interest sees and reads nothing'")


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would let in who is kept away")
