"""The log as a tree: a salt for every event, the signed checkpoints, who else signed them, and what was found to be wrong."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Random, and made by the database: rows that are here already get one, and a service of the version before can go on writing.
SALT = "substring(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 16)"
STATEMENTS = (
    f"ALTER TABLE log ADD COLUMN salt bytea NOT NULL DEFAULT {SALT} CHECK (length(salt) = 16)",
    "COMMENT ON COLUMN log.salt IS 'Random; with it the event proves its leaf, without it the leaf says nothing'",
    """
    CREATE TABLE checkpoints (
        origin    text NOT NULL,
        size      bigint NOT NULL CHECK (size > 0),
        root      bytea NOT NULL CHECK (length(root) = 32),
        note      text NOT NULL,
        signed_at timestamptz NOT NULL,
        PRIMARY KEY (origin, size)
    )
    """,
    "COMMENT ON TABLE checkpoints IS 'Append-only: every checkpoint that this log has signed, under the name that it had'",
    "CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints EXECUTE FUNCTION refuse_change()",
    """
    CREATE TABLE cosignatures (
        origin      text NOT NULL,
        size        bigint NOT NULL,
        witness     text NOT NULL,
        line        text NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (origin, size, witness),
        FOREIGN KEY (origin, size) REFERENCES checkpoints
    )
    """,
    "COMMENT ON COLUMN cosignatures.witness IS 'The whole public key of the witness; its latest signature of a checkpoint stays'",
    "CREATE INDEX cosignatures_latest ON cosignatures (origin, witness, size)",
    """
    CREATE TABLE log_faults (
        id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        origin   text NOT NULL,
        kind     text NOT NULL,
        detail   text NOT NULL,
        found_at timestamptz NOT NULL,
        mended_at timestamptz
    )
    """,
    "COMMENT ON TABLE log_faults IS 'What contradicted what was signed; while one is not mended nothing more is signed'",
    "CREATE UNIQUE INDEX log_faults_open ON log_faults (origin, kind) WHERE mended_at IS NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget the salts, and with them every proof")
