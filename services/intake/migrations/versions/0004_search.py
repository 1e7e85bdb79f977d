"""What petitions are found by: place, office, state, nearest deadline, and keyed digests of the words of their text."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE search_entries (
        petition_id  uuid PRIMARY KEY,
        kind         text NOT NULL,
        jurisdiction text NOT NULL,
        commune      text,
        lodged_at    timestamptz NOT NULL,
        office       text,
        state        text NOT NULL,
        is_open      boolean NOT NULL,
        next_due_at  timestamptz
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON TABLE search_entries IS 'One row per petition that may be listed: none of a denunciation'",
    "COMMENT ON COLUMN search_entries.next_due_at IS 'nearest running clock; null where none runs'",
    "CREATE INDEX search_newest ON search_entries (lodged_at, petition_id)",
    "CREATE INDEX search_newest_of_office ON search_entries (office, lodged_at, petition_id)",
    "CREATE INDEX search_newest_of_office_in_state ON search_entries (office, state, lodged_at, petition_id)",
    "CREATE INDEX search_newest_of_commune ON search_entries (commune, lodged_at, petition_id)",
    "CREATE INDEX search_newest_in_state ON search_entries (state, lodged_at, petition_id)",
    "CREATE INDEX search_due ON search_entries (COALESCE(next_due_at, 'infinity'), petition_id) WHERE is_open",
    "CREATE INDEX search_due_of_office ON search_entries (office, COALESCE(next_due_at, 'infinity'), petition_id) WHERE is_open",
    "CREATE TABLE search_words (petition_id uuid PRIMARY KEY, words bigint[] NOT NULL)",
    "COMMENT ON TABLE search_words IS 'Keyed digests of folded words: apart, so that a change of state leaves the index alone'",
    "CREATE INDEX search_words_all ON search_words USING gin (words)",
    "ALTER TABLE search_words ALTER COLUMN words SET STATISTICS 1000",
    "ALTER TABLE offices ADD COLUMN parent text",
    "ALTER TABLE clocks ADD COLUMN concerns_petitioner boolean NOT NULL DEFAULT true",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget which clocks are not the petitioner's")
