"""Which offices' systems may take part, and with which credentials. Pure."""

from datetime import timedelta

from shared.kernel.refusals import Refused, Unknown

OVERLAP_MAX = timedelta(days=30)
CREDENTIALS_MAX = 50
"""How many good credentials an agency may have at one time."""

REVOKED, REPLACED = "revoked", "replaced"


class NotSetUp(Refused):
    """nats-server has no accounts, or this service no key to sign them with."""

    code = "agencies_not_set_up"


class NoOffice(Unknown):
    """The directory has no such office."""

    code = "office_unknown"


class NoAgency(Unknown):
    code = "agency_not_found"


class NoCredentials(Unknown):
    code = "credentials_not_found"


class KeyTaken(Refused):
    """The public key is another agency's, or was revoked: whoever had it must not come back by it."""

    code = "public_key_taken"


class TooMany(Refused):
    code = "too_many_credentials"
