"""States and steps in words: Vietnamese first, English second."""

from services.intake.domain.progress import State, What

STATES = {
    State.LODGED: ("Đã tiếp nhận", "Received"),
    State.ROUTED: ("Đã chuyển đến cơ quan có thẩm quyền", "With the competent office"),
    State.ACCEPTED: ("Đang giải quyết", "Being dealt with"),
    State.SUSPENDED: ("Tạm đình chỉ", "Suspended"),
    State.REFUSED: ("Không thụ lý", "Not accepted"),
    State.GUIDED: ("Đã hướng dẫn đến cơ quan có thẩm quyền", "Guided to the competent body"),
    State.TERMINATED: ("Đình chỉ giải quyết", "Terminated"),
    State.WITHDRAWN: ("Đã rút đơn", "Withdrawn"),
    State.ANSWERED: ("Đã trả lời", "Answered"),
    State.CLOSED: ("Đã kết thúc", "Closed"),
}
STEPS = {
    What.LODGED: ("Gửi", "Lodged"),
    What.SUPPLEMENTED: ("Bổ sung tài liệu", "Files added"),
    What.ROUTED: ("Chuyển đến cơ quan", "Passed to the office"),
    What.ACCEPTED: ("Thụ lý", "Accepted"),
    What.REFUSED: ("Không thụ lý", "Refused"),
    What.GUIDED: ("Hướng dẫn", "Guided"),
    What.RETURNED: ("Trả lại cơ quan chuyển đến", "Returned to the sending office"),
    What.TERMINATED: ("Đình chỉ giải quyết", "Terminated"),
    What.WITHDRAWN: ("Rút đơn", "Withdrawn"),
    What.CONTESTED: ("Không đồng ý với trả lời", "Answer contested"),
    What.TRANSFERRED: ("Chuyển cơ quan khác", "Transferred"),
    What.ANSWERED: ("Trả lời", "Answered"),
    What.CLOSED: ("Kết thúc", "Closed"),
    What.SUSPENDED: ("Tạm đình chỉ", "Suspended"),
    What.RESUMED: ("Tiếp tục giải quyết", "Resumed"),
    What.EXTENDED: ("Gia hạn", "Extended"),
    What.REOPENED: ("Giải quyết lại", "Reopened"),
    What.MERGED: ("Giải quyết chung với đơn cùng nội dung", "Dealt with together with another of the same content"),
    What.UNMERGED: ("Giải quyết riêng trở lại", "Dealt with by itself again"),
    What.BREACHED: ("Quá hạn", "Overdue"),
    What.ESCALATED: ("Báo cáo lên cấp trên", "Reported to the superior office"),
}
