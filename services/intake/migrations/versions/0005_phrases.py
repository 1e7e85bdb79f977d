"""Denunciations are followed by a secret phrase, and files are sealed like words."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE phrases (digest bytea PRIMARY KEY, petition_id uuid NOT NULL UNIQUE)",
    "COMMENT ON TABLE phrases IS 'Keyed digests of the secret phrases of denunciations: the phrases are written down nowhere'",
    "ALTER TABLE attachments ADD COLUMN object_name text, ADD COLUMN wrapped_key bytea, ADD COLUMN nonce bytea",
    "UPDATE attachments SET object_name = id::text",
    "ALTER TABLE attachments ALTER COLUMN object_name SET NOT NULL",
    "COMMENT ON COLUMN attachments.wrapped_key IS 'destroying it erases the file; null: stored before files were sealed'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would lock denouncers out of their own petitions")
