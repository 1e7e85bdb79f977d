"""As what a petition is treated that was lodged as another kind."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE petitions ADD COLUMN treated_as text")
    op.execute("COMMENT ON COLUMN petitions.treated_as IS 'the kind that an office made it; null: as it was lodged'")


def downgrade() -> None:
    op.execute("ALTER TABLE petitions DROP COLUMN treated_as")
