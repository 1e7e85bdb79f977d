"""Alembic's way into this service's schema."""

from shared.persistence.migrations import run_env

run_env(schema="notify")
