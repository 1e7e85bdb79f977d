"""Every kind has its procedure: what it ended with, who sent it, what is in the file; acts that a second person approves."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE petitions
        ADD COLUMN procedure text, ADD COLUMN ending text, ADD COLUMN came_from text, ADD COLUMN answered_on date,
        ADD COLUMN returned text NOT NULL DEFAULT '', ADD COLUMN steps text NOT NULL DEFAULT '',
        ADD COLUMN requests integer NOT NULL DEFAULT 0, ADD COLUMN contests integer NOT NULL DEFAULT 0,
        ADD COLUMN follows uuid
    """,
    """
    UPDATE petitions SET
        procedure = CASE kind WHEN 'complaint' THEN 'complaint.first' ELSE kind || '.ordinary' END,
        ending = CASE WHEN was_refused THEN 'refused' WHEN state IN ('answered', 'closed') THEN 'answered' END,
        answered_on = CASE WHEN state IN ('answered', 'closed') THEN (last_act_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END
    """,
    "ALTER TABLE petitions ALTER COLUMN procedure SET NOT NULL",
    "ALTER TABLE petitions DROP COLUMN was_refused",
    "COMMENT ON COLUMN petitions.ending IS 'answered, refused, guided, terminated or withdrawn; null while it is open'",
    "COMMENT ON COLUMN petitions.came_from IS 'the office that passed it on: it can be returned there'",
    "COMMENT ON COLUMN petitions.follows IS 'the petition whose answer this one contests'",
    "COMMENT ON COLUMN petitions.returned IS 'pairs of offices between which it went back once: the superior decides next time'",
    """
    CREATE TABLE requests (
        petition_id uuid PRIMARY KEY,
        wrapped_key bytea NOT NULL,
        nonce       bytea NOT NULL,
        ciphertext  bytea NOT NULL
    )
    """,
    "COMMENT ON TABLE requests IS 'what a petition asks for, point by point, sealed'",
    """
    ALTER TABLE act_proposals
        ALTER COLUMN effective_at DROP NOT NULL, ALTER COLUMN evidence DROP NOT NULL,
        ADD COLUMN why text NOT NULL DEFAULT 'stated_time'
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget how petitions ended")
