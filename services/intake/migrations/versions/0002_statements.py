"""What petitioners say later about their petition: that they withdraw it, contest the answer, or judge it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE statements (
        petition_id  uuid NOT NULL,
        what         text NOT NULL,
        number       integer NOT NULL,
        said_at      timestamptz NOT NULL,
        is_satisfied boolean,
        wrapped_key  bytea,
        nonce        bytea,
        ciphertext   bytea,
        PRIMARY KEY (petition_id, what, number)
    )
    """,
    "COMMENT ON COLUMN statements.number IS 'which answer it is about: 0 before the first one'",
    "COMMENT ON COLUMN statements.ciphertext IS 'the petitioner''s words, sealed; null where nothing was written'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what petitioners said")
