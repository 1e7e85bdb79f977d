"""What the refusals of webhooks say to people: Vietnamese, English; ``{…}`` are facts of the refusal."""

from collections.abc import Mapping

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "webhook_not_found": (
        "Không có webhook này, hoặc không phải của cơ quan bạn.",
        "There is no such webhook, or it is not yours.",
    ),
    "webhook_delivery_not_found": (
        "Không có lần gửi này, hoặc đã quá thời hạn lưu.",
        "There is no such delivery, or it is older than is kept.",
    ),
    "office_not_found": (
        "Không có cơ quan này, hoặc không phải cơ quan của bạn.",
        "There is no such office, or it is not yours.",
    ),
    "webhooks_not_set_up": (
        "Hệ thống chưa bật webhook: người vận hành cần đặt khoá (NOTIFY_WEBHOOKS__KEY_FILE).",
        "Webhooks are not set up: operators give the key (NOTIFY_WEBHOOKS__KEY_FILE).",
    ),
    "webhook_too_many": (
        "Cơ quan {office} đã có {most} webhook, là mức tối đa: hãy xoá một webhook không dùng nữa.",
        "Office {office} has {most} webhooks, as many as there may be: remove one that is not used.",
    ),
    "webhook_paused_already": (
        "Webhook này đang tạm dừng: cho chạy tiếp bằng resume.",
        "It is paused already: resume lets it go on.",
    ),
    "webhook_active_already": (
        "Webhook này đang hoạt động: không có gì để tiếp tục.",
        "It is at work: there is nothing to resume.",
    ),
    "webhook_delivery_waits": (
        "Lần gửi này đang chờ, sẽ được gửi mà không cần yêu cầu lại.",
        "It waits to be sent, and will be without asking again.",
    ),
    "webhook_cannot_be_sent": (
        "Không gửi được lần này ({reason}): thử nghiệm thì hãy thử lại; sự kiện quá cũ hoặc quá lớn thì không gửi.",
        "It cannot be sent ({reason}): tests are made anew; events that are too old or too large are not sent.",
    ),
    "webhook_tested_too_often": (
        "Mỗi phút thử tối đa {most} lần: hãy đợi một phút.",
        "At most {most} tests a minute: wait a minute.",
    ),
}
