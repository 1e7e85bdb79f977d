"""Who has a conflict of interest in which petition; what the log has heard of it so far is read from there."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE exclusions (
        petition_id uuid NOT NULL,
        person      text NOT NULL,
        PRIMARY KEY (petition_id, person)
    )
    """,
    "COMMENT ON TABLE exclusions IS 'Who sees nothing of a petition: person is the actor that he is in events'",
)
HEARD = sa.text("SELECT aggregate_id, body FROM log WHERE type = 'petitions.routing.person.excluded.v1'")
KEEP = sa.text("INSERT INTO exclusions (petition_id, person) VALUES (:petition_id, :person) ON CONFLICT DO NOTHING")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    connection = op.get_bind()
    for petition_id, body in connection.execute(HEARD).all():
        person = _person(bytes(body))
        if person is not None:
            connection.execute(KEEP, {"petition_id": petition_id, "person": person})


def downgrade() -> None:
    op.execute("DROP TABLE exclusions")


def _person(body: bytes) -> str | None:
    """Return whom an event excludes; None where its body cannot be read: the log keeps those, too."""
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        return None
    person = facts.get("person") if isinstance(facts, dict) else None
    return person if isinstance(person, str) and person else None
