"""Vietnamese first, English second: the language that a reader chose on a page, else by `Accept-Language` (RFC 9110, 12.5.4)."""

from starlette.requests import HTTPConnection

VIETNAMESE = "vi"
ENGLISH = "en"
SPOKEN = (VIETNAMESE, ENGLISH)
COOKIE = "caunoi-language"
_RANGES_MAX = 20


def language_of(request: HTTPConnection) -> str:
    """Return ``vi`` or ``en``; Vietnamese where nothing was chosen and the header is missing, unreadable or names neither."""
    chosen = request.cookies.get(COOKIE) if "cookie" in request.headers else None
    return chosen if chosen in SPOKEN else preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> str:
    """Return the language that the header prefers among those we speak."""
    best, best_weight = VIETNAMESE, 0.0
    for part in header.split(",")[:_RANGES_MAX]:
        tag, _, rest = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(rest)
        if language in SPOKEN and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
