"""What was erased by rule, and what is held back from it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE erasures (petition_id uuid PRIMARY KEY, erased_at timestamptz NOT NULL)",
    "COMMENT ON TABLE erasures IS 'Petitions whose keys were destroyed: what happened to them stays, what was said is gone'",
    """
    CREATE TABLE holds (
        petition_id uuid PRIMARY KEY,
        reason      text NOT NULL,
        held_by     text NOT NULL,
        held_at     timestamptz NOT NULL
    )
    """,
    "CREATE INDEX steps_closed ON steps (effective_at) WHERE what = 'closed' AND source = 'routing'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what was erased")
