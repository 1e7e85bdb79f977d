"""Comparisons of the log with the services' own records, and where they differ."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE comparisons (
        id           uuid PRIMARY KEY,
        as_of        timestamptz NOT NULL,
        begun_at     timestamptz NOT NULL,
        seen_at      timestamptz NOT NULL,
        finished_at  timestamptz,
        events       bigint NOT NULL DEFAULT 0,
        on_their_way integer NOT NULL DEFAULT 0,
        differences  integer NOT NULL DEFAULT 0,
        by_kind      jsonb NOT NULL DEFAULT '{}',
        by_service   jsonb NOT NULL DEFAULT '{}',
        problem      text
    )
    """,
    "CREATE INDEX comparisons_latest ON comparisons (begun_at)",
    """
    CREATE TABLE comparison_differences (
        run_id       uuid NOT NULL,
        place        integer NOT NULL,
        kind         text NOT NULL,
        source       text NOT NULL,
        aggregate_id uuid NOT NULL,
        code         text,
        version      integer NOT NULL,
        event_id     uuid NOT NULL,
        type         text NOT NULL,
        position     bigint,
        fields       text NOT NULL,
        PRIMARY KEY (run_id, place)
    )
    """,
    "COMMENT ON COLUMN comparison_differences.code IS 'null of a denunciation: it is found by its id, by right'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE comparison_differences")
    op.execute("DROP TABLE comparisons")
