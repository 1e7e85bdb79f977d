"""By what clients of Open311 ask: the topic that routing told, and the time of steps."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE search_entries ADD COLUMN topic text",
    "COMMENT ON COLUMN search_entries.topic IS 'as routing told it; null before that, and of petitions of before it was kept'",
    "CREATE INDEX search_newest_of_topic ON search_entries (topic, lodged_at, petition_id) WHERE topic IS NOT NULL",
    "CREATE INDEX steps_newest ON steps (effective_at, petition_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX steps_newest")
    op.execute("ALTER TABLE search_entries DROP COLUMN topic")
