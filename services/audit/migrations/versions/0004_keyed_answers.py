"""Answers by idempotency key."""

from alembic import op

from shared.persistence.keyed import KEYED_V1

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in KEYED_V1:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE keyed_answers")
