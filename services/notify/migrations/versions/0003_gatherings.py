"""Notices that tell several things together, and their parts; who stands at the root of the directory."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE gatherings (
        notice_id uuid PRIMARY KEY,
        series    uuid NOT NULL,
        closed_at timestamptz
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON TABLE gatherings IS 'Notices that tell several things together; null in closed_at: what comes joins it'",
    "CREATE UNIQUE INDEX gatherings_open ON gatherings (series) WHERE closed_at IS NULL",
    """
    CREATE TABLE parts (
        id           uuid PRIMARY KEY,
        notice_id    uuid NOT NULL,
        about        text NOT NULL,
        petition_id  uuid NOT NULL,
        code         text,
        facts        text NOT NULL,
        due_at       timestamptz,
        effective_at timestamptz NOT NULL
    )
    """,
    "COMMENT ON COLUMN parts.code IS 'null of a denunciation: a digest only counts them'",
    "CREATE INDEX parts_of_notice ON parts (notice_id)",
    "CREATE INDEX parts_of_petition ON parts (petition_id)",
    "ALTER TABLE offices ADD COLUMN parent text, ADD COLUMN jurisdiction text NOT NULL DEFAULT ''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what waits for a digest")
