"""Copies without their author for verifiers, and published results."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE copies (
        id          uuid PRIMARY KEY,
        petition_id uuid NOT NULL,
        made_at     timestamptz NOT NULL,
        wrapped_key bytea NOT NULL,
        nonce       bytea NOT NULL,
        ciphertext  bytea NOT NULL
    )
    """,
    "COMMENT ON TABLE copies IS 'What was lodged, without what shows its author; sealed all the same'",
    "CREATE INDEX copies_of_petition ON copies (petition_id)",
    """
    CREATE TABLE copy_verifiers (
        verifier text,
        copy_id  uuid REFERENCES copies ON DELETE CASCADE,
        PRIMARY KEY (verifier, copy_id)
    )
    """,
    """
    CREATE TABLE publications (
        id           uuid PRIMARY KEY,
        petition_id  uuid NOT NULL,
        kind         text NOT NULL,
        office       text NOT NULL,
        jurisdiction text NOT NULL,
        published_at timestamptz NOT NULL,
        body         text NOT NULL
    )
    """,
    "COMMENT ON TABLE publications IS 'Results as the public reads them: no code, nothing of the petitioner'",
    "CREATE INDEX publications_newest ON publications (published_at, id)",
    "CREATE INDEX publications_of_office ON publications (office, published_at, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what was published, and for whom copies were made")
