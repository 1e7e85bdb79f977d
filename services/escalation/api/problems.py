"""The words of this service's refusals, in Vietnamese and English."""

from collections.abc import Mapping

from shared.web.problems import register

WORDS: Mapping[str, tuple[str, str]] = {
    "ground_not_listed": (
        "Căn cứ này không nằm trong danh mục theo {article}. Căn cứ được chấp nhận: {possible}.",
        "This is not a listed ground under {article}. Listed: {possible}.",
    ),
    "pause_not_provided": (
        "Pháp luật không cho tạm đình chỉ bước này ({article}).",
        "The law provides for no suspension of this step ({article}).",
    ),
    "pause_not_in_force": (
        "Quy định về tạm đình chỉ ({article}) chưa có hiệu lực đối với ngày này hoặc vụ việc này.",
        "The provision on suspension ({article}) does not apply on this day or to this case.",
    ),
    "nothing_to_pause": (
        "Không có thời hạn nào đang chạy của kiến nghị này có thể tạm đình chỉ.",
        "No running limit of this petition can be suspended.",
    ),
    "suspended_already": ("Đã tạm đình chỉ rồi ({article}).", "It is suspended already ({article})."),
    "not_suspended": ("Hiện không có tạm đình chỉ nào.", "It is not suspended."),
    "extension_not_provided": (
        "Pháp luật không cho gia hạn bước này ({article}).",
        "The law provides for no such extension of this step ({article}).",
    ),
    "beyond_ceiling": (
        "Vượt mức gia hạn tối đa theo {article}: chỉ được thêm nhiều nhất {most}, tổng cộng không quá {ceiling}.",
        "Beyond the ceiling of {article}: at most {most} more, {ceiling} in all.",
    ),
    "extended_before": (
        "Theo {article} chỉ được gia hạn {most} lần.",
        "Under {article} it may be extended {most} times only.",
    ),
    "not_running": (
        "Thời hạn này không chạy vào thời điểm đó: đã hết, đang tạm đình chỉ, hoặc chưa bắt đầu.",
        "The limit does not run at that time: it has ended, is suspended or has not begun.",
    ),
    "decided_by_others": (
        "Theo {article} việc này do {possible} quyết định.",
        "Under {article} this is decided by: {possible}.",
    ),
    "document_missing": (
        "Phải có quyết định bằng văn bản ({article}): hãy nhập số và ngày văn bản.",
        "It takes a written decision ({article}): give its number and date.",
    ),
    "planned_day_missing": (
        "Phải nêu ngày dự kiến để tính thời hạn.",
        "The day that is announced is needed to count the limit.",
    ),
    "papers_do_not_pause": (
        "Yêu cầu bổ sung giấy tờ không làm dừng thời hạn: chỉ quyết định tạm đình chỉ mới dừng.",
        "Asking for more papers does not pause the limit: only a decision to suspend does.",
    ),
    "level_not_reached": (
        "Chưa có báo cáo vượt cấp ở mức này; mức cao nhất hiện nay là {reached}.",
        "This level was not reached; the highest so far is {reached}.",
    ),
    "clock_ended": (
        "Thời hạn đã kết thúc, không còn gì để xác nhận.",
        "The limit has ended: nothing is left to acknowledge.",
    ),
    "not_heard_yet": (
        "Bộ phận thời hạn chưa nhận được thông tin mới nhất. Hãy thử lại sau ít giây.",
        "The clocks have not heard the latest act yet. Try again in a few seconds.",
    ),
}


def register_problems() -> None:
    """Add them to the catalogue."""
    register(WORDS)
