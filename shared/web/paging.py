"""Pages by cursor: where a page ended, so that the next begins there whatever was added or removed meanwhile."""

from datetime import UTC, datetime
from uuid import UUID

from shared.kernel.refusals import Malformed

NUMBER_MAX = 2**63 - 1
"""The largest number that a table counts to."""
VERSION_MAX = 2**31 - 1
_NEVER = "-"
_REMEDY = "gửi giá trị next của trang trước, hoặc bỏ trống · send `next` of the page before, or leave it out"

Place = tuple[datetime | None, UUID]
"""The key of the last line of a page: an instant (None: never, after every instant) and an id."""


def cursor_of(at: datetime | None, last: UUID) -> str:
    """Return the cursor of the page that follows the line with this key."""
    return f"{at.isoformat() if at else _NEVER}~{last}"


def place_of(cursor: str | None) -> Place | None:
    """Return where a page begins, None for the first. Raises Malformed."""
    if cursor is None:
        return None
    at, _, last = cursor.partition("~")
    try:
        return None if at == _NEVER else datetime.fromisoformat(at).astimezone(UTC), UUID(last)
    except (ValueError, OverflowError) as error:
        raise _unreadable() from error


def id_of(cursor: str | None) -> UUID | None:
    """Return the id after which a page of a list in the order of ids begins, None for the first. Raises Malformed."""
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError as error:
        raise _unreadable() from error


def versioned_of(cursor: str | None) -> tuple[UUID, int] | None:
    """Return the id and version after which a page of a ledger begins, None for the first. Raises Malformed."""
    if cursor is None:
        return None
    key, _, version = cursor.partition(":")
    try:
        return UUID(key), min(number_of(version), VERSION_MAX)
    except ValueError as error:
        raise _unreadable() from error


def number_of(cursor: str | None) -> int:
    """Return the number after which a page of a numbered list begins, 0 for the first. Raises Malformed."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= len(str(NUMBER_MAX)) and int(cursor) <= NUMBER_MAX):
        raise _unreadable()
    return int(cursor)


def _unreadable() -> Malformed:
    mistake = {"field": "cursor", "reason": "unreadable", "remedy": _REMEDY}
    return Malformed("this is no cursor", code="bad_cursor", errors=[mistake])
