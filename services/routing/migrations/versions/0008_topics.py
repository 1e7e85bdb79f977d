"""How the topic of a petition is known, what persons said that petitions are about; when petitioners last added something.

Competence tables that operators applied, and what was found when they were tried.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE petitions ADD COLUMN topic_origin text NOT NULL DEFAULT 'none'",
    "ALTER TABLE petitions ADD COLUMN added_at timestamptz",
    "COMMENT ON COLUMN petitions.added_at IS 'when its petitioner, or one of those merged into it, last added something'",
    "ALTER TABLE petitions ADD COLUMN is_at_place boolean NOT NULL DEFAULT true",
    "UPDATE petitions SET topic_origin = 'given' WHERE topic IS NOT NULL",
    """
    CREATE TABLE topics_confirmed (
        petition_id  uuid PRIMARY KEY,
        topic        text NOT NULL,
        before       text,
        suggested    text,
        model        text,
        confirmed_at timestamptz NOT NULL
    )
    """,
    "COMMENT ON TABLE topics_confirmed IS 'What suggestions are measured and trained with; the words stay in the vault'",
    """
    CREATE TABLE competence_previews (
        sha256       text PRIMARY KEY,
        petitions    integer NOT NULL,
        changes      integer NOT NULL,
        previewed_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE competence_tables (
        jurisdiction text NOT NULL,
        version      text NOT NULL,
        valid_from   date NOT NULL,
        content      text NOT NULL,
        applied_by   text NOT NULL,
        applied_at   timestamptz NOT NULL,
        PRIMARY KEY (jurisdiction, version)
    )
    """,
    "CREATE INDEX topics_confirmed_latest ON topics_confirmed (confirmed_at DESC, petition_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what persons said")
