"""The ledger's tables as PostgreSQL reads them. A published revision never changes: a change is a new function."""

from typing import Protocol

LEDGER_V1 = (
    """
    CREATE TABLE events (
        seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id             uuid NOT NULL UNIQUE,
        aggregate_id   uuid NOT NULL,
        version        integer NOT NULL,
        type           text NOT NULL,
        effective_at   timestamptz NOT NULL,
        recorded_at    timestamptz NOT NULL,
        actor          text NOT NULL,
        correlation_id uuid NOT NULL,
        cause_id       uuid,
        cause_source   text,
        cause_version  integer,
        office         text NOT NULL,
        is_sealed      boolean NOT NULL,
        traceparent    text,
        body           text NOT NULL,
        UNIQUE (aggregate_id, version)
    )
    """,
    "COMMENT ON TABLE events IS 'Append-only: what this service said. The stream can be rebuilt from it.'",
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        RAISE EXCEPTION 'events are append-only: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events EXECUTE FUNCTION refuse_change()",
    """
    CREATE TABLE outbox (seq bigint PRIMARY KEY)
    WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0)
    """,
    "CREATE TABLE event_heads (aggregate_id uuid PRIMARY KEY, version integer NOT NULL) WITH (fillfactor = 80)",
    """
    CREATE TABLE inbox_heads (
        aggregate_id uuid NOT NULL,
        source       text NOT NULL,
        version      integer NOT NULL,
        PRIMARY KEY (aggregate_id, source)
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE TABLE parked (
        id            uuid PRIMARY KEY,
        consumer      text NOT NULL,
        stream        text NOT NULL,
        stream_seq    bigint NOT NULL,
        subject       text NOT NULL,
        headers       jsonb NOT NULL,
        body          bytea NOT NULL,
        reason        text NOT NULL,
        deliveries    integer NOT NULL,
        aggregate_id  uuid,
        parked_at     timestamptz NOT NULL,
        replayed_at   timestamptz
    )
    """,
    "CREATE INDEX parked_waiting ON parked (parked_at) WHERE replayed_at IS NULL",
)


LEDGER_V2 = (
    "ALTER TABLE events ADD COLUMN authority text",
    "COMMENT ON COLUMN events.authority IS 'The right that was used, as officer@hanoi-00070; null before it was recorded'",
)


class Executes(Protocol):
    """Alembic's `op`, as far as it is needed here."""

    def execute(self, sqltext: str) -> None: ...


def create_ledger(op: Executes) -> None:
    """Create events, outbox, event_heads, inbox_heads and parked: the first revision of every schema."""
    for statement in LEDGER_V1:
        op.execute(statement)


def record_authority(op: Executes) -> None:
    """Let the ledger keep the right under which each event came to be: a later revision of every schema."""
    for statement in LEDGER_V2:
        op.execute(statement)
