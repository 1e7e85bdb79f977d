"""The environment variables of a city on one machine: the same ones that containers are given (.env.example).

Invariant: what this city needs is decided here and not by a stray variable of the shell that started it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.accounts import DEMO_CLIENT, DEMO_CLIENT_KEY
from deploy.local.nats_accounts import ACCOUNTS_FILE, SERVICES_CREDENTIALS, SIGNING_KEY, nats_accounts
from deploy.local.secrets import client_line, secret, secret_file
from deploy.names import AUDIENCE, DATABASE, LOOPBACK, PAGES_CLIENT, SERVICES
from shared.kernel.clock import SystemClock

MASTER_KEY_BYTES = 32
CLIENT_KEYS = "open311-keys"
NOTIFY_KEY, PUSH_KEY, PHONE_KEY = "notify-key", "push-key", "phone-gateway"
CHANNELS = ("sms", "zalo")
BOUNCES, CONTACT = "tra-lai@caunoi.local", "van-hanh@caunoi.local"
SENDER = "Cầu Nối <khong-tra-loi@caunoi.local>"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a running city listen."""

    url: str
    postgres_port: int
    nats_url: str
    smtp_port: int


def environment(var: Path, places: Places, *, given: Mapping[str, str]) -> dict[str, str]:
    """Return what the five services are to read, over what the shell has `given` (telemetry, log level, …)."""
    secrets = var / "secrets"
    own = {
        "CAUNOI_BUS__URL": places.nats_url,
        **_of_accounts(secrets),
        **_identity(places.url, secrets),
        "INTAKE_MASTER_KEY_FILE": str(secrets / "master-key"),
        "INTAKE_SEALED_KEY_FILE": str(secrets / "sealed-key"),
        "ROUTING_MASTER_KEY_FILE": str(secrets / "master-key"),
        "ROUTING_SEALED_KEY_FILE": str(secrets / "sealed-key"),
        "INTAKE_ATTACHMENTS_DIR": str(var / "attachments"),
        "INTAKE_OPEN311_KEYS_FILE": str(secrets / CLIENT_KEYS),
        "INTAKE_ROUTING_URL": f"{places.url}/routing",
        "INTAKE_AUDIT_URL": f"{places.url}/audit",
        "INTAKE_PROOF_URL": f"{places.url}/audit/proof",
        "INTAKE_RECEIPT_URL": f"{places.url}/intake/receipt",
        "ROUTING_INTAKE_URL": f"{places.url}/intake",
        "ROUTING_ESCALATION_URL": f"{places.url}/escalation",
        **_of_audit(places.url, var),
        "NOTIFY_INTAKE_URL": f"{places.url}/intake",
        "NOTIFY_ROUTING_URL": f"{places.url}/routing",
        "NOTIFY_PUBLIC_URL": places.url,
        "NOTIFY_SMTP__HOST": LOOPBACK,
        "NOTIFY_SMTP__PORT": str(places.smtp_port),
        **_ways(places.url, secrets),
    }
    for service in SERVICES:
        own[f"{service.upper()}_DATABASE__URL"] = f"postgresql://{service}@{LOOPBACK}:{places.postgres_port}/{DATABASE}"
        own[f"{service.upper()}_DATABASE__PASSWORD_FILE"] = str(secrets / f"database-{service}")
    return {name: value for name, value in given.items() if not _is_ours(name)} | own


def _identity(url: str, secrets: Path) -> dict[str, str]:
    """Return whose tokens count, and what the pages are called there."""
    return {
        "CAUNOI_IDENTITY__ISSUER": f"{url}/issuer",
        "CAUNOI_IDENTITY__JWKS_URL": f"{url}/issuer/jwks",
        "CAUNOI_IDENTITY__AUDIENCE": AUDIENCE,
        "CAUNOI_IDENTITY__CLIENT_ID": PAGES_CLIENT,
        "CAUNOI_IDENTITY__SERVICE_SECRET_FILE": str(secrets / "service-tokens"),
    }


def _of_audit(url: str, var: Path) -> dict[str, str]:
    """Return whom audit asks, and where it keeps what it closes over."""
    return {f"AUDIT_{name.upper()}_URL": f"{url}/{name}" for name in SERVICES if name != "audit"} | {
        "AUDIT_LOG_KEY_FILE": str(var / "secrets" / "log-key"),
        "AUDIT_LOG_DIR": str(var / "tiles"),
        "AUDIT_LOG_PACE_SECONDS": "1",
    }


def _ways(url: str, secrets: Path) -> dict[str, str]:
    """Return how notify tells people beside mail, and what it keeps what they give it with."""
    own = {
        "NOTIFY_SMTP__SECURITY": "none",
        "NOTIFY_SMTP__SENDER": SENDER,
        "NOTIFY_SMTP__BOUNCES": BOUNCES,
        "NOTIFY_ESCALATION_URL": f"{url}/escalation",
        "NOTIFY_KEY_FILE": str(secrets / NOTIFY_KEY),
        "NOTIFY_PUSH__KEY_FILE": str(secrets / PUSH_KEY),
        "NOTIFY_PUSH__CONTACT": CONTACT,
        **_webhooks(secrets),
    }
    for channel in CHANNELS:
        own[f"NOTIFY_{channel.upper()}__URL"] = f"{url}/phone/{channel}"
        own[f"NOTIFY_{channel.upper()}__KEY_FILE"] = str(secrets / PHONE_KEY)
        own[f"NOTIFY_{channel.upper()}__SENDER"] = "CAUNOI"
    return own


def _of_accounts(secrets: Path) -> dict[str, str]:
    """Return where services find what nats-server's accounts are about."""
    return {
        "CAUNOI_BUS__CREDENTIALS_FILE": str(secrets / SERVICES_CREDENTIALS),
        "NOTIFY_AGENCIES__SIGNING_KEY_FILE": str(secrets / SIGNING_KEY),
        "NOTIFY_AGENCIES__ACCOUNTS_FILE": str(secrets / ACCOUNTS_FILE),
    }


def _webhooks(secrets: Path) -> dict[str, str]:
    """Return what agencies' webhooks need, and that their endpoints may be programs on this machine."""
    return {
        "NOTIFY_WEBHOOKS__KEY_FILE": str(secrets / "webhook-key"),
        "NOTIFY_WEBHOOKS__ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "NOTIFY_WEBHOOKS__ALLOW_HTTP": "true",
    }


def make_secrets(var: Path) -> dict[str, str]:
    """Make every secret that is not there yet; return the database passwords by service."""
    secrets = var / "secrets"
    secret(secrets, "service-tokens")
    for name in ("master-key", "sealed-key", "log-key", "webhook-key"):
        secret_file(secrets, name, lambda: os.urandom(MASTER_KEY_BYTES).hex().encode())
    secret_file(secrets, NOTIFY_KEY, lambda: os.urandom(MASTER_KEY_BYTES).hex().encode())
    secret_file(secrets, PUSH_KEY, push_key)
    secret(secrets, PHONE_KEY)
    nats_accounts(var, now=SystemClock().now())
    secret_file(secrets, CLIENT_KEYS, lambda: client_line(DEMO_CLIENT, DEMO_CLIENT_KEY).encode())
    return {service: secret(secrets, f"database-{service}") for service in SERVICES}


def push_key() -> bytes:
    """Return a new key of the city at push services (VAPID, P-256)."""
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(form, kind, serialization.NoEncryption())


def _is_ours(name: str) -> bool:
    """Tell whether a variable of the shell says where a part of a city is: another city's, not this one's."""
    notify = ("NOTIFY_SMTP__", "NOTIFY_SMS__", "NOTIFY_ZALO__", "NOTIFY_PUSH__", "NOTIFY_AGENCIES__", "NOTIFY_WEBHOOKS__")
    prefixes = ("CAUNOI_BUS__", "CAUNOI_IDENTITY__", *(f"{service.upper()}_DATABASE__" for service in SERVICES), *notify)
    return name.startswith(prefixes)
