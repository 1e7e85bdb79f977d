"""Deadlines that can be paused, lengthened and moved; plans by number; amendments of calendars and rules."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE petitions ADD COLUMN procedure text, ADD COLUMN traits text NOT NULL DEFAULT ''",
    """
    UPDATE petitions SET procedure = CASE kind WHEN 'complaint' THEN 'complaint.first' ELSE kind || '.ordinary' END
    """,
    "ALTER TABLE petitions ALTER COLUMN procedure SET NOT NULL",
    "COMMENT ON COLUMN petitions.traits IS 'circumstances on which limits depend, between spaces'",
    "CREATE INDEX petitions_unrouted ON petitions (lodged_at) WHERE office IS NULL",
    "ALTER TABLE deadlines RENAME COLUMN plan TO steps",
    """
    UPDATE deadlines SET steps = (
        SELECT jsonb_agg(
            jsonb_build_array(
                (extract(epoch FROM CAST(s ->> 0 AS timestamptz)) * 1000000)::bigint, left(s ->> 1, 1), CAST(s ->> 2 AS int)
            ) ORDER BY place
        )
        FROM jsonb_array_elements(CAST(steps AS jsonb) -> 'steps') WITH ORDINALITY AS e (s, place)
    )
    """,
    """
    ALTER TABLE deadlines
        ADD COLUMN plan smallint NOT NULL DEFAULT 1,
        ADD COLUMN occurrence smallint NOT NULL DEFAULT 1,
        ADD COLUMN planned_on date,
        ADD COLUMN given_by text,
        ADD COLUMN pauses text,
        ADD COLUMN extended_by integer NOT NULL DEFAULT 0,
        ADD COLUMN extension_acts smallint NOT NULL DEFAULT 0,
        ADD COLUMN due_without_extension_at timestamptz,
        ADD COLUMN calendar text,
        ADD COLUMN calendar_version text,
        ADD COLUMN is_urgent boolean NOT NULL DEFAULT false,
        ADD COLUMN rung smallint NOT NULL DEFAULT 0,
        ADD COLUMN acknowledged_level smallint NOT NULL DEFAULT 0,
        ADD COLUMN paused_on date,
        ADD COLUMN paused_by text,
        ADD COLUMN ended_fact text,
        DROP CONSTRAINT deadlines_outcome_check,
        ADD CONSTRAINT deadlines_outcome_check CHECK (outcome IN ('met', 'late', 'void', 'lapsed', 'in_force'))
    """,
    """
    UPDATE deadlines d SET
        due_without_extension_at = due_at,
        calendar = n.derivation::jsonb ->> 'calendar',
        calendar_version = n.derivation::jsonb ->> 'calendar_version',
        given_by = n.derivation::jsonb -> 'counted' ->> 'given_by',
        ended_fact = CASE WHEN ended_by IS NOT NULL THEN split_part(ended_by, '.', 4) END
    FROM derivations n WHERE n.deadline_id = d.id
    """,
    """
    ALTER TABLE deadlines
        ALTER COLUMN due_without_extension_at SET NOT NULL,
        ALTER COLUMN calendar SET NOT NULL,
        ALTER COLUMN calendar_version SET NOT NULL
    """,
    "COMMENT ON COLUMN deadlines.steps IS 'JSON: the present plan, each step as [microseconds, kind, number, climb, answer by]'",
    "COMMENT ON COLUMN deadlines.pauses IS 'JSON: days left out, each as [from, to)'",
    "COMMENT ON COLUMN deadlines.rung IS 'how high in superiors somebody was told, 0: nobody'",
    """
    ALTER TABLE derivations
        ADD COLUMN plan smallint NOT NULL DEFAULT 1, DROP CONSTRAINT derivations_pkey, ADD PRIMARY KEY (deadline_id, plan)
    """,
    "ALTER TABLE offices ADD COLUMN head text, ADD COLUMN absences text, ADD COLUMN is_reception boolean NOT NULL DEFAULT false",
    """
    CREATE TABLE acknowledgements (
        id              uuid PRIMARY KEY,
        deadline_id     uuid NOT NULL,
        level           smallint NOT NULL,
        office          text NOT NULL,
        actor           text NOT NULL,
        note            text NOT NULL,
        acknowledged_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX acknowledgements_of_deadline ON acknowledgements (deadline_id)",
    """
    CREATE TABLE lawbook (
        is_whole   boolean PRIMARY KEY DEFAULT true CHECK (is_whole),
        amendments bigint NOT NULL,
        offices    bigint NOT NULL
    )
    """,
    "INSERT INTO lawbook (amendments, offices) VALUES (0, 0)",
    "COMMENT ON TABLE lawbook IS 'Counts the changes of law and directory, so that every replica knows when to read them again'",
    """
    CREATE TABLE calendars (
        name    text NOT NULL,
        version text NOT NULL,
        content text NOT NULL,
        PRIMARY KEY (name, version)
    )
    """,
    "COMMENT ON TABLE calendars IS 'Every wording of a calendar that a deadline was ever counted by'",
    """
    CREATE TABLE amendments (
        id           uuid PRIMARY KEY,
        number       bigint NOT NULL UNIQUE,
        kind         text NOT NULL CHECK (kind IN ('calendar', 'rule')),
        name         text NOT NULL,
        content      text NOT NULL,
        actor        text NOT NULL,
        applied_at   timestamptz NOT NULL,
        planned_at   timestamptz,
        moves        integer NOT NULL DEFAULT 0,
        finished_at  timestamptz
    )
    """,
    """
    CREATE TABLE amendment_moves (
        amendment_id uuid NOT NULL,
        deadline_id  uuid NOT NULL,
        moved_at     timestamptz,
        PRIMARY KEY (amendment_id, deadline_id)
    )
    """,
    "CREATE INDEX amendment_moves_open ON amendment_moves (amendment_id, deadline_id) WHERE moved_at IS NULL",
    """
    CREATE TABLE calendar_alerts (
        calendar  text NOT NULL,
        year      smallint NOT NULL,
        raised_at timestamptz NOT NULL,
        PRIMARY KEY (calendar, year)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget pauses and amendments")
