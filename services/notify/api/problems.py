"""What notify's doors say when they say no."""

from services.notify.api.webhook_problems import PROBLEMS as WEBHOOKS
from shared.web import problems

_WORDS = {
    "petition_not_found": ("Không có đơn nào mang mã này.", "No petition has this code."),
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
