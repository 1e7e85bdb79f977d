"""What a change of an event is called, and why it breaks whoever reads it: Vietnamese and English."""

from collections.abc import Mapping

from shared.contracts.compatibility import Change

ENGLISH = "en"

WORDS: Mapping[str, tuple[str, str]] = {
    "event_added": ("sự kiện mới", "a new event"),
    "event_removed": (
        "sự kiện không còn nữa: ai đang nghe sẽ không nhận được gì",
        "the event is gone: whoever hears it hears nothing any more",
    ),
    "field_added": ("thêm trường, không bắt buộc", "an optional field was added"),
    "field_added_required": (
        "thêm trường bắt buộc: sự kiện đã nói trước đây không có; hãy cho nó giá trị mặc định",
        "a field was added as required: events said before have none; give it a default",
    ),
    "field_removed": ("bỏ trường: bên nhận vẫn đọc nó", "the field was removed: readers still look for it"),
    "field_became_required": (
        "trường trở thành bắt buộc: sự kiện cũ có thể không có",
        "the field became required: older events may not have it",
    ),
    "field_became_optional": (
        "trường không còn bắt buộc: bên nhận cũ tin rằng lúc nào cũng có",
        "the field became optional: older readers rely on it",
    ),
    "type_narrowed": (
        "kiểu bị thu hẹp từ {old} thành {new}: sự kiện cũ không còn đọc được",
        "the type was narrowed from {old} to {new}: older events can no longer be read",
    ),
    "type_widened": (
        "kiểu được nới từ {old} thành {new}: bên nhận cũ không đọc được giá trị mới",
        "the type was widened from {old} to {new}: older readers cannot read the new values",
    ),
    "type_changed": ("kiểu đổi từ {old} thành {new}", "the type changed from {old} to {new}"),
    "format_changed": ("định dạng đổi từ {old} thành {new}", "the format changed from {old} to {new}"),
    "word_removed": (
        "bỏ từ “{word}” khỏi danh sách: sự kiện cũ còn mang từ đó",
        "the word “{word}” was removed from the list: older events still carry it",
    ),
    "word_added": (
        "thêm từ “{word}” vào danh sách đóng: bên nhận phân nhánh theo danh sách không biết từ này",
        "the word “{word}” was added to a closed list: readers that switch on it do not know it",
    ),
    "list_closed": ("danh sách mở bị đóng lại", "an open list was closed"),
    "list_opened": (
        "danh sách đóng được mở ra: bên nhận tin rằng không có từ nào khác",
        "a closed list was opened: readers rely on there being no other word",
    ),
    "constraint_tightened": (
        "ràng buộc {constraint} chặt hơn ({old} thành {new}): sự kiện cũ có thể bị từ chối",
        "the constraint {constraint} was tightened ({old} to {new}): older events may be refused",
    ),
    "constraint_loosened": (
        "ràng buộc {constraint} lỏng hơn ({old} thành {new}): bên nhận cũ có thể từ chối giá trị mới",
        "the constraint {constraint} was loosened ({old} to {new}): older readers may refuse the new values",
    ),
    "default_changed": (
        "giá trị khi vắng mặt đổi từ {old} thành {new}: cùng một sự kiện mang nghĩa khác",
        "what its absence means changed from {old} to {new}: the same event means something else",
    ),
    "header_added": ("thêm tiêu đề, không bắt buộc", "an optional header was added"),
    "header_added_required": (
        "thêm tiêu đề bắt buộc: sự kiện cũ không có",
        "a header was added as required: older events have none",
    ),
    "header_removed": ("bỏ tiêu đề: bên nhận vẫn đọc nó", "the header was removed: readers still look for it"),
    "header_became_required": ("tiêu đề trở thành bắt buộc", "the header became required: older events may not have it"),
    "header_became_optional": ("tiêu đề không còn bắt buộc", "the header became optional: older readers rely on it"),
    "subject_changed": (
        "chủ đề đổi thành {new}: ai đăng ký theo chủ đề cũ sẽ không nhận được gì",
        "the subject is now {new}: whoever subscribed to the old one hears nothing any more",
    ),
    "subject_added": ("được nói thêm dưới chủ đề này", "it is also said under this subject"),
    "words_changed": ("lời giải thích được sửa", "its words were mended"),
}
MARKS = {True: ("HỎNG", "BREAKS"), False: ("được", "fine")}
REMEDY = (
    "đặt sự kiện mới …v2 bên cạnh, hoặc thêm trường không bắt buộc",
    "make a new event …v2 beside it, or add an optional field",
)


def told(change: Change, *, language: str) -> str:
    """Return a change as a line: whether it breaks somebody, where it is, and what it does."""
    chosen = int(language == ENGLISH)
    words = WORDS[change.code][chosen].format(**change.facts)
    return f"{MARKS[change.is_breaking][chosen]}  {change.event}{f': {change.place}' if change.place else ''}: {words}"
