"""Further petitioners of a petition, each told by himself."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE petitioners (id uuid PRIMARY KEY, petition_id uuid NOT NULL, language text NOT NULL)")
    op.execute("COMMENT ON TABLE petitioners IS 'Those who can be reached and have not left, beside the first one'")
    op.execute("CREATE INDEX petitioners_of_petition ON petitioners (petition_id)")
    op.execute("ALTER TABLE notices ADD COLUMN petitioner_id uuid")
    op.execute("COMMENT ON COLUMN notices.petitioner_id IS 'null: the first petitioner, or an office'")


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget whom to tell")
