"""Accounts of nats-server as files for containers: one directory for the server, one for our services."""

import json
from datetime import datetime
from pathlib import Path

from shared.messaging.accounts.keys import secrets_in
from shared.messaging.accounts.layout import accounts_of
from shared.messaging.accounts.server import configuration, services_credentials

ACCOUNTS_FILE, CORE_FILE, SERVICES_FILE = "accounts.conf", "core", "services.creds"
PUBLIC, SECRET = 0o644, 0o640


def write_accounts(*, identity: Path, signing: Path, server: Path, services: Path, kept_in: str, now: datetime) -> str:
    """Write the files; return the name of CORE. Raises Malformed, OSError."""
    who, by = secrets_in(identity)[0], secrets_in(signing)[0]
    core = accounts_of(who).core
    _put(server / ACCOUNTS_FILE, json.dumps(configuration(who, by, directory=kept_in, now=now), indent=2), PUBLIC)
    _put(server / CORE_FILE, core, PUBLIC)
    _put(services / SERVICES_FILE, services_credentials(who, by, now=now), SECRET)
    return core


def _put(path: Path, content: str, mode: int) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(content, encoding="utf-8")
    draft.chmod(mode)
    draft.replace(path)
