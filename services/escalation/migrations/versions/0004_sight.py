"""Who sees a petition: to which office who is denounced belongs, and who has a conflict of interest.

What was heard before stands nowhere in this schema: of denunciations that are here, nobody has said whom they denounce.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE petitions ADD COLUMN against text",
    "COMMENT ON COLUMN petitions.against IS 'of a denunciation: office of who is denounced; null: nobody has said it'",
    """
    CREATE TABLE exclusions (
        petition_id uuid NOT NULL,
        actor       text NOT NULL,
        PRIMARY KEY (petition_id, actor)
    )
    """,
    "COMMENT ON TABLE exclusions IS 'Who may have nothing to do with a petition'",
    "CREATE INDEX deadlines_sealed ON deadlines (rule) WHERE is_sealed",
    "COMMENT ON INDEX deadlines_sealed IS 'Denunciations are counted in cells before anything of them is told'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget who must not see what")
