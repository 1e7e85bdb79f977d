"""Up to where each stream was taken: read once from the beginning, what the log has already is known by its id."""

from alembic import op

from shared.messaging.cursors import CURSORS_V1

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in CURSORS_V1:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE stream_cursors")
