"""Exports: what was asked for, how far it has come, and the files, kept for a while."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE exports (
        id          uuid PRIMARY KEY,
        actor       text NOT NULL,
        authority   text,
        format      text NOT NULL,
        petition_id uuid,
        code        text,
        query       jsonb NOT NULL,
        language    text NOT NULL,
        state       text NOT NULL,
        upto        bigint NOT NULL,
        checkpoint  text,
        position    bigint NOT NULL DEFAULT 0,
        rows        bigint NOT NULL DEFAULT 0,
        file_name   text,
        file_bytes  bigint,
        file_sha256 text,
        asked_at    timestamptz NOT NULL,
        finished_at timestamptz,
        expires_at  timestamptz,
        problem     text,
        attempts    integer NOT NULL DEFAULT 0,
        worker      uuid,
        seen_at     timestamptz NOT NULL
    )
    """,
    "CREATE INDEX exports_to_do ON exports (asked_at) WHERE state IN ('waiting', 'running')",
    "CREATE UNIQUE INDEX exports_one_each ON exports (actor) WHERE state IN ('waiting', 'running')",
    "CREATE INDEX exports_of_one ON exports (actor, asked_at DESC)",
    "CREATE INDEX exports_expiring ON exports (expires_at) WHERE state = 'done'",
    "COMMENT ON COLUMN exports.upto IS 'Size of the log under the checkpoint: whoever begins anew writes the same rows'",
    """
    CREATE TABLE export_parts (
        export_id uuid NOT NULL REFERENCES exports ON DELETE CASCADE,
        number    integer NOT NULL,
        data      bytea NOT NULL,
        PRIMARY KEY (export_id, number)
    )
    """,
    "ALTER TABLE export_parts ALTER COLUMN data SET STORAGE EXTERNAL",
    "COMMENT ON TABLE export_parts IS 'A file in pieces, written in the transaction that says that it is done'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE export_parts")
    op.execute("DROP TABLE exports")
