"""What each oddity means, and what an auditor looks at next: Vietnamese first. `{…}` are the facts that show it."""

from services.audit.domain.oddities import Oddity, OddityKind
from services.audit.wire.words import in_language

Texts = tuple[str, str]

SHORT: dict[OddityKind, Texts] = {
    OddityKind.UNREADABLE: ("nội dung sự kiện không đọc được", "its body cannot be read"),
    OddityKind.CAUSE_UNKNOWN: ("nguyên nhân được nêu không có trong nhật ký", "the cause that it names is not in the log"),
    OddityKind.BEFORE_ITS_CAUSE: ("được ghi trước nguyên nhân của nó", "it was recorded before its cause"),
    OddityKind.AHEAD_OF_TIME: ("có hiệu lực sau khi được ghi", "it became effective after it was recorded"),
    OddityKind.RECORDED_BACK: ("giờ ghi lùi so với sự kiện liền trước", "it was recorded before the one that it follows"),
    OddityKind.ID_TIME_DIFFERS: ("mã sự kiện mang thời điểm khác giờ ghi", "its id carries another time than its record"),
    OddityKind.SEALED_SAID_OPENLY: ("hồ sơ niêm phong nhưng sự kiện để ngỏ", "the petition is sealed, and this was said openly"),
    OddityKind.ANSWERED_BEFORE_ACCEPTED: ("trả lời khi chưa thụ lý", "answered before it was accepted"),
    OddityKind.CLOSED_WITHOUT_ANSWER: ("kết thúc khi chưa trả lời", "closed as answered without an answer"),
    OddityKind.ACT_AFTER_CLOSING: ("còn thao tác sau khi kết thúc", "an act after it was closed"),
    OddityKind.ANSWERED_TWICE: ("trả lời hai lần mà không mở lại", "answered twice without being reopened"),
    OddityKind.ACT_BEFORE_LODGING: ("có hiệu lực trước khi nộp đơn", "it became effective before the petition was lodged"),
    OddityKind.ACTS_OUT_OF_ORDER: ("có hiệu lực trước thao tác liền trước", "it became effective before the act that it follows"),
    OddityKind.BACK_DATED: ("ghi lùi ngày quá 24 giờ", "stated more than 24 hours back"),
    OddityKind.MOVED_WITHOUT_REASON: ("dời thời hạn mà không có căn cứ", "the deadline moved without a reason"),
    OddityKind.MOVED_FROM_ANOTHER_DATE: (
        "dời từ một ngày không phải ngày đang có",
        "moved from a date that was not the one that stood",
    ),
    OddityKind.CLOCK_NEVER_SET: ("nói về thời hạn chưa từng được ấn định", "it speaks of a deadline that was never set"),
    OddityKind.CLOCK_AFTER_ITS_END: ("thời hạn đã chấm dứt mà vẫn tính", "the clock went on after its end"),
    OddityKind.MET_AFTER_DUE: ("ghi là đúng hạn nhưng sau ngày đến hạn", "said to be in time, but after the due moment"),
    OddityKind.EXTENSION_BEYOND_CEILING: ("gia hạn vượt mức tối đa", "extended beyond the ceiling of the law"),
    OddityKind.OFFICE_DID_NOT_HAVE_IT: ("cơ quan thao tác không giữ hồ sơ", "an act of an office that did not have it"),
    OddityKind.RIGHT_OF_ANOTHER_OFFICE: ("dùng quyền của cơ quan khác", "done by a right held at another office"),
    OddityKind.READ_WITHOUT_HAVING_IT: (
        "xem dữ liệu cá nhân khi không giữ hồ sơ",
        "personal data was read without having the petition",
    ),
    OddityKind.READ_WITHOUT_PURPOSE: ("xem dữ liệu cá nhân không nêu mục đích", "personal data was read without a purpose"),
    OddityKind.EXCLUDED_PERSON: ("người bị loại vẫn thao tác", "somebody who is excluded went on with it"),
    OddityKind.CONFIRMED_BY_ONESELF: ("tự xác nhận việc của mình", "confirmed by the very person who did it"),
}

WHY: dict[OddityKind, Texts] = {
    OddityKind.UNREADABLE: (
        "Nhật ký giữ nguyên {bytes} byte như đã nhận; hãy đối chiếu với sổ của dịch vụ (mục đối chiếu).",
        "The log keeps its {bytes} bytes as they came; compare with the service's own record (section records).",
    ),
    OddityKind.CAUSE_UNKNOWN: (
        "Sự kiện nêu {cause} là nguyên nhân. Xem phần thiếu phiên bản và các bản tin đang chờ (caunoi parked list audit).",
        "It names {cause} as its cause. Look at the gaps, and at parked messages (caunoi parked list audit).",
    ),
    OddityKind.BEFORE_ITS_CAUSE: (
        "Sớm hơn {cause} {earlier}. Đồng hồ máy lệch, hoặc giờ ghi đã bị sửa.",
        "{earlier} earlier than {cause}. The clock of a machine is wrong, or the time of record was changed.",
    ),
    OddityKind.AHEAD_OF_TIME: (
        "Sau giờ ghi {ahead}. Không ai ghi được việc chưa xảy ra: kiểm tra đồng hồ máy.",
        "{ahead} after its record. Nobody records what has not happened yet: look at the machine's clock.",
    ),
    OddityKind.RECORDED_BACK: (
        "Sự kiện liền trước của {source} ghi lúc {before}. Đồng hồ bị chỉnh lùi, hoặc bản ghi được chèn vào sau.",
        "The one before it of {source} was recorded at {before}. A clock was set back, or it was put in later.",
    ),
    OddityKind.ID_TIME_DIFFERS: (
        "Mã được tạo lúc {id_time}. Giờ ghi có thể đã bị sửa.",
        "The id was made at {id_time}. The time of record may have been changed.",
    ),
    OddityKind.SEALED_SAID_OPENLY: (
        "{source} đã niêm phong các sự kiện trước. Ai đọc được luồng thường đều có thể biết: báo bộ phận vận hành.",
        "{source} had sealed what it said before. Whoever reads the open stream may know of it: tell operations.",
    ),
    OddityKind.ANSWERED_BEFORE_ACCEPTED: (
        "Mọi thủ tục đều thụ lý trước khi trả lời.",
        "In every procedure acceptance comes first.",
    ),
    OddityKind.CLOSED_WITHOUT_ANSWER: (
        "Kết quả ghi là đã trả lời nhưng không có sự kiện trả lời.",
        "Its outcome is answered, and no answer was said.",
    ),
    OddityKind.ACT_AFTER_CLOSING: (
        "Sau khi kết thúc chỉ có thể mở lại, phản đối hoặc tách gộp.",
        "After the end it can only be reopened, contested or unmerged.",
    ),
    OddityKind.ANSWERED_TWICE: (
        "Trả lời thứ hai chỉ có sau khi mở lại hoặc bị phản đối.",
        "There is a second answer only after it was reopened or contested.",
    ),
    OddityKind.ACT_BEFORE_LODGING: (
        "Đơn được nộp lúc {lodged}.",
        "The petition was lodged at {lodged}.",
    ),
    OddityKind.ACTS_OUT_OF_ORDER: (
        "Thao tác liền trước {other} có hiệu lực lúc {at}.",
        "The act before it, {other}, became effective at {at}.",
    ),
    OddityKind.BACK_DATED: (
        "Ghi lùi {hours} giờ; căn cứ: {evidence}; người xác nhận: {confirmed_by}. Đối chiếu với giấy tờ.",
        "{hours} hours back; evidence: {evidence}; confirmed by: {confirmed_by}. Hold it against the paper.",
    ),
    OddityKind.MOVED_WITHOUT_REASON: (
        "{rule}: từ {from} sang {to}, lý do ghi là {reason}, nhưng không có quyết định hay lần sửa luật nào dẫn tới.",
        "{rule}: from {from} to {to}, the reason said is {reason}, and no decision or amendment leads to it.",
    ),
    OddityKind.MOVED_FROM_ANOTHER_DATE: (
        "{rule}: ghi là dời từ {from}, nhưng hạn đang có là {stood}. Có lần dời chưa được nói ra.",
        "{rule}: it is said to move from {from}, and {stood} stood. A move was not said.",
    ),
    OddityKind.CLOCK_NEVER_SET: (
        "{rule}: không có sự kiện ấn định thời hạn này.",
        "{rule}: nothing says that this clock was set.",
    ),
    OddityKind.CLOCK_AFTER_ITS_END: (
        "{rule}: sau khi chấm dứt chỉ có thể chạy lại do mở lại hoặc tách gộp.",
        "{rule}: after its end a clock runs again only when the petition is reopened or unmerged.",
    ),
    OddityKind.MET_AFTER_DUE: (
        "{rule}: đến hạn {due_at}, hoàn thành {ended_at}.",
        "{rule}: due at {due_at}, done at {ended_at}.",
    ),
    OddityKind.EXTENSION_BEYOND_CEILING: (
        "{rule}: cộng lại {total} sau {acts} lần, luật cho tối đa {ceiling}.",
        "{rule}: {total} in all after {acts} extensions, the law gives {ceiling} at most.",
    ),
    OddityKind.OFFICE_DID_NOT_HAVE_IT: (
        "Sự kiện ghi {office}, lúc đó hồ sơ ở {holder}.",
        "It says {office}; {holder} had the petition then.",
    ),
    OddityKind.RIGHT_OF_ANOTHER_OFFICE: (
        "Quyền đã dùng: {right}; lúc đó hồ sơ ở {holder}.",
        "The right that was used: {right}; {holder} had the petition then.",
    ),
    OddityKind.READ_WITHOUT_HAVING_IT: (
        "Đã xem {fields} với quyền {right}; lúc đó hồ sơ ở {holder}. Hỏi người đó và cơ quan.",
        "{fields} read as {right}; {holder} had the petition then. Ask the person and the office.",
    ),
    OddityKind.READ_WITHOUT_PURPOSE: (
        "Đã xem {fields}. Mọi lần xem phải nêu mục đích.",
        "{fields} read. Every reading names its purpose.",
    ),
    OddityKind.EXCLUDED_PERSON: (
        "{who} đã bị loại tại {excluded}.",
        "{who} was excluded by {excluded}.",
    ),
    OddityKind.CONFIRMED_BY_ONESELF: (
        "{who} vừa làm vừa xác nhận; người xác nhận phải là người thứ hai.",
        "{who} did it and confirmed it; who confirms is a second person.",
    ),
}


def oddity_text(kind: OddityKind, *, language: str) -> str:
    """Return an oddity as part of a sentence."""
    return in_language(SHORT[kind], language)


def oddity_why(oddity: Oddity, *, language: str) -> str:
    """Return what shows it and what to look at, as sentences."""
    return in_language(WHY[oddity.kind], language).format_map(oddity.facts)
