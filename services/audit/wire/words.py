"""What events, gaps and oddities are called in front of people: Vietnamese first, English second."""

from services.audit.domain.gaps import Gap
from services.audit.domain.oddities import OddityKind

ENGLISH = "en"

_EVENTS = {
    "petition.lodged": ("Tiếp nhận", "Lodged"),
    "petition.supplemented": ("Bổ sung tài liệu", "Files added"),
    "identity.revealed": ("Có người xem thông tin được bảo vệ", "Protected data was read"),
    "office.registered": ("Ghi cơ quan vào danh bạ", "Office registered"),
    "petition.routed": ("Chuyển tới cơ quan có thẩm quyền", "Routed to the competent office"),
    "petition.accepted": ("Thụ lý", "Accepted"),
    "petition.refused": ("Không thụ lý", "Refused"),
    "petition.transferred": ("Chuyển cơ quan khác", "Transferred"),
    "petition.answered": ("Trả lời", "Answered"),
    "petition.closed": ("Kết thúc", "Closed"),
    "deadline.set": ("Ấn định thời hạn", "Deadline set"),
    "deadline.reminded": ("Nhắc hạn", "Reminded"),
    "deadline.breached": ("Quá hạn", "Deadline breached"),
    "deadline.met": ("Đúng hạn", "Deadline met"),
    "deadline.ended": ("Thời hạn chấm dứt", "Deadline ended"),
    "petition.escalated": ("Báo lên cấp trên", "Escalated"),
    "notice.sent": ("Đã gửi thông báo", "Notice sent"),
    "notice.failed": ("Không gửi được thông báo", "Notice could not be sent"),
}

_ODDITIES = {
    OddityKind.CAUSE_UNKNOWN: ("nguyên nhân được nêu không có trong nhật ký", "the cause that it names is not in the log"),
    OddityKind.BEFORE_ITS_CAUSE: ("được ghi trước nguyên nhân của nó", "it was recorded before its cause"),
    OddityKind.AHEAD_OF_TIME: ("có hiệu lực sau khi được ghi", "it became effective after it was recorded"),
    OddityKind.ANSWERED_BEFORE_ACCEPTED: ("trả lời khi chưa thụ lý", "answered before it was accepted"),
    OddityKind.CLOSED_WITHOUT_ANSWER: ("kết thúc khi chưa trả lời", "closed as answered without an answer"),
    OddityKind.ACT_AFTER_CLOSING: ("còn thao tác sau khi kết thúc", "an act after it was closed"),
}


def event_title(what: str, *, language: str) -> str:
    """Return what an event is called; its own name where it has none here."""
    return _chosen(_EVENTS.get(what, (what, what)), language)


def oddity_text(kind: OddityKind, *, language: str) -> str:
    """Return an oddity as part of a sentence."""
    return _chosen(_ODDITIES[kind], language)


def gap_text(gap: Gap, *, language: str) -> str:
    """Return a gap as a sentence."""
    parts = [_missing(gap, language)] if gap.missing else []
    if gap.waiting:
        named = _listed(gap.waiting)
        vietnamese = f"phiên bản {named} của {gap.source} đang chờ người xử lý (caunoi parked list audit)"
        english = f"version {named} of {gap.source} waits for a person (caunoi parked list audit)"
        parts.append(_chosen((vietnamese, english), language))
    return "; ".join(parts)


def _missing(gap: Gap, language: str) -> str:
    named = _listed(gap.missing)
    verb = "is" if len(gap.missing) == 1 else "are"
    vietnamese = f"{gap.source} đã ghi đến phiên bản {gap.said} nhưng thiếu phiên bản {named}"
    return _chosen((vietnamese, f"{gap.source} said version {gap.said}, but version {named} {verb} missing"), language)


def _listed(versions: tuple[int, ...]) -> str:
    return ", ".join(map(str, versions))


def _chosen(texts: tuple[str, str], language: str) -> str:
    return texts[1] if language == ENGLISH else texts[0]
