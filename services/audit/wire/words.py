"""What events, gaps and differences are called in front of people: Vietnamese first, English second."""

from services.audit.domain.gaps import Gap
from shared.contracts.meanings import titles

ENGLISH = "en"

<<<<<<< HEAD
_EVENTS = {
    "petition.lodged": ("Tiếp nhận", "Lodged"),
    "petition.joined": ("Có thêm người cùng đứng đơn", "A further person stands behind it"),
    "petitioner.withdrawn": ("Một người trong số đó rút đơn", "One of its petitioners withdrew"),
    "petition.supplemented": ("Bổ sung tài liệu", "Files added"),
    "copy.issued": ("Cấp bản sao đã lược danh tính", "Copy without the author issued"),
    "content.erased": ("Xoá nội dung, dữ liệu cá nhân theo thời hạn lưu giữ", "Words and personal data erased by rule"),
    "retention.held": ("Giữ lại, chưa xoá", "Held back from erasing"),
    "retention.released": ("Không giữ lại nữa", "Held back no longer"),
    "answer.published": ("Công khai kết quả giải quyết", "Result published"),
    "identity.revealed": ("Có người xem thông tin được bảo vệ", "Protected data was read"),
    "competence.amended": ("Sửa bảng thẩm quyền", "Competence table amended"),
    "content.revealed": ("Có người xem văn bản của cơ quan về đơn", "What an office wrote about it was read"),
    "office.registered": ("Ghi cơ quan vào danh bạ", "Office registered"),
    "petition.routed": ("Chuyển tới cơ quan có thẩm quyền", "Routed to the competent office"),
    "petition.classified": ("Xác nhận lĩnh vực", "Topic confirmed by a person"),
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
    "petition.suspended": ("Tạm đình chỉ", "Suspended"),
    "petition.resumed": ("Tiếp tục giải quyết", "Resumed"),
    "petition.extended": ("Gia hạn", "Extended"),
    "petition.guided": ("Hướng dẫn nơi khác", "Guided elsewhere"),
    "petition.terminated": ("Đình chỉ giải quyết", "Terminated"),
    "petition.returned": ("Trả lại", "Returned"),
    "denounced.named": ("Xác định cơ quan của người bị tố cáo", "It was said to which office who is denounced belongs"),
    "person.excluded": ("Loại người có xung đột lợi ích", "Somebody with a conflict of interest is excluded"),
    "petition.contested": ("Không đồng ý với trả lời", "Answer contested"),
    "petition.reopened": ("Giải quyết lại", "Reopened"),
    "petition.merged": ("Gộp", "Merged"),
    "petition.unmerged": ("Tách gộp", "Merge undone"),
    "petition.split": ("Tách nội dung", "Split"),
    "petition.rated": ("Người gửi đánh giá câu trả lời", "The petitioner judged the answer"),
    "petition.commented": ("Có ý kiến bổ sung", "A comment was added"),
    "petition.withdrawn": ("Rút đơn", "Withdrawn"),
    "step.recorded": ("Ghi một bước vào hồ sơ", "Step recorded in the file"),
    "deadline.paused": ("Dừng thời hạn", "Deadline paused"),
    "deadline.moved": ("Dời thời hạn", "Deadline moved"),
    "escalation.acknowledged": ("Cấp trên đã xác nhận", "Escalation acknowledged"),
    "calendar.amended": ("Sửa lịch làm việc", "Calendar amended"),
    "calendar.missing": ("Thiếu lịch năm sau", "Next year's calendar is missing"),
    "rule.amended": ("Sửa quy tắc thời hạn", "Rule amended"),
    "reconciliation.published": ("Công bố đối soát", "Reconciliation published"),
    "checkpoint.published": ("Công bố điểm kiểm tra của nhật ký", "Checkpoint of the log published"),
    "comparison.published": ("Công bố đối chiếu với sổ của các dịch vụ", "Comparison with the services' records published"),
    "export.made": ("Xuất dữ liệu nhật ký", "Events were taken out of the log"),
    "notice.sent": ("Đã gửi thông báo", "Notice sent"),
    "notice.failed": ("Không gửi được thông báo", "Notice could not be sent"),
    "agency.registered": ("Hệ thống của cơ quan được đăng ký", "An office's own system was registered"),
    "credentials.issued": ("Cấp chứng thư cho hệ thống của cơ quan", "Credentials issued to an office's own system"),
    "credentials.revoked": ("Thu hồi chứng thư của hệ thống cơ quan", "Credentials of an office's own system revoked"),
    "webhook.added": ("Thêm webhook của cơ quan", "Webhook of an office added"),
    "webhook.changed": ("Sửa webhook của cơ quan", "Webhook of an office changed"),
    "webhook.rotated": ("Đổi khoá webhook", "Secret of a webhook changed"),
    "webhook.failing": ("Webhook không nhận được sự kiện", "Webhook takes no events"),
    "webhook.paused": ("Tạm dừng webhook", "Webhook paused"),
    "webhook.resumed": ("Cho webhook chạy tiếp", "Webhook resumed"),
    "webhook.removed": ("Xoá webhook của cơ quan", "Webhook of an office removed"),
    "webhook.redelivered": ("Gửi lại sự kiện qua webhook", "Events sent again by webhook"),
}

=======
>>>>>>> 3d227c4 (Call events in a trace by the names that their pages have)
DIFFERENCES = {
    "event_missing": ("thiếu sự kiện mà dữ kiện đòi hỏi", "an event that the facts call for was not said, or was dropped"),
    "deadline_missing": ("đã công bố nhưng không còn trong sổ thời hạn", "it was said, but escalation has no row of it"),
    "deadline_unknown": ("có trong sổ thời hạn nhưng chưa từng công bố", "escalation has a row that nobody said"),
    "due_differs_from_law": ("ngày đã công bố khác ngày theo luật", "the date that was said is not what the law gives"),
    "date_edited": ("ngày trong sổ khác ngày đã công bố", "the date in the row is not the one that was said"),
    "step_skipped": ("bước đến hạn mà chưa thực hiện", "a step was due and was not said"),
    "step_untimely": ("bước ghi với thời điểm hiệu lực khác", "a step was said with another effective time"),
    "step_doubled": ("bước ghi hơn một lần", "a step was said more than once"),
    "step_unfounded": ("bước ghi mà không có căn cứ", "a step was said without cause"),
    "outcome_differs": ("kết quả hoặc nơi nhận khác", "the outcome, or who was told, is another one"),
    "state_differs": ("trạng thái trong sổ khác", "the state in the row is another one"),
    "cannot_be_counted": ("không tính lại được", "it cannot be counted again"),
}
ANOMALIES = {
    "backdated_act": ("việc ghi lùi ngày quá 24 giờ", "an act stated more than 24 hours back"),
    "bulk_answers_on_last_day": (
        "từ 5 trả lời trong một giờ, đều vào ngày cuối thời hạn",
        "five answers or more within an hour, each on its due day",
    ),
    "repeated_suspension": ("tạm đình chỉ từ hai lần", "suspended twice or more"),
    "bouncing_transfer": ("chuyển qua lại, hoặc chuyển từ ba lần", "transferred back, or three times or more"),
    "contested_answer": ("trả lời bị phản đối hoặc phải giải quyết lại", "the answer was contested or had to be taken back"),
}


def in_language(texts: tuple[str, str], language: str) -> str:
    """Return the text of a language."""
    return _chosen(texts, language)


def event_title(what: str, *, language: str) -> str:
    """Return what an event is called; its own name where it has none here."""
    title = titles().get(what)
    return what if title is None else title.of(language)


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
