"""Which petitions belong together; what the log has heard of it so far is read from there."""

import json
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE relations (
        petition_id uuid NOT NULL,
        other_id    uuid NOT NULL,
        relation    text NOT NULL,
        PRIMARY KEY (petition_id, other_id, relation)
    )
    """,
    "CREATE INDEX relations_back ON relations (other_id)",
    "COMMENT ON TABLE relations IS 'petition_id follows, is part_of, was merged_into or unmerged_from other_id'",
)
NAMED = (
    ("petitions.intake.petition.lodged.v1", "follows", "follows"),
    ("petitions.intake.petition.lodged.v1", "part_of", "part_of"),
    ("petitions.routing.petition.merged.v1", "into", "merged_into"),
    ("petitions.routing.petition.unmerged.v1", "out_of", "unmerged_from"),
)
HEARD = sa.text("SELECT aggregate_id, body FROM log WHERE type = :type AND position(CAST(:named AS bytea) in body) > 0")
KEEP = sa.text(
    "INSERT INTO relations (petition_id, other_id, relation) VALUES (:petition_id, :other_id, :relation) ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    connection = op.get_bind()
    for event_type, field, relation in NAMED:
        values = {"type": event_type, "named": f'"{field}":"'.encode()}
        for petition_id, body in connection.execute(HEARD, values).all():
            other = _other(bytes(body), field)
            if other is not None:
                connection.execute(KEEP, {"petition_id": petition_id, "other_id": other, "relation": relation})


def downgrade() -> None:
    op.execute("DROP TABLE relations")


def _other(body: bytes, field: str) -> UUID | None:
    """Return the petition that an event names; None where its body cannot be read: the log keeps those, too."""
    try:
        facts = json.loads(body)
        return UUID(facts[field])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
