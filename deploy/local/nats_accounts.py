"""The accounts of the nats-server of a city on one machine: the two secrets, and the files that are made from them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.local.secrets import secret_file, write_private
from shared.messaging.accounts.keys import SECRET_BYTES, secrets_in
from shared.messaging.accounts.layout import accounts_of
from shared.messaging.accounts.server import configuration, services_credentials

IDENTITY_KEY = "nats-identity-key"
SIGNING_KEY = "nats-signing-key"
SERVICES_CREDENTIALS = "nats-services.creds"
ACCOUNTS_FILE = "nats-accounts.conf"


@dataclass(frozen=True, slots=True)
class NatsAccounts:
    """What nats-server is configured with, and the files that services are given."""

    configuration: Mapping[str, Any]
    core: str
    accounts_file: Path
    services_credentials: Path
    signing_key: Path


def nats_accounts(var: Path, *, now: datetime) -> NatsAccounts:
    """Make what is not there yet in `var`/secrets; the same secrets give the same accounts."""
    secrets = var.resolve() / "secrets"
    identity_key, signing_key = (
        secret_file(secrets, name, lambda: os.urandom(SECRET_BYTES).hex().encode()) for name in (IDENTITY_KEY, SIGNING_KEY)
    )
    identity, signing = secrets_in(identity_key)[0], secrets_in(signing_key)[0]
    made = configuration(identity, signing, directory=str(var.resolve() / "nats" / "accounts"), now=now)
    write_private(secrets / ACCOUNTS_FILE, json.dumps(made, indent=2).encode())
    write_private(secrets / SERVICES_CREDENTIALS, services_credentials(identity, signing, now=now).encode())
    return NatsAccounts(made, accounts_of(identity).core, secrets / ACCOUNTS_FILE, secrets / SERVICES_CREDENTIALS, signing_key)


def adopt_streams(store: Path, core: str) -> None:
    """Give CORE the streams of a server that had no accounts yet: nats-server does not become healthy with streams of nobody."""
    former, folder = store / "jetstream" / "$G", store / "jetstream" / core
    if former.is_dir() and not folder.exists():
        former.rename(folder)
