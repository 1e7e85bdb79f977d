"""To which office who is denounced belongs: there, and where nobody knows it, the head alone sees that there is a petition."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE petitions ADD COLUMN against text",
    "COMMENT ON COLUMN petitions.against IS 'office that decided, or of who is denounced; null: nobody has said it'",
    """
    UPDATE petitions p SET against = CAST(e.body AS json) ->> 'against' FROM events e
    WHERE e.aggregate_id = p.id AND e.type = 'petitions.intake.petition.lodged.v1'
        AND 'denunciation' IN (p.kind, p.treated_as)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE petitions DROP COLUMN against")
