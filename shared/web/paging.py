"""Pages by cursor: where a page ended, so that the next begins there whatever was added or removed meanwhile."""

from datetime import UTC, datetime
from uuid import UUID

from shared.kernel.refusals import Malformed

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
        mistake = {"field": "cursor", "reason": "it cannot be read", "remedy": _REMEDY}
        raise Malformed("this is no cursor", code="bad_cursor", errors=[mistake]) from error
