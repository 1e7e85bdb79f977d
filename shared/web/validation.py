"""What Pydantic found wrong, said to people: field, reason and remedy in Vietnamese or English, never the value itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.web.language import ENGLISH

ERRORS_MAX = 50
_PLACES = ("body", "query", "path", "header", "cookie")

# By Pydantic's error type: Vietnamese reason and remedy, English reason and remedy; {…} are the facts Pydantic gives.
_WORDS: dict[str, tuple[str, str, str, str]] = {
    "missing": ("thiếu", "điền trường này", "missing", "fill it in"),
    "extra_forbidden": ("không có trường này", "bỏ đi hoặc kiểm tra lại tên", "no such field", "leave it out or check its name"),
    "json_invalid": ("nội dung không phải JSON", "gửi JSON, mã hoá UTF-8", "the body is not JSON", "send JSON in UTF-8"),
    "enum": ("không có trong danh mục", "chọn một trong: {expected}", "not in the list", "choose one of: {expected}"),
    "literal_error": ("không có trong danh mục", "chọn một trong: {expected}", "not in the list", "choose one of: {expected}"),
    "string_too_long": ("quá dài", "tối đa {max_length} ký tự", "too long", "at most {max_length} characters"),
    "string_too_short": ("quá ngắn", "ít nhất {min_length} ký tự", "too short", "at least {min_length} characters"),
    "string_pattern_mismatch": ("sai dạng", "viết theo mẫu {pattern}", "wrong form", "write it as {pattern}"),
    "paper_number": (
        "không phải số văn bản",
        "ghi như 12/QĐ-UBND, không có dấu cách",
        "not the number of a paper",
        "write it like 12/QĐ-UBND, without spaces",
    ),
    "string_type": ("không phải văn bản", "gửi một chuỗi ký tự", "not a text", "send a string"),
    "too_long": ("quá nhiều phần tử", "tối đa {max_length}", "too many", "at most {max_length}"),
    "too_short": ("quá ít phần tử", "ít nhất {min_length}", "too few", "at least {min_length}"),
    "int_parsing": ("không phải số nguyên", "gửi một số nguyên", "not a whole number", "send a whole number"),
    "int_type": ("không phải số nguyên", "gửi một số nguyên", "not a whole number", "send a whole number"),
    "float_parsing": ("không phải số", "gửi một số", "not a number", "send a number"),
    "float_type": ("không phải số", "gửi một số", "not a number", "send a number"),
    "bool_parsing": ("không phải đúng/sai", "gửi true hoặc false", "not true or false", "send true or false"),
    "uuid_parsing": ("không phải UUID", "gửi một UUID", "not a UUID", "send a UUID"),
    "greater_than_equal": ("quá nhỏ", "từ {ge} trở lên", "too small", "{ge} or more"),
    "less_than_equal": ("quá lớn", "đến {le}", "too large", "{le} or less"),
    "datetime_from_date_parsing": (
        "không phải thời điểm",
        "ghi như 2026-07-01T08:00:00+07:00",
        "not an instant",
        "write it as 2026-07-01T08:00:00+07:00",
    ),
    "timezone_aware": (
        "thiếu múi giờ",
        "ghi như 2026-07-01T08:00:00+07:00",
        "no time zone",
        "write it as 2026-07-01T08:00:00+07:00",
    ),
}
_OTHER = ("không đúng kiểu", "xem mô tả của trường này trong /api/openapi.json", "not of the right type", "see /api/openapi.json")


def explained(errors: Iterable[Mapping[str, Any]], *, language: str) -> list[dict[str, str]]:
    """Return Pydantic's errors as ``{"field", "reason", "remedy"}``."""
    return [_explained(error, language) for error, _ in zip(errors, range(ERRORS_MAX), strict=False)]


def _explained(error: Mapping[str, Any], language: str) -> dict[str, str]:
    words = _WORDS.get(error["type"], _OTHER)
    reason, remedy = words[2:] if language == ENGLISH else words[:2]
    place = [str(part) for part in error["loc"]]
    if error["type"] == "json_invalid":
        place = ["body"]
    field = ".".join(place[1:] if place and place[0] in _PLACES and len(place) > 1 else place)
    return {"field": field, "reason": reason, "remedy": _filled(remedy, error.get("ctx") or {})}


def _filled(remedy: str, facts: Mapping[str, Any]) -> str:
    try:
        return remedy.format_map(facts)
    except KeyError:
        return remedy
