"""The petitioner's secret: who holds it beside the code is the petitioner, and may withdraw, contest and judge the answer.

It looks like a tracking code, and is never written down here: it is derived from the petition's id and the master key each time,
so that the same lodging gets the same receipt. The code alone is known to officers and on paper; it only lets one look.
"""

import hmac

from services.intake.domain import code as codes

_PURPOSE = b"caunoi/petitioner/v1/"


def context_of(petition_id: bytes) -> bytes:
    """Return what the secret of a petition is derived from."""
    return _PURPOSE + petition_id


def secret_of(stamp: bytes) -> str:
    """Return the secret that a stamp stands for."""
    return codes.mint(stamp)


def is_secret(written: str, stamp: bytes) -> bool:
    """Whether somebody wrote the secret; one that was misread or mistyped is another one."""
    try:
        return hmac.compare_digest(codes.parse(written), secret_of(stamp))
    except codes.BadCode:
        return False
