"""Agencies' webhooks: subscriptions with their secrets, events as they are sent, deliveries and every attempt."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE webhooks (
        id              uuid PRIMARY KEY,
        office          text NOT NULL,
        url             text NOT NULL,
        description     text NOT NULL,
        event_types     text[],
        state           text NOT NULL CHECK (state IN ('active', 'paused', 'removed')),
        paused_why      text,
        paused_at       timestamptz,
        created_at      timestamptz NOT NULL,
        created_by      text NOT NULL,
        failures        integer NOT NULL DEFAULT 0,
        failing_since   timestamptz,
        held_until      timestamptz,
        is_slow         boolean NOT NULL DEFAULT false,
        warned_at       timestamptz,
        last_success_at timestamptz,
        last_failure_at timestamptz,
        last_failure    text
    ) WITH (fillfactor = 50)
    """,
    "COMMENT ON COLUMN webhooks.event_types IS 'names of events; null: all'",
    "COMMENT ON COLUMN webhooks.held_until IS 'nothing is sent before this: the endpoint is left alone for a while'",
    "CREATE INDEX webhooks_of_office ON webhooks (office, created_at) WHERE state <> 'removed'",
    "CREATE INDEX webhooks_active ON webhooks (id) WHERE state = 'active'",
    """
    CREATE TABLE webhook_secrets (
        webhook_id  uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
        number      integer NOT NULL,
        wrapped_key bytea NOT NULL,
        nonce       bytea NOT NULL,
        ciphertext  bytea NOT NULL,
        created_at  timestamptz NOT NULL,
        ends_at     timestamptz,
        PRIMARY KEY (webhook_id, number)
    )
    """,
    "COMMENT ON TABLE webhook_secrets IS 'Encrypted under the key of webhooks; null in ends_at: the one in force'",
    """
    CREATE TABLE webhook_events (
        event_id     uuid PRIMARY KEY,
        position     bigint GENERATED ALWAYS AS IDENTITY,
        aggregate_id uuid NOT NULL,
        office       text NOT NULL,
        type         text NOT NULL,
        heard_at     timestamptz NOT NULL,
        body         text,
        trouble      text
    )
    """,
    "COMMENT ON TABLE webhook_events IS 'Events of offices that have a subscription, as they are sent; one row whoever gets it'",
    "COMMENT ON COLUMN webhook_events.trouble IS 'why there is no body: it cannot be sent'",
    "CREATE INDEX webhook_events_of_office ON webhook_events (office, heard_at)",
    "CREATE INDEX webhook_events_oldest ON webhook_events (heard_at)",
    """
    CREATE TABLE webhook_deliveries (
        id              uuid PRIMARY KEY,
        webhook_id      uuid NOT NULL,
        event_id        uuid NOT NULL,
        aggregate_id    uuid NOT NULL,
        type            text NOT NULL,
        position        bigint NOT NULL,
        state           text NOT NULL CHECK (state IN ('waiting', 'delivered', 'parked', 'skipped')),
        reason          text,
        attempts        integer NOT NULL DEFAULT 0,
        attempts_before integer NOT NULL DEFAULT 0,
        first_tried_at  timestamptz,
        next_try_at     timestamptz,
        leased_until    timestamptz,
        created_at      timestamptz NOT NULL,
        settled_at      timestamptz,
        UNIQUE (webhook_id, event_id)
    ) WITH (fillfactor = 70)
    """,
    "COMMENT ON COLUMN webhook_deliveries.position IS 'in the order of the events: of one petition the later one waits'",
    "COMMENT ON COLUMN webhook_deliveries.attempts_before IS 'attempts before somebody had it sent again: they count no more'",
    "COMMENT ON COLUMN webhook_deliveries.first_tried_at IS 'of the attempts that count'",
    """
    CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_try_at, position) WHERE state = 'waiting'
    """,
    """
    CREATE INDEX webhook_deliveries_lane ON webhook_deliveries (webhook_id, aggregate_id, position) WHERE state = 'waiting'
    """,
    "CREATE INDEX webhook_deliveries_log ON webhook_deliveries (webhook_id, position)",
    "CREATE INDEX webhook_deliveries_oldest ON webhook_deliveries (created_at) WHERE state = 'waiting'",
    "CREATE INDEX webhook_deliveries_settled ON webhook_deliveries (settled_at) WHERE state <> 'waiting'",
    """
    CREATE TABLE webhook_attempts (
        delivery_id      uuid NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
        number           integer NOT NULL,
        started_at       timestamptz NOT NULL,
        ended_at         timestamptz,
        outcome          text,
        status           integer,
        url              text,
        address          text,
        request_headers  jsonb,
        response_headers jsonb,
        response_body    text,
        is_cut           boolean NOT NULL DEFAULT false,
        PRIMARY KEY (delivery_id, number)
    ) WITH (fillfactor = 50)
    """,
    "COMMENT ON TABLE webhook_attempts IS 'Written before it is sent: one without an end broke off, and may have arrived'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget who is owed what")
