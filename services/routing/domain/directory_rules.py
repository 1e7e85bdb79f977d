"""What a directory must be before it is loaded: a tree, dated, complete. Every mistake is found, not only the first."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from services.routing.domain.directory import CITY, KINDS, Directory, Office
from services.routing.domain.mistakes import Mistake

Known = Mapping[str, Office]

_ADD = "thêm vào, hoặc sửa mã · add it, or correct the code"
_ONE_RECEPTION = "ghi is_reception: true ở một cơ quan · mark one office is_reception: true"


def mistakes_in(offices: Sequence[Office]) -> list[Mistake]:
    """Return everything that is wrong with a directory: duplicates, parents, dates, cycles, successors, reception offices."""
    known = {office.code: office for office in offices}
    found = [
        Mistake(code, "duplicate", "mã có hai lần · the code occurs twice", "chỉ giữ một mục · keep one entry")
        for code, times in Counter(office.code for office in offices).items()
        if times > 1
    ]
    found += [mistake for office in offices for check in _CHECKS for mistake in check(office, known)]
    found += [mistake for jurisdiction in {o.jurisdiction for o in offices} for mistake in _receptions(jurisdiction, offices)]
    return found


def missing_from(offices: Iterable[Office], *, stored: Directory, jurisdiction: str) -> list[Mistake]:
    """Return the offices of `stored` that a new version of the directory forgot: an office is closed, never deleted."""
    codes = {office.code for office in offices}
    reason = "danh bạ đang lưu có, tệp này không có · the stored directory has it, this file does not"
    remedy = (
        "giữ mục này; nếu cơ quan đã giải thể, ghi valid_to và successors"
        " · keep the entry; where the office is closed, enter valid_to and successors"
    )
    return [
        Mistake(office.code, "missing_office", reason, remedy)
        for office in stored.all()
        if office.jurisdiction == jurisdiction and office.code not in codes
    ]


def _named(office: Office, known: Known) -> Iterator[Mistake]:
    del known
    if office.kind not in KINDS:
        known_kinds = ", ".join(KINDS)
        reason = f"không có loại {office.kind} · there is no kind {office.kind}"
        yield Mistake(office.code, "bad_kind", reason, f"một trong: {known_kinds} · one of {known_kinds}")
    if office.code != office.jurisdiction and not office.code.startswith(f"{office.jurisdiction}-"):
        reason = "mã không thuộc địa phương này · the code is not of this jurisdiction"
        remedy = f"bắt đầu bằng {office.jurisdiction}- · begin it with {office.jurisdiction}-"
        yield Mistake(office.code, "foreign_code", reason, remedy)


def _dated(office: Office, known: Known) -> Iterator[Mistake]:
    if office.valid_to is not None and office.valid_to < office.valid_from:
        reason = "valid_to trước valid_from · valid_to is before valid_from"
        yield Mistake(office.code, "bad_dates", reason, "sửa một trong hai · correct one of them")
    parent = known.get(office.parent or "")
    if parent is not None and not parent.is_valid_on(office.valid_from):
        day = office.valid_from
        reason = (
            f"cơ quan cấp trên {parent.code} không hoạt động vào {day}, ngày đầu của cơ quan này"
            f" · its parent {parent.code} is not competent on {day}, its own first day"
        )
        remedy = "sửa ngày, hoặc nêu cấp trên của ngày đó · correct a date, or name the parent of that day"
        yield Mistake(office.code, "parent_not_valid", reason, remedy)


def _in_a_tree(office: Office, known: Known) -> Iterator[Mistake]:
    if office.parent is None and office.kind != CITY:
        yield Mistake(
            office.code, "no_parent", "chỉ thành phố không có cấp trên · only a city has no parent", "ghi parent · name it"
        )
    if office.parent is not None and office.parent not in known:
        reason = f"không có cơ quan cấp trên {office.parent} · its parent {office.parent} is not there"
        yield Mistake(office.code, "unknown_parent", reason, _ADD)
    if _leads_back(office, known, lambda each: (each.parent,) if each.parent else ()):
        yield Mistake(
            office.code, "cycle", "đứng trên chính mình · it stands above itself", "sửa các parent · correct the parents"
        )


def _succeeded(office: Office, known: Known) -> Iterator[Mistake]:
    for successor in office.successors:
        if successor not in known:
            reason = f"không có cơ quan kế thừa {successor} · its successor {successor} is not there"
            yield Mistake(office.code, "unknown_successor", reason, _ADD)
    if office.successors and office.valid_to is None:
        reason = "có cơ quan kế thừa nhưng không có valid_to · it has successors but no valid_to"
        yield Mistake(office.code, "early_successor", reason, "ghi ngày hoạt động cuối · enter its last day")
    if _leads_back(office, known, lambda each: each.successors):
        reason = "kế thừa chính mình · it succeeds itself"
        yield Mistake(office.code, "successor_cycle", reason, "sửa các successors · correct the successors")


_CHECKS: tuple[Callable[[Office, Known], Iterator[Mistake]], ...] = (_named, _dated, _in_a_tree, _succeeded)


def _leads_back(office: Office, known: Known, following: Callable[[Office], Sequence[str]]) -> bool:
    """Whether one comes back to `office` by `following`."""
    seen: set[str] = set()
    waiting = list(following(office))
    while waiting:
        code = waiting.pop()
        if code == office.code:
            return True
        if code not in seen and code in known:
            seen.add(code)
            waiting += following(known[code])
    return False


def _receptions(jurisdiction: str, offices: Iterable[Office]) -> Iterator[Mistake]:
    found = [office for office in offices if office.is_reception and office.jurisdiction == jurisdiction]
    if not any(office.valid_to is None for office in found):
        reason = "không có nơi tiếp công dân · no office is the reception office"
        yield Mistake(jurisdiction, "no_reception", reason, _ONE_RECEPTION)
    for place, office in enumerate(found):
        for other in found[:place]:
            if office.code != other.code and (office.is_valid_on(other.valid_from) or other.is_valid_on(office.valid_from)):
                reason = f"{other.code} cũng là nơi tiếp công dân · {other.code} is the reception office at the same time"
                yield Mistake(office.code, "two_receptions", reason, _ONE_RECEPTION)
