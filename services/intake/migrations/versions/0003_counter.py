"""What the counter registers of paper letters, and what repeats of voters' petitions are found by."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE registrations (
        petition_id     uuid PRIMARY KEY,
        code            text NOT NULL,
        office          text NOT NULL,
        year            integer NOT NULL,
        register_number text,
        received_on     date NOT NULL,
        channel         text NOT NULL,
        UNIQUE (office, year, register_number)
    )
    """,
    "COMMENT ON TABLE registrations IS 'Petitions lodged at a counter; a register number is given once per office and year'",
    """
    CREATE TABLE voters_petitions (
        petition_id   uuid PRIMARY KEY,
        code          text NOT NULL,
        commune       text NOT NULL,
        met_on        date NOT NULL,
        session       text NOT NULL,
        number        text NOT NULL,
        digest        bytea NOT NULL,
        shingle_count integer NOT NULL,
        repeats       text,
        likeness      double precision
    )
    """,
    "COMMENT ON COLUMN voters_petitions.digest IS 'keyed digest of the folded text: the text itself is in the vault only'",
    "COMMENT ON COLUMN voters_petitions.repeats IS 'code of the most alike petition of an earlier meeting of the same commune'",
    """
    CREATE TABLE voters_shingles (
        commune     text NOT NULL,
        shingle     bigint NOT NULL,
        petition_id uuid NOT NULL,
        PRIMARY KEY (commune, shingle, petition_id)
    )
    """,
    "CREATE INDEX voters_shingles_of_petition ON voters_shingles (petition_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget register numbers")
