"""The words of problems in Vietnamese and English, by code; facts fill their ``{places}``, and codes among them get their names.

Invariants: a code has one wording in the whole city, whichever service says it; no place is ever shown unfilled.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.words import Role
from shared.web.language import ENGLISH

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the words in one of them."""
        return self.en if language == ENGLISH else self.vi


TITLES = {
    400: Words("Yêu cầu không hợp lệ", "Bad request"),
    401: Words("Chưa đăng nhập", "Not signed in"),
    403: Words("Không có quyền", "Not allowed"),
    404: Words("Không tìm thấy", "Not found"),
    405: Words("Phương thức không được dùng ở đây", "Method not allowed"),
    409: Words("Không thực hiện được ở trạng thái hiện tại", "Not possible in the present state"),
    412: Words("Đã thay đổi so với bản bạn đã xem", "It has changed since you saw it"),
    413: Words("Dữ liệu gửi lên quá lớn", "Too large"),
    415: Words("Loại dữ liệu không được hỗ trợ", "Unsupported media type"),
    422: Words("Dữ liệu chưa đúng", "Some fields are not right"),
    429: Words("Quá nhiều yêu cầu", "Too many requests"),
    500: Words("Lỗi của hệ thống", "Our mistake"),
    503: Words("Tạm thời chưa phục vụ được", "Not available just now"),
}
_DETAILS = {
    "not_signed_in": Words("Hãy đăng nhập rồi thử lại.", "Sign in and try again."),
    "not_allowed": Words("Vai trò của bạn không có quyền này.", "Your role does not carry this right."),
    "too_many_requests": Words(
        "Quá nhiều yêu cầu (tối đa {limit} mỗi phút): hãy thử lại sau {seconds} giây.",
        "Too many requests (at most {limit} a minute): try again in {seconds} seconds.",
    ),
    "idempotency_key_reused": Words(
        "Khoá Idempotency-Key này đã dùng cho yêu cầu khác: hãy tạo khoá mới.",
        "This Idempotency-Key was used for another request: make a new one.",
    ),
    "idempotency_key_running": Words(
        "Một yêu cầu với khoá Idempotency-Key này đang được xử lý: hãy thử lại sau ít giây.",
        "A request under this Idempotency-Key is being answered: try again in a few seconds.",
    ),
    "http_400": Words(
        "Không đọc được nội dung gửi lên: kiểm tra định dạng; với tệp, gửi multipart/form-data, tối đa 20 tệp, tên tệp ngắn.",
        "What was sent cannot be read: check its format; send files as multipart/form-data, at most 20, with short names.",
    ),
    "http_404": Words(
        "Không có cửa nào ở địa chỉ này: xem /<dịch vụ>/api/openapi.json.",
        "There is no door at this address: see /<service>/api/openapi.json.",
    ),
    "http_405": Words(
        "Địa chỉ này không nhận phương thức ấy: xem dòng Allow.",
        "This address does not take that method: see the header Allow.",
    ),
    "http_413": Words(
        "Dữ liệu gửi lên quá lớn: hãy gửi từng phần (tệp tối đa 10 MB, văn bản tối đa 1 MB).",
        "Too large: send it in parts (files up to 10 MB, words up to 1 MB).",
    ),
    "content_type": Words(
        "Content-Type này không dùng được ở đây: hãy gửi {accepted}.",
        "This Content-Type is not taken here: send {accepted}.",
    ),
    "content_coded": Words(
        "Không nhận nội dung nén hoặc mã hoá (Content-Encoding): hãy gửi nguyên dạng.",
        "Compressed or coded bodies are not taken (Content-Encoding): send it as it is.",
    ),
    "not_found": Words("Không có, hoặc không thuộc phạm vi của bạn.", "It does not exist, or it is not yours."),
    "bad_cursor": Words(
        "Không đọc được vị trí trang (cursor): hãy gửi giá trị next của trang trước.",
        "The cursor cannot be read: send `next` of the page before.",
    ),
    "parked_not_found": Words("Không có thông điệp chờ xử lý nào như vậy.", "There is no such parked message."),
    "parked_already_replayed": Words("Thông điệp này đã được xử lý lại.", "This message was replayed before."),
    "parked_too_early": Words(
        "Còn thiếu một sự kiện trước đó: hãy xử lý sự kiện ấy trước.", "An earlier event is still missing: replay that one first."
    ),
    "internal": Words(
        "Lỗi đã được ghi lại. Hãy thử lại; nếu vẫn lỗi, hãy báo kèm mã theo dõi.",
        "It was recorded. Try again; if it happens again, tell us with the trace id.",
    ),
}
TROUBLE = Words(
    "Một bộ phận của hệ thống đang gián đoạn. Hãy thử lại sau ít giây.", "A part is down. Try again in a few seconds."
)
_NOTHING = Words("không có", "none")
_AND = Words(" và ", " and ")
_BETWEEN = " · "
ROLES: Mapping[str, tuple[str, str]] = {
    Role.CLERK: ("cán bộ tiếp nhận", "clerk"),
    Role.OFFICER: ("công chức", "officer"),
    Role.HEAD: ("người đứng đầu cơ quan", "head of the office"),
    Role.LEADER: ("lãnh đạo cấp trên", "leader above"),
    Role.AUDITOR: ("kiểm toán", "auditor"),
    Role.OPERATOR: ("vận hành", "operator"),
    Role.SERVICE: ("dịch vụ của hệ thống", "a service of the system"),
}
_NAMES: dict[str, dict[str, Words]] = {}
"""By the name of a fact: what its codes are called."""


def register(details: Mapping[str, tuple[str, str]]) -> None:
    """Add a service's own codes: Vietnamese and English detail, with ``{fact}`` places that the error's facts fill.

    Raises ValueError where a code has other words already: services that run in one process share one catalogue.
    """
    _add(_DETAILS, details)


def register_names(fact: str, names: Mapping[str, tuple[str, str]]) -> None:
    """Say what the codes are called that the fact `fact` may hold. Raises ValueError where one is called otherwise already."""
    _add(_NAMES.setdefault(fact, {}), names)


def registered() -> Mapping[str, Words]:
    """Return all codes with their words."""
    return dict(_DETAILS)


def detail_of(code: str, facts: Mapping[str, Any], *, language: str) -> str | None:
    """Return the words for `code`, None where it has none or where a fact is missing that they need."""
    words = _DETAILS.get(code)
    if words is None:
        return None
    said = {name: _said(name, value, language) for name, value in facts.items()}
    try:
        return words.in_language(language).format_map(said)
    except (KeyError, ValueError, IndexError):
        _log.error("the words of a problem lack a fact", extra={"code": code, "facts": sorted(facts)})
        return None


def both(vietnamese: str, english: str) -> str:
    """Return what is said in both languages at once; `in_one_language` takes it apart."""
    return f"{vietnamese}{_BETWEEN}{english}"


def in_one_language(written: str, *, language: str) -> str:
    """Return the half of ``Vietnamese · English`` that is asked for; what is written in one language only as it is."""
    vietnamese, between, english = written.partition(_BETWEEN)
    return english if between and language == ENGLISH else vietnamese


def _add(known: dict[str, Words], more: Mapping[str, tuple[str, str]]) -> None:
    for code, texts in more.items():
        if known.setdefault(code, Words(*texts)) != Words(*texts):
            raise ValueError(f"{code} has other words already: call one of the two otherwise")


def _said(fact: str, value: Any, language: str) -> str:
    """Return a fact as it stands in a sentence: codes with their names, lists as people write them."""
    names = _NAMES.get(fact, {})
    parts = value.split(", ") if names and isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    told = [_called(names, str(part), language) for part in parts if part not in (None, "", "-")]
    if not told:
        return _NOTHING.in_language(language)
    if all(part.isdecimal() for part in told) and len(told) > 1:
        return _AND.in_language(language).join([", ".join(told[:-1]), told[-1]])
    return ", ".join(told)


def _called(names: Mapping[str, Words], code: str, language: str) -> str:
    return f"{names[code].in_language(language)} ({code})" if code in names else code


for _fact in ("roles", "needed", "possible"):
    register_names(_fact, ROLES)
