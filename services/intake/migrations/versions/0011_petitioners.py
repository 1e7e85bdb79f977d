"""Who lodged a petition jointly, and who joined it: each with a secret, notices and statements of his own."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE petitioners (
        id                uuid PRIMARY KEY,
        petition_id       uuid NOT NULL,
        number            integer NOT NULL,
        person            bytea NOT NULL,
        is_representative boolean NOT NULL,
        is_joint          boolean NOT NULL,
        is_first          boolean NOT NULL,
        language          text NOT NULL,
        joined_at         timestamptz NOT NULL,
        wrapped_key       bytea NOT NULL,
        nonce             bytea NOT NULL,
        ciphertext        bytea NOT NULL,
        UNIQUE (petition_id, number)
    )
    """,
    "ALTER TABLE search_entries ADD COLUMN north integer, ADD COLUMN east integer",
    "ALTER TABLE search_entries ADD COLUMN is_suggested boolean NOT NULL DEFAULT true",
    "COMMENT ON COLUMN search_entries.north IS 'cell of the 50 m grid, as coarse as places travel in events'",
    "COMMENT ON COLUMN search_entries.is_suggested IS 'false while its words may make it a complaint or a denunciation'",
    "CREATE INDEX search_near ON search_entries (((north / 10) * 100000 + east / 10), lodged_at) WHERE north IS NOT NULL",
    "CREATE TABLE merged (petition_id uuid PRIMARY KEY, lead uuid NOT NULL)",
    "CREATE INDEX merged_into ON merged (lead)",
    "COMMENT ON TABLE petitioners IS 'All but the first, who is in the vault with the petition'",
    "COMMENT ON COLUMN petitioners.person IS 'keyed digest: the same person, however often he is counted'",
    "ALTER TABLE statements ADD COLUMN petitioner_id uuid",
    "UPDATE statements SET petitioner_id = petition_id",
    "ALTER TABLE statements ALTER COLUMN petitioner_id SET NOT NULL",
    "ALTER TABLE statements DROP CONSTRAINT statements_pkey",
    "ALTER TABLE statements ADD PRIMARY KEY (petition_id, what, number, petitioner_id)",
    "ALTER TABLE phrases DROP CONSTRAINT phrases_petition_id_key",  # everybody who denounces jointly has one of his own
    "CREATE INDEX phrases_of_petition ON phrases (petition_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget petitioners")
