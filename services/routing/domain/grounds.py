"""Grounds of refusal and reasons of transfer, as closed lists with their source."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Ground:
    """A listed ground: in Vietnamese and English, with its article."""

    vi: str
    en: str
    article: str


_LAW_ON_COMPLAINTS_11 = "Luật Khiếu nại 02/2011/QH13, Điều 11"
_LAW_ON_DENUNCIATIONS_29 = "Luật Tố cáo 25/2018/QH14, Điều 29"
_LAW_ON_DENUNCIATIONS_24 = "Luật Tố cáo 25/2018/QH14, Điều 24"
_LAW_ON_DENUNCIATIONS_25 = "Luật Tố cáo 25/2018/QH14, Điều 25"
_RECEPTION_26 = "Luật Tiếp công dân 42/2013/QH13, Điều 26"

_COMPLAINT = {
    "KN11_1": Ground("Quyết định, hành vi nội bộ của cơ quan nhà nước", "An internal decision or act", _LAW_ON_COMPLAINTS_11),
    "KN11_2": Ground("Không liên quan trực tiếp đến quyền lợi", "No direct effect on own rights", _LAW_ON_COMPLAINTS_11),
    "KN11_3": Ground(
        "Người khiếu nại không có năng lực hành vi", "No legal capacity and no representative", _LAW_ON_COMPLAINTS_11
    ),
    "KN11_4": Ground("Người đại diện không hợp pháp", "The representative is not lawful", _LAW_ON_COMPLAINTS_11),
    "KN11_5": Ground("Không có chữ ký hoặc điểm chỉ", "No signature or fingerprint", _LAW_ON_COMPLAINTS_11),
    "KN11_6": Ground("Quá thời hiệu không có lý do chính đáng", "Out of time without a good reason", _LAW_ON_COMPLAINTS_11),
    "KN11_7": Ground("Đã có quyết định giải quyết lần hai", "Decided a second time already", _LAW_ON_COMPLAINTS_11),
    "KN11_8": Ground(
        "Đã đình chỉ, quá 30 ngày không khiếu nại tiếp", "Terminated and not pursued for 30 days", _LAW_ON_COMPLAINTS_11
    ),
    "KN11_9": Ground("Toà án đã thụ lý hoặc đã xét xử", "Before a court or decided by one", _LAW_ON_COMPLAINTS_11),
}
_DENUNCIATION = {
    "TC24_3": Ground(
        "Đã gửi nhiều nơi, trong đó có nơi có thẩm quyền; hoặc đã được hướng dẫn",
        "Sent to several bodies, the competent one among them, or guided before",
        _LAW_ON_DENUNCIATIONS_24,
    ),
    "TC25": Ground("Không rõ họ tên, địa chỉ người tố cáo", "The denouncer cannot be identified", _LAW_ON_DENUNCIATIONS_25),
    "TC29_1": Ground("Không đủ thông tin người tố cáo, nội dung", "Denouncer or content not clear", _LAW_ON_DENUNCIATIONS_29),
    "TC29_2": Ground("Không thuộc thẩm quyền", "Not competent", _LAW_ON_DENUNCIATIONS_29),
    "TC29_3": Ground("Đã được giải quyết, không có tình tiết mới", "Dealt with before, nothing new", _LAW_ON_DENUNCIATIONS_29),
}
_OTHER = {
    "PA_1": Ground("Không đủ thông tin để xác định vụ việc", "Not enough to know what it is about", _RECEPTION_26),
    "PA_2": Ground("Đã được trả lời, không có tình tiết mới", "Answered before, nothing new", _RECEPTION_26),
    "PA_3": Ground("Nội dung không thuộc phạm vi quản lý nhà nước", "Not a matter of public administration", _RECEPTION_26),
}

GROUNDS: Mapping[str, Mapping[str, Ground]] = MappingProxyType(
    {
        "complaint": _COMPLAINT,
        "denunciation": _DENUNCIATION,
        **dict.fromkeys(
            ("field_report", "recommendation", "voters_petition", "dialogue_question", "commitment"),
            _OTHER,
        ),
    }
)

TRANSFER_REASONS: Mapping[str, Ground] = MappingProxyType(
    {
        "assignment": Ground("Phân công từ danh sách chờ", "Assigned from the unassigned pool", _RECEPTION_26),
        "not_competent": Ground("Không thuộc thẩm quyền", "Not competent", _RECEPTION_26),
        "other_commune": Ground("Việc xảy ra tại địa bàn khác", "It lies in another commune", _RECEPTION_26),
        "several_communes": Ground(
            "Liên quan từ hai địa bàn trở lên", "It spans two or more communes", "Nghị định 141/2025/NĐ-CP"
        ),
    }
)

REOPENING_REASONS: Mapping[str, Ground] = MappingProxyType(
    {
        "superior_order": Ground("Cấp trên yêu cầu giải quyết lại", "A superior orders it to be dealt with again", _RECEPTION_26),
        "answer_void": Ground("Văn bản trả lời bị thu hồi, hủy bỏ", "The answer was withdrawn or annulled", _RECEPTION_26),
        "new_facts": Ground("Có tình tiết mới làm thay đổi nội dung", "New facts change the matter", _RECEPTION_26),
        "contested": Ground("Người gửi không đồng ý với trả lời", "The petitioner contests the answer", _RECEPTION_26),
    }
)
