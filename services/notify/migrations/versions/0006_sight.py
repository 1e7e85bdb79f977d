"""Who sees the notices of a petition: to which office who is denounced belongs, and who has a conflict of interest.

What was heard before stands nowhere in this schema: of denunciations that are here, nobody has said whom they denounce.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE petitions ADD COLUMN against text")
    op.execute("COMMENT ON COLUMN petitions.against IS 'of a denunciation: office of who is denounced; null: nobody has said it'")
    op.execute(
        """
        CREATE TABLE exclusions (
            petition_id uuid NOT NULL,
            actor       text NOT NULL,
            PRIMARY KEY (petition_id, actor)
        )
        """
    )
    op.execute("COMMENT ON TABLE exclusions IS 'Who may have nothing to do with a petition'")


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget who must not see what")
