"""Ways beside mail: what a petitioner wants, which way a notice goes, what came back of it, and words of the city's own."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE notices
        ADD COLUMN channel   text,
        ADD COLUMN tries     integer NOT NULL DEFAULT 0,
        ADD COLUMN given_up  text[] NOT NULL DEFAULT '{}',
        ADD COLUMN held_for  text,
        ADD COLUMN round     integer NOT NULL DEFAULT 0,
        ADD COLUMN is_urgent boolean NOT NULL DEFAULT false,
        ADD COLUMN person    text,
        ALTER COLUMN cause_id DROP NOT NULL,
        ALTER COLUMN cause_source DROP NOT NULL,
        ALTER COLUMN cause_version DROP NOT NULL
    """,
    "UPDATE notices SET tries = attempts WHERE state = 'waiting' AND attempts > 0",
    "COMMENT ON COLUMN notices.channel IS 'by which it was tried last; null before'",
    "COMMENT ON COLUMN notices.tries IS 'attempts by this channel'",
    "COMMENT ON COLUMN notices.given_up IS 'channels that will not be tried again for it'",
    "COMMENT ON COLUMN notices.held_for IS 'why it waits beyond its hour: quiet, or a channel that is down'",
    "COMMENT ON COLUMN notices.round IS 'how often it was taken up again after it was settled: a bounce, an operator'",
    "COMMENT ON COLUMN notices.person IS 'account of whoever is told by himself; null: an office or a petitioner'",
    "CREATE INDEX notices_held ON notices (held_for) WHERE state = 'waiting' AND held_for IS NOT NULL",
    """
    ALTER TABLE attempts
        ADD COLUMN channel     text NOT NULL DEFAULT 'email',
        ADD COLUMN mark        bytea,
        ADD COLUMN provider_id text,
        ADD COLUMN report      text,
        ADD COLUMN report_code text,
        ADD COLUMN reported_at timestamptz
    """,
    "COMMENT ON COLUMN attempts.mark IS 'keyed digest of the address: tells the same one again, and nothing else'",
    "COMMENT ON COLUMN attempts.report IS 'what came back after it was taken: delivered, delayed, bounced'",
    """
    CREATE TABLE bad_addresses (
        owner_id  uuid NOT NULL,
        mark      bytea NOT NULL,
        channel   text NOT NULL,
        reason    text NOT NULL,
        notice_id uuid NOT NULL,
        since     timestamptz NOT NULL,
        PRIMARY KEY (owner_id, mark)
    )
    """,
    "COMMENT ON TABLE bad_addresses IS 'Addresses that bounced, each for one petitioner or office'",
    """
    CREATE TABLE preferences (
        petitioner_id uuid PRIMARY KEY,
        petition_id   uuid NOT NULL,
        wanted        text NOT NULL,
        updated_at    timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE subscriptions (
        id            uuid PRIMARY KEY,
        petitioner_id uuid NOT NULL,
        petition_id   uuid NOT NULL,
        wrapped_key   bytea NOT NULL,
        nonce         bytea NOT NULL,
        ciphertext    bytea NOT NULL,
        created_at    timestamptz NOT NULL
    )
    """,
    "CREATE INDEX subscriptions_of_petitioner ON subscriptions (petitioner_id)",
    "COMMENT ON TABLE subscriptions IS 'Browsers that are told by web push; address and keys are encrypted'",
    """
    CREATE TABLE wordings (
        name       text NOT NULL,
        version    integer NOT NULL,
        content    text,
        actor      text NOT NULL,
        note       text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (name, version)
    )
    """,
    "COMMENT ON TABLE wordings IS 'The city''s own words for a notice, never changed; null in content: the shipped ones again'",
    """
    CREATE TABLE people (
        actor        text PRIMARY KEY,
        id           uuid NOT NULL UNIQUE,
        roles        text[] NOT NULL,
        office       text,
        language     text NOT NULL,
        wants_digest boolean NOT NULL,
        wrapped_key  bytea,
        nonce        bytea,
        ciphertext   bytea,
        is_confirmed boolean NOT NULL,
        code_digest  bytea,
        code_ends_at timestamptz,
        guesses      integer NOT NULL DEFAULT 0,
        seen_at      timestamptz NOT NULL
    )
    """,
    "COMMENT ON TABLE people IS 'Officers, heads and leaders with an address of their own, encrypted, used once confirmed'",
    "CREATE TABLE mornings (day date PRIMARY KEY, planned_at timestamptz NOT NULL, people integer NOT NULL)",
    """
    CREATE TABLE calendars (
        name       text PRIMARY KEY,
        content    text NOT NULL,
        is_stale   boolean NOT NULL DEFAULT false,
        fetched_at timestamptz NOT NULL
    )
    """,
    "COMMENT ON TABLE calendars IS 'Working days as escalation told them last'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup: going back would forget what was sent by which way")
