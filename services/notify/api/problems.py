"""What notify's doors say when they say no."""

from services.notify.api.webhook_problems import PROBLEMS as WEBHOOKS
from shared.web import problems

_WORDS = {
    "petition_not_found": ("Không có đơn nào mang mã này.", "No petition has this code."),
    "not_the_petitioner": ("Mã và mã bí mật không khớp với đơn nào.", "Code and secret fit no petition."),
    "bad_preferences": ("Không lưu được lựa chọn này.", "These preferences cannot be kept."),
    "push_not_offered": ("Thành phố không gửi thông báo qua trình duyệt.", "This city offers no web push."),
    "bad_subscription": ("Trình duyệt này không dùng được.", "This browser cannot be used."),
    "message_not_found": ("Không có tin nhắn nào mang mã này.", "No message has this id."),
    "bad_signature": ("Báo cáo không có chữ ký đúng của cổng.", "The report is not signed by the gateway."),
    "not_recorded_yet": ("Chưa ghi xong lần gửi này; hãy báo lại.", "This attempt is not recorded yet; say it again."),
    "not_failed": ("Chỉ gửi lại thông báo đã thất bại hoặc bị bỏ qua.", "Only what failed or was skipped can be tried again."),
    "template_not_found": ("Không có mẫu nào mang tên này.", "No template has this name."),
    "bad_wording": ("Không dùng được lời này.", "These words cannot be used."),
    "addresses_not_offered": ("Hệ thống chưa có khoá để giữ địa chỉ.", "There is no key to keep addresses with."),
    "code_sent_before": ("Mã vừa được gửi; hãy đợi một phút.", "A code was sent a moment ago; wait a minute."),
    "wrong_code": ("Mã xác nhận sai hoặc đã hết hạn.", "The code is wrong or too old."),
    "bad_address": ("Đây không phải địa chỉ thư.", "This is no e-mail address."),
    "not_registered": ("Tài khoản này chưa đăng ký.", "This account has not registered."),
    "agencies_not_set_up": (
        "Máy chủ sự kiện chưa có tài khoản riêng cho cơ quan: xem docs/operations.md, mục về luồng sự kiện.",
        "The event server has no accounts for agencies yet: see docs/operations.md on streams for agencies.",
    ),
    "office_unknown": (
        "Danh bạ không có cơ quan nào mang mã {office}.",
        "No office of the directory has the code {office}.",
    ),
    "agency_not_found": (
        "Cơ quan {office} chưa được đăng ký nhận luồng sự kiện.",
        "The office {office} is not registered for a stream of events.",
    ),
    "credentials_not_found": ("Cơ quan này không có chứng thư đó.", "This agency has no such credentials."),
    "public_key_taken": (
        "Khoá công khai này đã bị thu hồi hoặc thuộc cơ quan khác: hãy tạo khoá mới.",
        "This public key was revoked or is another agency's: make a new one.",
    ),
    "too_many_credentials": (
        "Cơ quan này đã có {limit} chứng thư còn hiệu lực: hãy thu hồi bớt.",
        "This agency has {limit} good credentials already: revoke some.",
    ),
}


def register_problems() -> None:
    """Let the words be known."""
    problems.register({**_WORDS, **WEBHOOKS})
