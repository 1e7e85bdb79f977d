"""Acts with stated times: proposals that wait for a second person, the time of the last act; more than one answer."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE petitions ADD COLUMN last_act_at timestamptz",
    "COMMENT ON COLUMN petitions.last_act_at IS 'when the last act became true in law; null before the first'",
    "ALTER TABLE offices ADD COLUMN head text, ADD COLUMN absences text NOT NULL DEFAULT '[]'",
    "ALTER TABLE answers DROP CONSTRAINT answers_pkey, ADD PRIMARY KEY (petition_id, answered_at)",
    """
    CREATE TABLE act_proposals (
        id           uuid PRIMARY KEY,
        petition_id  uuid NOT NULL,
        code         text NOT NULL,
        act          text NOT NULL,
        office       text NOT NULL,
        subject      text NOT NULL,
        roles        text NOT NULL,
        effective_at timestamptz NOT NULL,
        evidence     text NOT NULL,
        wrapped_key  bytea NOT NULL,
        nonce        bytea NOT NULL,
        ciphertext   bytea NOT NULL,
        proposed_at  timestamptz NOT NULL,
        decided_at   timestamptz,
        decided_by   text,
        is_confirmed boolean
    )
    """,
    "COMMENT ON COLUMN act_proposals.ciphertext IS 'the request as it was made, sealed: it may hold an answer'",
    "CREATE INDEX act_proposals_open ON act_proposals (office, proposed_at) WHERE decided_at IS NULL",
    "CREATE INDEX act_proposals_of_petition ON act_proposals (petition_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget proposals")
