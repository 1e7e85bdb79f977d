"""What Pydantic found wrong, said to people: field, reason and remedy in Vietnamese or English, never the value itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.web.language import ENGLISH

ERRORS_MAX = 50
_PLACES = ("body", "query", "path", "header", "cookie")
_Four = tuple[str, str, str, str]
_INSTANT = ("ghi như 2026-07-01T08:00:00+07:00", "write it as 2026-07-01T08:00:00+07:00")
_DAY = ("ghi như 2026-07-01", "write it as 2026-07-01")


def _both(reason: tuple[str, str], remedy: tuple[str, str]) -> _Four:
    return reason[0], remedy[0], reason[1], remedy[1]


_CHOOSE = _both(("không có trong danh mục", "not in the list"), ("chọn một trong: {expected}", "choose one of: {expected}"))
_WHOLE = _both(("không phải số nguyên", "not a whole number"), ("gửi một số nguyên", "send a whole number"))
_NUMBER = _both(("không phải số", "not a number"), ("gửi một số", "send a number"))
_BOOLEAN = _both(("không phải đúng/sai", "not true or false"), ("gửi true hoặc false", "send true or false"))
_UUID = _both(("không phải UUID", "not a UUID"), ("gửi một UUID", "send a UUID"))
_OBJECT = _both(("không phải đối tượng JSON", "not a JSON object"), ("gửi một đối tượng {{…}}", "send an object {{…}}"))
_LIST = _both(("không phải danh sách", "not a list"), ("gửi một danh sách […]", "send a list […]"))
_NO_INSTANT = _both(("không phải thời điểm", "not an instant"), _INSTANT)
_NO_DAY = _both(("không phải ngày", "not a day"), _DAY)

# By Pydantic's error type: Vietnamese reason and remedy, English reason and remedy; {…} are the facts Pydantic gives.
_WORDS: Mapping[str, _Four] = {
    "missing": ("thiếu", "điền trường này", "missing", "fill it in"),
    "extra_forbidden": ("không có trường này", "bỏ đi hoặc kiểm tra lại tên", "no such field", "leave it out or check its name"),
    "json_invalid": ("nội dung không phải JSON", "gửi JSON, mã hoá UTF-8", "the body is not JSON", "send JSON in UTF-8"),
    "enum": _CHOOSE,
    "literal_error": _CHOOSE,
    "string_too_long": ("quá dài", "tối đa {max_length} ký tự", "too long", "at most {max_length} characters"),
    "string_too_short": ("quá ngắn", "ít nhất {min_length} ký tự", "too short", "at least {min_length} characters"),
    "string_pattern_mismatch": ("sai dạng", "{form_vi}", "wrong form", "{form_en}"),
    "paper_number": (
        "không phải số văn bản",
        "ghi như 12/QĐ-UBND, không có dấu cách",
        "not the number of a paper",
        "write it like 12/QĐ-UBND, without spaces",
    ),
    "string_type": ("không phải văn bản", "gửi một chuỗi ký tự", "not a text", "send a string"),
    "string_unicode": ("có ký tự không hợp lệ", "gửi văn bản mã hoá UTF-8", "it has invalid characters", "send text in UTF-8"),
    "too_long": ("quá nhiều phần tử", "tối đa {max_length}", "too many", "at most {max_length}"),
    "too_short": ("quá ít phần tử", "ít nhất {min_length}", "too few", "at least {min_length}"),
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _both(("số quá lớn", "too large a number"), ("gửi một số nhỏ hơn", "send a smaller number")),
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "bool_parsing": _BOOLEAN,
    "bool_type": _BOOLEAN,
    "uuid_parsing": _UUID,
    "uuid_type": _UUID,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "greater_than_equal": ("quá nhỏ", "từ {ge} trở lên", "too small", "{ge} or more"),
    "less_than_equal": ("quá lớn", "đến {le}", "too large", "{le} or less"),
    "greater_than": ("quá nhỏ", "lớn hơn {gt}", "too small", "more than {gt}"),
    "less_than": ("quá lớn", "nhỏ hơn {lt}", "too large", "less than {lt}"),
    "datetime_from_date_parsing": _NO_INSTANT,
    "datetime_parsing": _NO_INSTANT,
    "datetime_type": _NO_INSTANT,
    "datetime_object_invalid": _NO_INSTANT,
    "timezone_aware": _both(("thiếu múi giờ", "no time zone"), _INSTANT),
    "date_parsing": _NO_DAY,
    "date_type": _NO_DAY,
    "date_from_datetime_parsing": _NO_DAY,
    "date_from_datetime_inexact": _NO_DAY,
}
_OTHER: _Four = (
    "không đúng kiểu ({type})",
    "gửi giá trị đúng kiểu của trường này{limits}: xem mô tả trong /api/openapi.json",
    "not of the right type ({type})",
    "send a value of this field's type{limits}: see /api/openapi.json",
)
_OTHER_FORM = ("viết đúng dạng của trường này: xem mô tả trong /api/openapi.json", "write it in its form: see /api/openapi.json")
_FORMS: Mapping[str, tuple[str, str]] = {
    r"^[\x21-\x7e]{8,200}$": ("8 đến 200 ký tự ASCII, không dấu cách", "8 to 200 ASCII characters, no spaces"),
    r"^[\x21-\x7e]{1,255}$": ("tối đa 255 ký tự ASCII, không dấu cách", "at most 255 ASCII characters, no spaces"),
    r"^[0-9A-Za-z-]+$": ("ghi như HN8K-2FQ7-XM3P", "write it like HN8K-2FQ7-XM3P"),
    r"^[A-Za-z0-9_-]{1,64}$": (
        "ghi như hanoi-so-xd: tối đa 64 chữ, số, gạch ngang, gạch dưới",
        "write it like hanoi-so-xd: at most 64 letters, digits, dashes, underscores",
    ),
    r"^[0-9]{5}$": ("năm chữ số, như 00070", "five digits, like 00070"),
    r"^[a-z][a-z0-9-]{0,39}$": (
        "ghi như boston311: tối đa 40 chữ thường, số, gạch ngang",
        "write it like boston311: at most 40 small letters, digits, dashes",
    ),
    r"^[a-z][a-z0-9]{0,31}$": ("ghi như hanoi: chữ thường và số", "write it like hanoi: small letters and digits"),
    r"^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$": ("ghi như 2026.1", "write it like 2026.1"),
    r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$": ("ghi như ten@example.vn", "write it like name@example.vn"),
}
"""What people are told instead of the patterns of our own fields."""


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
    facts = _facts(error, language)
    return {"field": field, "reason": reason.format_map(facts), "remedy": remedy.format_map(facts)}


def _facts(error: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return what Pydantic says of the error, in the asked language: its type, its limits, the choices, the form."""
    given = {name: value for name, value in (error.get("ctx") or {}).items() if isinstance(value, str | int | float)}
    if language != ENGLISH and "expected" in given:
        given["expected"] = str(given["expected"]).replace(" or ", " hoặc ")
    form_vi, form_en = _FORMS.get(str(given.get("pattern")), _OTHER_FORM)
    limits = ", ".join(f"{name} {value}" for name, value in given.items() if isinstance(value, int | float))
    return {"form_vi": form_vi, "form_en": form_en, "type": error["type"], "limits": limits and f" ({limits})", **given}
