"""What waits for an office's digest; who stands at the root of the directory."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE digest_items (
        id           uuid PRIMARY KEY,
        office       text NOT NULL,
        tell_at      timestamptz NOT NULL,
        about        text NOT NULL,
        petition_id  uuid NOT NULL,
        code         text,
        facts        text NOT NULL,
        effective_at timestamptz NOT NULL,
        digest_id    uuid
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON COLUMN digest_items.code IS 'null of a denunciation: a digest only counts them'",
    "COMMENT ON COLUMN digest_items.digest_id IS 'the notice that tells it; null: nobody has yet'",
    "CREATE INDEX digest_items_waiting ON digest_items (office, tell_at) WHERE digest_id IS NULL",
    "CREATE INDEX digest_items_told ON digest_items (digest_id) WHERE digest_id IS NOT NULL",
    "ALTER TABLE offices ADD COLUMN parent text, ADD COLUMN jurisdiction text NOT NULL DEFAULT ''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what waits for a digest")
