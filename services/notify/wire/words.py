"""The words that people read: instants on the wall clock, lengths of time, steps of the law and what an office is asked to do.

A rule or an action that is not named here is told by its id: rules are data, and new ones come without new code.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.words import OutsideBody

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VIETNAMESE, ENGLISH = LANGUAGES = ("vi", "en")
_HOUR = timedelta(hours=1)
_HOURS_OF_A_DAY = 24

Words = Mapping[str, Mapping[str, str]]

STEPS: Words = {
    VIETNAMESE: {
        "ACCEPT": "thụ lý đơn",
        "RESOLVE": "giải quyết",
        "REPLY": "trả lời",
        "TRANSFER": "chuyển đơn",
        "RECEIPT": "tiếp nhận",
        "WRONG": "hướng dẫn nơi có thẩm quyền",
        "URGENT": "trả lời",
        "NORMAL": "trả lời",
        "COMPLEX": "trả lời",
        "45": "xử lý đơn",
        "DUE": "giải quyết",
        "CHECK": "xem xét",
        "RESULT": "ghi kết quả",
    },
    ENGLISH: {
        "ACCEPT": "acceptance",
        "RESOLVE": "resolution",
        "REPLY": "reply",
        "TRANSFER": "passing it on",
        "RECEIPT": "receipt",
        "WRONG": "guidance to the competent office",
        "URGENT": "answer",
        "NORMAL": "answer",
        "COMPLEX": "answer",
        "45": "first handling",
        "DUE": "resolution",
        "CHECK": "a first look",
        "RESULT": "writing down the result",
    },
}
"""By the last part of a rule's id that stands here: KN1.RESOLVE.REMOTE is a resolution."""
BODIES: Words = {
    VIETNAMESE: {
        OutsideBody.COURT: "Toà án nhân dân có thẩm quyền",
        OutsideBody.PROCURACY: "Viện kiểm sát nhân dân có thẩm quyền",
        OutsideBody.POLICE: "cơ quan Công an có thẩm quyền",
        OutsideBody.ENFORCEMENT: "cơ quan thi hành án dân sự",
        OutsideBody.MINISTRY: "Bộ, ngành trung ương có thẩm quyền",
        OutsideBody.OTHER_PROVINCE: "cơ quan có thẩm quyền của tỉnh, thành phố khác",
        OutsideBody.ELECTED: "Hội đồng nhân dân, Đoàn đại biểu Quốc hội",
        OutsideBody.PARTY: "cơ quan Đảng có thẩm quyền",
        OutsideBody.FRONT: "Uỷ ban Mặt trận Tổ quốc Việt Nam",
        OutsideBody.CONCILIATION: "tổ hoà giải ở cơ sở",
        OutsideBody.ENTERPRISE: "doanh nghiệp cung cấp dịch vụ",
    },
    ENGLISH: {
        OutsideBody.COURT: "the competent People's Court",
        OutsideBody.PROCURACY: "the competent People's Procuracy",
        OutsideBody.POLICE: "the competent police",
        OutsideBody.ENFORCEMENT: "the civil judgment enforcement agency",
        OutsideBody.MINISTRY: "the competent ministry",
        OutsideBody.OTHER_PROVINCE: "the competent body of another province",
        OutsideBody.ELECTED: "the People's Council, or the delegation to the National Assembly",
        OutsideBody.PARTY: "the competent body of the Party",
        OutsideBody.FRONT: "the Vietnam Fatherland Front",
        OutsideBody.CONCILIATION: "the conciliation team of the neighbourhood",
        OutsideBody.ENTERPRISE: "the enterprise that provides the service",
    },
}
"""Bodies outside the city's offices."""
ACTIONS: Words = {
    VIETNAMESE: {
        "inform_superior": "để biết và chỉ đạo",
        "demand_resolution": "yêu cầu giải quyết",
        "responsibility_check": "kiểm tra trách nhiệm",
        "take_over": "trực tiếp thụ lý",
    },
    ENGLISH: {
        "inform_superior": "see to it",
        "demand_resolution": "demand its resolution",
        "responsibility_check": "check who is responsible",
        "take_over": "take it over",
    },
}
REASONS: Words = {
    VIETNAMESE: {
        "extended": "cơ quan gia hạn bằng văn bản trong mức luật cho phép",
        "resumed": "việc giải quyết được tiếp tục sau thời gian tạm đình chỉ",
        "reopened": "đơn được giải quyết lại, thời hạn cũ chạy tiếp",
        "unmerged": "đơn được tách ra giải quyết riêng, thời hạn cũ chạy tiếp",
        "calendar_amended": "lịch nghỉ, ngày làm việc thay đổi theo quyết định của nhà nước",
        "rule_amended": "quy định về thời hạn thay đổi",
    },
    ENGLISH: {
        "extended": "the office took more time, in writing and within what the law allows",
        "resumed": "the office goes on after a suspension",
        "reopened": "the petition is dealt with again, and the old limit runs on",
        "unmerged": "the petition is dealt with by itself again, and the old limit runs on",
        "calendar_amended": "a public holiday or working day was changed",
        "rule_amended": "the rule on the limit was changed",
    },
}


def local(instant: datetime) -> str:
    """Return an instant as people of the city read it."""
    return instant.astimezone(ZONE).strftime("%d/%m/%Y %H:%M")


def step(rule: str, language: str) -> str:
    """Return what a rule's limit is for, with the rule's id, under which its text is found."""
    words = STEPS[language]
    known = next((words[part] for part in reversed(rule.split(".")) if part in words), None)
    return f"{known} ({rule})" if known else rule


def distance(due_at: datetime, now: datetime, language: str) -> str:
    """Return how late it is, or how much time is left, in days and hours."""
    hours = abs(now - due_at) // _HOUR
    days, hours = divmod(hours, _HOURS_OF_A_DAY)
    is_late = due_at < now
    if language == ENGLISH:
        return f"{days} d {hours} h {'late' if is_late else 'left'}"
    return f"{'quá hạn' if is_late else 'còn'} {days} ngày {hours} giờ"
