"""What is wrong with a YAML file that people write by hand: reason and remedy as ``Vietnamese · English``, never a value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.reader import ReaderError

from shared.web.catalogue import both, in_one_language
from shared.web.language import ENGLISH, VIETNAMESE
from shared.web.validation import explained

THE_FILE = "file"
"""The field of a mistake that is in no entry of its own."""
Place = tuple[str | int, ...]
_Told = tuple[str, str]

_NAMED: _Told = (
    both("không phải các dòng “tên: giá trị”", "not lines of “name: value”"),
    both("ghi mỗi mục một dòng “tên: giá trị”", "write each entry as “name: value”"),
)
_LISTED: _Told = (
    both("không phải danh sách", "not a list"),
    both("ghi mỗi phần tử sau “- ”, hoặc trong […]", "write each item after “- ”, or within […]"),
)
_WORDS: Mapping[str, _Told] = {
    "model_type": _NAMED,
    "dict_type": _NAMED,
    "list_type": _LISTED,
    "tuple_type": _LISTED,
    "missing": (both("thiếu", "missing"), both("thêm mục này", "add it")),
    "extra_forbidden": (
        both("không có mục này", "no such entry"),
        both("bỏ đi, hoặc sửa tên", "leave it out, or correct its name"),
    ),
    "string_type": (both("không phải văn bản", "not a text"), both("đặt trong dấu ngoặc kép", "put it in quotation marks")),
}
_BAD_SYMBOLS: _Told = (
    both("có ký tự không hợp lệ", "it has invalid characters"),
    both("lưu lại dạng văn bản UTF-8", "save it as UTF-8 text"),
)
_TOO_DEEP: _Told = (both("lồng quá sâu", "nested too deep"), both("viết phẳng hơn", "write it flatter"))
_NO_SUCH_VALUE: _Told = (
    both("có ngày hoặc số không tồn tại", "a day or a number in it does not exist"),
    both("kiểm tra từng ngày, ghi như 2026-07-01", "check each day, written like 2026-07-01"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in a file: in which entry or, where none can be told apart, on which line."""

    place: Place
    code: str
    reason: str
    remedy: str
    line: int = 1

    @property
    def field(self) -> str:
        """The entry as people are shown it."""
        return ".".join(map(str, self.place)) or THE_FILE


def faults_in(error: ValidationError, *, see: str) -> Iterator[Fault]:
    """Yield what a model found wrong; `see` is the page that shows how such a file is written."""
    for item in error.errors(include_url=False, include_input=False):
        place = tuple(part for part in item["loc"] if part != "[key]")
        yield Fault(place, item["type"], *_told(item, see))


def unreadable(error: Exception) -> Fault:
    """Return why a text could not be read as YAML at all."""
    match error:
        case yaml.MarkedYAMLError():
            line, column = (error.problem_mark.line + 1, error.problem_mark.column + 1) if error.problem_mark else (1, 1)
            reason = both(f"không phải YAML từ cột {column}", f"not YAML from column {column} on")
            return Fault((), "not_yaml", reason, both("sửa dòng này", "correct the line"), line)
        case ReaderError():
            return Fault((), "not_yaml", *_BAD_SYMBOLS)
        case RecursionError():
            return Fault((), "not_yaml", *_TOO_DEEP)
        case _:
            return Fault((), "not_yaml", *_NO_SUCH_VALUE)


def _told(item: Mapping[str, Any], see: str) -> _Told:
    """Return reason and remedy: a file's own words, those that our own check said, else those of a door."""
    if item["type"] in _WORDS:
        return _WORDS[item["type"]]
    look = both(f"xem {see}", f"see {see}")
    if item["type"] == "value_error":
        said = str(item["ctx"]["error"])
        return said if in_one_language(said, language=ENGLISH) != said else both("không hợp lệ", "not valid"), look
    (vietnamese,), (english,) = explained([item], language=VIETNAMESE), explained([item], language=ENGLISH)
    remedies = (vietnamese["remedy"], english["remedy"])
    remedy = look if any("openapi.json" in told for told in remedies) else both(*remedies)
    return both(vietnamese["reason"], english["reason"]), remedy
