"""What nats-server is configured with, and what our services sign in with: written once before the server starts.

The file for the server is public: it holds tokens, no key. Invariant: writing it again for the same secrets changes nothing that
matters, so it may be done before every start.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.kernel.refusals import Malformed
from shared.messaging.accounts.claims import content_of, credentials
from shared.messaging.accounts.keys import Kind, Secret
from shared.messaging.accounts.layout import (
    SERVICES_USER,
    Accounts,
    Signers,
    accounts_of,
    core_token,
    operator_token,
    own_user,
    system_token,
)

ACCOUNTS_MAX = 10_000
_RESOLVED_AGAIN = "10s"  # servers of a cluster compare what they have so often: one that was cut off soon knows who is revoked


def configuration(identity: Secret, signing: Secret, *, directory: str, now: datetime) -> dict[str, Any]:
    """Return the part of nats-server's configuration about accounts; it keeps those of agencies in `directory`."""
    accounts, signers = accounts_of(identity), Signers.of(signing)
    return {
        "operator": operator_token(identity, signers, accounts, now=now),
        "system_account": accounts.system,
        "resolver": {
            "type": "full",
            "dir": directory,
            "allow_delete": False,
            "interval": _RESOLVED_AGAIN,
            "limit": ACCOUNTS_MAX,
        },
        "resolver_preload": {
            accounts.system: system_token(accounts, signers, now=now),
            accounts.core: core_token(accounts, signers, now=now),
        },
    }


def services_credentials(identity: Secret, signing: Secret, *, now: datetime) -> str:
    """Return the `.creds` with which our services sign in to CORE."""
    accounts, signers = accounts_of(identity), Signers.of(signing)
    user = signing.key(Kind.USER, SERVICES_USER)
    return credentials(own_user(accounts.core, user, signers.core, name=SERVICES_USER, now=now), user.seed)


def accounts_in(path: Path) -> Accounts:
    """Return the names of our own accounts as the server's file says them. Raises Malformed."""
    try:
        written: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        named = {content_of(token)["name"]: account for account, token in written["resolver_preload"].items()}
        return Accounts(core=named["CORE"], system=named["SYS"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"{path} does not say the accounts of nats-server", code="bad_accounts_file") from error
