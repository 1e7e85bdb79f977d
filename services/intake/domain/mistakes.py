"""What can be wrong with a petition as sent, said to people: which field, why, and what to do, in Vietnamese and English."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.kernel.refusals import Malformed

VIETNAMESE = "vi"
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `facts` fill the places of its text."""

    field: str
    code: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Text:
    reason: str
    remedy: str


_VI: Mapping[str, _Text] = MappingProxyType(
    {
        "missing": _Text("thiếu thông tin bắt buộc", "điền trường này"),
        "unknown_field": _Text("không có trường này", "bỏ trường này hoặc kiểm tra lại tên trường"),
        "not_listed": _Text("giá trị không có trong danh mục", "chọn một trong: {allowed}"),
        "unreadable": _Text("không đọc được: {why}", "gửi giá trị đúng kiểu của trường này"),
        "not_an_object": _Text("không phải đối tượng JSON", "gửi một đối tượng JSON với các trường của đơn"),
        "not_a_list": _Text("không phải danh sách", "gửi một danh sách"),
        "not_a_text": _Text("không phải văn bản", "gửi một chuỗi ký tự"),
        "not_a_day": _Text("không phải ngày", "ghi như 2026-10-05"),
        "not_a_number": _Text("không phải số", "gửi một số"),
        "not_true_or_false": _Text("không phải đúng/sai", "gửi true hoặc false"),
        "not_json": _Text("nội dung không phải là JSON", "gửi một đối tượng JSON, mã hoá UTF-8"),
        "blank": _Text("nội dung trống", "viết nội dung phản ánh"),
        "too_long": _Text("dài {length} ký tự, quá giới hạn {limit}", "rút gọn, hoặc gửi phần còn lại bằng tệp đính kèm"),
        "bad_email": _Text("không phải địa chỉ thư điện tử", "ghi như ten@example.vn, hoặc để trống"),
        "bad_phone": _Text("không phải số điện thoại", "ghi như 0912345678 hoặc +84912345678, hoặc để trống"),
        "bad_topic": _Text("mã lĩnh vực chỉ gồm chữ thường, số và dấu gạch", "ghi như giao-thong, hoặc để trống"),
        "unknown_topic": _Text("không có lĩnh vực nào mang mã này", "chọn mã trong /routing/api/topics, hoặc để trống"),
        "office_only": _Text(
            "chỉ cán bộ tiếp nhận, cán bộ xử lý hoặc người đứng đầu đã đăng nhập được ghi giá trị này",
            "chọn một trong: {allowed}",
        ),
        "denunciation_stays": _Text(
            "nội dung tố cáo còn nằm trong đơn gốc", "ghi phần nội dung còn lại của đơn gốc, không có nội dung tố cáo"
        ),
        "words_stay": _Text("phần còn lại vẫn chứa nội dung tố cáo: “{words}”", "viết lại phần còn lại, bỏ những chữ này"),
        "half_coordinates": _Text("chỉ có một trong hai toạ độ", "gửi cả latitude và longitude, hoặc bỏ cả hai"),
        "out_of_range": _Text("nằm ngoài khoảng {low} đến {high}", "kiểm tra xem kinh độ và vĩ độ có bị đổi chỗ không"),
        "bad_commune": _Text("mã phường, xã gồm năm chữ số", "ghi mã như 00004{near}"),
        "unknown_commune": _Text("không có phường, xã nào mang mã {commune}", "chọn một trong 126 phường, xã{near}"),
        "closed_commune": _Text("phường, xã {commune} không còn hoạt động", "chọn đơn vị kế thừa{near}"),
        "commune_twice": _Text("một phường, xã được nêu hai lần", "mỗi phường, xã nêu một lần"),
        "complaint_only": _Text("chỉ đơn khiếu nại, tố cáo nêu cơ quan này", "bỏ trường này"),
        "denunciation_only": _Text("chỉ đơn tố cáo nêu chức vụ", "bỏ trường này"),
        "beyond_the_city": _Text(
            "tố cáo người đứng đầu thành phố không do cơ quan của thành phố giải quyết", "gửi Thanh tra Chính phủ hoặc Thủ tướng"
        ),
        "no_communes_there": _Text("địa bàn này không dùng mã phường, xã", "bỏ trường này"),
        "unknown_jurisdiction": _Text("hệ thống không phục vụ địa bàn này", "chọn một trong: {allowed}"),
        "either_one": _Text("gửi cùng lúc petitioner và petitioners", "chỉ gửi một trong hai"),
        "too_many_people": _Text("{number} người, quá giới hạn {limit}", "gửi thành nhiều đơn; cơ quan sẽ giải quyết chung"),
        "unsigned": _Text("đơn nhiều người phải có chữ ký của tất cả", "lấy chữ ký của người này, hoặc bỏ tên khỏi đơn"),
        "person_twice": _Text("đã ghi người này ở dòng {first}", "mỗi người ghi một lần"),
        "representatives": _Text(
            "{number} người, {speaking} người đại diện", "cử từ 1 đến {limit} người đại diện (Luật Tiếp công dân, Điều 29)"
        ),
        "no_appointment": _Text("thiếu ngày của giấy cử người đại diện", "ghi ngày của giấy cử có chữ ký của mọi người"),
        "needless_address": _Text("chỉ đơn khiếu nại, tố cáo cần địa chỉ người gửi", "bỏ trường này"),
        "no_way_to_tell": _Text("chưa có thông tin người tham gia", "ghi họ tên, số điện thoại hoặc thư điện tử"),
        "import_only": _Text("kênh này chỉ dành cho nhập dữ liệu", "chọn kênh mà người dân đã dùng"),
        "clerk_only": _Text("chỉ cán bộ tiếp nhận được ghi mức khẩn", "bỏ trường này; hệ thống tự xét theo nội dung"),
        "bad_key": _Text("khoá phải có 8 đến 200 ký tự ASCII in được", "gửi một UUID trong Idempotency-Key"),
        "naive_instant": _Text("thời điểm không có múi giờ", "ghi như 2026-07-01T08:00:00+07:00"),
        "in_the_future": _Text("thời điểm ở tương lai", "kiểm tra ngày và múi giờ"),
        "bad_office": _Text("không phải mã cơ quan", "ghi như hanoi-so-xd: chữ, số, gạch ngang, gạch dưới"),
        "too_many_files": _Text("quá {limit} tệp (đã có {present})", "chọn những tệp cần nhất"),
        "no_files": _Text("không có tệp nào", "gửi tệp trong trường files của biểu mẫu multipart"),
        "empty_file": _Text("tệp trống", "chọn lại tệp"),
        "file_too_large": _Text("tệp lớn hơn {limit} MB", "nén hoặc chụp lại với độ phân giải thấp hơn"),
        "file_type": _Text("không nhận loại tệp này ({found})", "gửi ảnh JPEG, PNG, WebP hoặc PDF"),
        "bad_image": _Text("không đọc được ảnh", "chụp lại hoặc lưu ảnh dưới dạng JPEG"),
        "huge_image": _Text("ảnh có quá nhiều điểm ảnh", "giảm kích thước xuống dưới {limit} triệu điểm ảnh"),
        "far_instant": _Text("thời điểm nằm ngoài khoảng {low} đến {high}", "kiểm tra năm"),
        "bad_label": _Text("nhãn dài hơn {limit} ký tự hoặc có ký tự lạ", "gửi nhãn của hệ thống nguồn, ví dụ ONTIME"),
        "changed_since": _Text("số hiệu này đã nhập với nội dung khác", "dòng này không được nhập; kiểm tra với nguồn"),
        "bad_reference": _Text("số hiệu nguồn dài hơn {limit} ký tự hoặc có ký tự lạ", "gửi số hiệu của hệ thống nguồn"),
        "bad_register_number": _Text("số đăng ký dài hơn {limit} ký tự hoặc có ký tự lạ", "ghi như 123/TCD: chữ, số, . / - _"),
        "register_number_used": _Text(
            "số {number} năm {year} đã cấp cho đơn {code}", "kiểm tra sổ đăng ký; nếu là đơn khác, ghi số khác"
        ),
        "key_reused": _Text("khoá Idempotency-Key này đã dùng cho một đơn khác ở dòng này", "tạo khoá mới cho lần gửi này"),
        "too_many_lines": _Text("không có đơn nào hoặc quá {limit} đơn trong một lần gửi", "gửi từ 1 đến {limit} đơn"),
        "future_day": _Text("ngày ở tương lai", "kiểm tra lại ngày, ghi như 05/10/2026"),
        "old_day": _Text("ngày trước {low}", "kiểm tra lại năm"),
        "bad_iso_day": _Text("không đọc được ngày", "ghi như 2026-10-05, hoặc để trống nếu là hôm nay"),
        "bad_day": _Text("thiếu ngày hoặc không đọc được ngày", "ghi ngày/tháng/năm như 05/10/2026"),
        "bad_signs": _Text("có ký tự điều khiển hoặc xuống dòng", "gõ lại trên một dòng"),
        "unknown_office": _Text("không có cơ quan nào như vậy", "ghi mã như hanoi-so-xd hoặc tên đầy đủ, hoặc để trống"),
        "bad_line": _Text("dòng có {cells} ô, dòng tiêu đề có {columns}", "đặt nội dung có dấu phân cách trong ngoặc kép"),
        "bad_cell": _Text("ô không đọc được: {why}", "gõ lại ô này"),
        "no_location": _Text("thiếu địa điểm", "gửi lat và long, hoặc address_string, hoặc address_id"),
        "bad_coordinate": _Text("không phải toạ độ", "ghi độ thập phân như 21.0285"),
        "one_of_two": _Text("chỉ có một trong hai toạ độ", "gửi cả lat và long, hoặc bỏ cả hai"),
        "one_value": _Text("có nhiều giá trị khác nhau", "chỉ chọn một giá trị"),
        "bad_instant": _Text("không đọc được thời điểm", "ghi như 2026-07-01T08:00:00+07:00"),
        "bad_span": _Text("khoảng thời gian dài hơn {limit} ngày", "chia thành nhiều lần hỏi"),
        "start_after_end": _Text("bắt đầu sau khi kết thúc", "đổi chỗ start_date và end_date"),
        "bad_number": _Text("không phải số nguyên từ {low} đến {high}", "gửi một số trong khoảng này"),
    }
)

_EN: Mapping[str, _Text] = MappingProxyType(
    {
        "missing": _Text("a required field is missing", "fill it in"),
        "unknown_field": _Text("there is no such field", "leave it out or check its spelling"),
        "not_listed": _Text("the value is not in the list", "choose one of: {allowed}"),
        "unreadable": _Text("it cannot be read: {why}", "send a value of this field's type"),
        "not_an_object": _Text("this is no JSON object", "send a JSON object with the fields of a petition"),
        "not_a_list": _Text("this is no list", "send a list"),
        "not_a_text": _Text("this is no text", "send a string"),
        "not_a_day": _Text("this is no day", "write it as 2026-10-05"),
        "not_a_number": _Text("this is no number", "send a number"),
        "not_true_or_false": _Text("this is not true or false", "send true or false"),
        "not_json": _Text("the body is not JSON", "send one JSON object in UTF-8"),
        "blank": _Text("it is empty", "write what you want to say"),
        "too_long": _Text("it has {length} characters, the limit is {limit}", "shorten it, or send the rest as a file"),
        "bad_email": _Text("this is no e-mail address", "write it as name@example.vn, or leave it out"),
        "bad_phone": _Text("this is no phone number", "write it as 0912345678 or +84912345678, or leave it out"),
        "bad_topic": _Text("a topic code has only small letters, digits and dashes", "write it as giao-thong, or leave it out"),
        "unknown_topic": _Text("no topic has this code", "choose a code of /routing/api/topics, or leave it out"),
        "office_only": _Text("only clerks, officers and heads who are signed in may say this", "choose one of: {allowed}"),
        "denunciation_stays": _Text(
            "the words of the denunciation would stay in the petition", "write what the petition says without them"
        ),
        "words_stay": _Text(
            "words of the denunciation still stand in it: “{words}”", "write what the petition says without them"
        ),
        "half_coordinates": _Text("only one of the two coordinates is given", "send both latitude and longitude, or neither"),
        "out_of_range": _Text("it lies outside {low} to {high}", "check whether latitude and longitude are swapped"),
        "bad_commune": _Text("a commune code has five digits", "write it as 00004{near}"),
        "unknown_commune": _Text("no commune has the code {commune}", "choose one of the 126 communes{near}"),
        "closed_commune": _Text("the commune {commune} no longer exists", "choose its successor{near}"),
        "commune_twice": _Text("a commune is named twice", "name each one once"),
        "complaint_only": _Text("only complaints and denunciations name this office", "leave the field out"),
        "denunciation_only": _Text("only denunciations name a rank", "leave the field out"),
        "beyond_the_city": _Text(
            "who leads the city is not judged by offices below him",
            "send it to the Government Inspectorate",
        ),
        "no_communes_there": _Text("this jurisdiction has no communes", "leave the field out"),
        "unknown_jurisdiction": _Text("this jurisdiction is not served here", "choose one of: {allowed}"),
        "either_one": _Text("both petitioner and petitioners are given", "send one of the two"),
        "too_many_people": _Text(
            "{number} people, the limit is {limit}", "send several petitions; the office deals with them together"
        ),
        "unsigned": _Text("a joint petition is signed by all", "have this person sign it, or leave the name out"),
        "person_twice": _Text("this person stands in line {first} already", "name each one once"),
        "representatives": _Text(
            "{number} people, {speaking} representatives", "appoint 1 to {limit} of them (Law on Citizen Reception art. 29)"
        ),
        "no_appointment": _Text(
            "the day of the appointment is missing", "give the day of the paper, signed by all, that appoints them"
        ),
        "needless_address": _Text("only complaints and denunciations say where who lodges lives", "leave the field out"),
        "no_way_to_tell": _Text("nothing says who joins", "give a name, a phone number or an e-mail address"),
        "import_only": _Text("this channel is for imports only", "name the channel that the petitioner used"),
        "clerk_only": _Text("only clerks say how urgent it is", "leave it out; it is judged from what is said"),
        "bad_key": _Text("a key has 8 to 200 printable ASCII characters", "send a UUID as Idempotency-Key"),
        "naive_instant": _Text("the instant has no time zone", "write it as 2026-07-01T08:00:00+07:00"),
        "in_the_future": _Text("the instant lies in the future", "check the date and the time zone"),
        "bad_office": _Text("this is no office code", "write it as hanoi-so-xd: letters, digits, dash, underscore"),
        "too_many_files": _Text("more than {limit} files ({present} are there)", "choose those that matter most"),
        "no_files": _Text("there is no file", "send files in the multipart field named files"),
        "empty_file": _Text("the file is empty", "choose it again"),
        "file_too_large": _Text("the file is larger than {limit} MB", "compress it or take it again at a lower resolution"),
        "file_type": _Text("files of this kind are not taken ({found})", "send JPEG, PNG, WebP or PDF"),
        "bad_image": _Text("the image cannot be read", "take it again or save it as JPEG"),
        "huge_image": _Text("the image has too many pixels", "make it smaller than {limit} million pixels"),
        "far_instant": _Text("the instant lies outside {low} to {high}", "check the year"),
        "bad_label": _Text(
            "the verdict has more than {limit} or strange characters", "send the source's word, for example ONTIME"
        ),
        "changed_since": _Text("this number was imported with other content", "the row was not taken; ask its source"),
        "bad_reference": _Text("the source's number has more than {limit} or strange characters", "send the source's own number"),
        "bad_register_number": _Text(
            "the register number has more than {limit} or strange characters", "write it as 123/TCD: letters, digits, . / - _"
        ),
        "register_number_used": _Text(
            "number {number} of {year} was given to the petition {code}",
            "look in the register; another letter needs another number",
        ),
        "key_reused": _Text("this Idempotency-Key was used for another petition in this line", "make a new key for this request"),
        "too_many_lines": _Text("there are none, or more than {limit} petitions in one request", "send 1 to {limit} petitions"),
        "future_day": _Text("the day lies in the future", "check it; write it as 05/10/2026 (day first)"),
        "old_day": _Text("the day lies before {low}", "check the year"),
        "bad_iso_day": _Text("the day cannot be read", "write it as 2026-10-05, or leave it out if it is today"),
        "bad_day": _Text("the day is missing or cannot be read", "write day/month/year as 05/10/2026"),
        "bad_signs": _Text("it has control characters or line breaks", "type it again, on one line"),
        "unknown_office": _Text("there is no such office", "write a code as hanoi-so-xd, or the full name, or leave it out"),
        "bad_line": _Text("the line has {cells} cells, the head has {columns}", "quote text that holds the separator"),
        "bad_cell": _Text("the cell cannot be read: {why}", "type this cell again"),
        "no_location": _Text("there is no location", "send lat and long, or address_string, or address_id"),
        "bad_coordinate": _Text("this is no coordinate", "write decimal degrees as 21.0285"),
        "one_of_two": _Text("only one of the two coordinates is given", "send both lat and long, or neither"),
        "one_value": _Text("it has several different values", "choose one"),
        "bad_instant": _Text("the instant cannot be read", "write it as 2026-07-01T08:00:00+07:00"),
        "bad_span": _Text("the range is longer than {limit} days", "ask for it in parts"),
        "start_after_end": _Text("it starts after it ends", "swap start_date and end_date"),
        "bad_number": _Text("this is no whole number from {low} to {high}", "send one within this range"),
    }
)

CODES = frozenset(_VI)
_LANGUAGES = {VIETNAMESE: _VI, ENGLISH: _EN}


def told(mistake: Mistake, *, language: str) -> dict[str, str]:
    """Return the mistake in words: ``{"field", "code", "reason", "remedy"}``; any language but English is Vietnamese."""
    text = _LANGUAGES.get(language, _VI)[mistake.code]
    return {
        "field": mistake.field,
        "code": mistake.code,
        "reason": text.reason.format_map(mistake.facts),
        "remedy": text.remedy.format_map(mistake.facts),
    }


def refuse(mistakes: Iterable[Mistake], *, language: str) -> Malformed:
    """Return the one answer that lists all `mistakes`."""
    errors = [told(mistake, language=language) for mistake in mistakes]
    detail = "; ".join(f"{error['field']}: {error['reason']}" for error in errors)
    return Malformed(detail, code="petition_malformed", errors=errors)
