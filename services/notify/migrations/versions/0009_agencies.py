"""Agencies whose own systems take part over NATS, and their credentials: public halves alone."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE agencies (
            office        text PRIMARY KEY,
            account       text NOT NULL UNIQUE,
            registered_at timestamptz NOT NULL,
            registered_by text NOT NULL,
            generation    text,
            in_force_at   timestamptz
        )
        """
    )
    op.execute("COMMENT ON COLUMN agencies.generation IS 'life of the stream PETITIONS that its stream takes its events from'")
    op.execute(
        "COMMENT ON COLUMN agencies.in_force_at IS 'nats-server has taken everything; null: something is still to be told'"
    )
    op.execute(
        """
        CREATE TABLE agency_credentials (
            id           uuid PRIMARY KEY,
            office       text NOT NULL REFERENCES agencies (office),
            public_key   text NOT NULL UNIQUE,
            label        text,
            issued_at    timestamptz NOT NULL,
            issued_by    text NOT NULL,
            ends_at      timestamptz,
            revoked_at   timestamptz,
            revoked_by   text,
            last_seen_at timestamptz
        )
        """
    )
    op.execute("COMMENT ON COLUMN agency_credentials.ends_at IS 'newer ones take their place then'")
    op.execute("CREATE INDEX agency_credentials_by_office ON agency_credentials (office, issued_at)")
    op.execute(
        "CREATE INDEX agency_credentials_ending ON agency_credentials (ends_at) WHERE ends_at IS NOT NULL AND revoked_at IS NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget which credentials are revoked")
