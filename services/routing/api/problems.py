"""What the refusals of routing say to people: Vietnamese, English; ``{…}`` are facts of the refusal."""

from collections.abc import Mapping

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "petition_not_found": ("Không có đơn nào mang mã này.", "No petition has this code."),
    "office_not_found": (
        "Không có cơ quan này, hoặc không phải cơ quan của bạn.",
        "There is no such office, or it is not yours.",
    ),
    "unknown_body": (
        "Hãy nêu mã cơ quan của thành phố, hoặc một mã nơi khác: {possible}.",
        "Name an office of the city by its code, or a body outside: {possible}.",
    ),
    "names_nobody": (
        "Chỉ đơn tố cáo mới có người bị tố cáo.",
        "Only a denunciation denounces somebody.",
    ),
    "petitioner_withdrew": (
        "Người gửi đã rút đơn này: không còn gì để tách.",
        "Its petitioner took it back: there is nothing to take apart.",
    ),
    "preview_first": (
        "Hãy xem trước bảng này trên các đơn gần nhất (preview) trong vòng {days} ngày, rồi mới áp dụng.",
        "Preview this very table on the last petitions, within {days} days, then apply it.",
    ),
    "table_version_known": (
        "Đã có bảng phiên bản {version}: hãy đặt phiên bản mới.",
        "There is a table of version {version}: give it a version of its own.",
    ),
    "table_begins_too_early": (
        "Bảng có hiệu lực từ {valid_from}: phải từ hôm nay ({today}) trở đi và không trước bảng mới nhất ({latest}).",
        "It begins on {valid_from}: it has to begin today ({today}) or later, and not before the newest table ({latest}).",
    ),
    "classified_before": (
        "Đã có người xác nhận lĩnh vực {topic}. Nếu sai, hãy chọn lĩnh vực khác.",
        "A person said {topic} before. If that is wrong, say another topic.",
    ),
    "unknown_topic": (
        "Không có lĩnh vực này: hãy chọn một mã trong danh sách (GET /routing/api/topics).",
        "There is no such topic: take a code of the list (GET /routing/api/topics).",
    ),
    "version_needed": (
        "Hãy gửi kèm phiên bản mà bạn đã xem (version hoặc If-Match).",
        "Send the version that you have seen (version, or If-Match).",
    ),
    "version_conflict": (
        "Đơn đã thay đổi (phiên bản {version}, trạng thái {state}): hãy xem lại rồi thực hiện.",
        "Somebody acted in the meantime (version {version}, state {state}): look again, then act.",
    ),
    "not_possible_now": (
        "Không thể thực hiện việc này ở trạng thái {state} ({article}). Có thể: {possible}.",
        "This is not possible in state {state} ({article}). Possible: {possible}.",
    ),
    "unassigned": (
        "Đơn đang ở danh sách chờ phân công: hãy chuyển đến cơ quan có thẩm quyền trước, hoặc từ chối có căn cứ.",
        "The petition is in the unassigned pool: transfer it to the competent office first, or refuse it on a ground.",
    ),
    "excludes_oneself": (
        "Không tự loại mình được: hãy báo cáo cấp trên để chuyển đơn.",
        "Nobody excludes himself: tell your superior, who passes it on.",
    ),
    "over_the_head": (
        "Khiếu nại lần đầu gửi vượt cấp: hãy hướng dẫn đến nơi đã ra quyết định, hoặc chuyển ({article}). Có thể: {possible}.",
        "A first complaint over the head of who decided: guide it there, or pass it on ({article}). Possible: {possible}.",
    ),
    "merged": (
        "Đơn này được giải quyết chung với đơn {lead}: hãy thực hiện ở đơn đó, hoặc tách ra trước. Có thể: {possible}.",
        "It is dealt with together with {lead}: act on that one, or unmerge it first. Possible: {possible}.",
    ),
    "not_merged": ("Đơn này không được nhập chung với đơn nào.", "It is not merged into another one."),
    "leads_others": (
        "Có đơn khác được nhập vào đơn này: hãy nhập các đơn đó vào đơn kia trước.",
        "Others are merged into this one: unmerge them first, then merge them there.",
    ),
    "merge_itself": ("Không thể nhập đơn vào chính nó.", "A petition is not merged into itself."),
    "merge_chain": (
        "Đơn kia đã được nhập vào đơn {lead}: hãy nhập vào đơn {lead}.",
        "That one was merged into {lead}: merge into {lead}.",
    ),
    "merge_other_office": (
        "Đơn kia ở cơ quan {office}: chỉ nhập các đơn của cùng một cơ quan.",
        "That one is with {office}: only petitions of one office are merged.",
    ),
    "merge_other_procedure": (
        "Đơn kia theo thủ tục {procedure}: chỉ nhập các đơn cùng thủ tục.",
        "That one follows {procedure}: only petitions of one procedure are merged.",
    ),
    "merge_other_state": (
        "Đơn kia ở trạng thái {lead_state}, đơn này {state}: hãy đưa về cùng trạng thái (ví dụ thụ lý) trước.",
        "That one is {lead_state}, this one {state}: bring them to the same state first (accept it, for example).",
    ),
    "excluded_from_merged": (
        "Bạn bị loại khỏi một đơn được nhập chung ({codes}): người khác phải thực hiện, hoặc tách đơn đó ra.",
        "You are kept away from a petition merged into it ({codes}): somebody else acts, or unmerges it.",
    ),
    "denounced_office": (
        "Không được giao cho cơ quan {office}: do người bị tố cáo đứng đầu, hoặc là cấp dưới của người đó ({article}).",
        "It must not go to {office}: who is denounced leads it, or it stands below him ({article}).",
    ),
    "transferred_before": (
        "Đơn tố cáo chỉ được chuyển một lần cho cùng một nội dung (Luật Tố cáo, Điều 24).",
        "A denunciation is transferred only once for the same content (Law on Denunciations, art. 24).",
    ),
    "forbidden_by_law": (
        "{reason_vi} ({article}). Có thể: {possible}.",
        "{reason_en} ({article}). Possible: {possible}.",
    ),
    "right_missing": ("Việc này cần quyền: {needed}.", "This needs the right of: {needed}."),
    "nobody_sent_it": (
        "Không có cơ quan nào chuyển đơn đến: không thể trả lại. Có thể: {possible}.",
        "No office has sent it, so it cannot be returned. Possible: {possible}.",
    ),
    "return_needs_superior": (
        "Hai cơ quan này đã trả lại đơn một lần: cấp trên quyết định cơ quan giải quyết.",
        "It was returned between these two offices before: their superior decides who deals with it.",
    ),
    "unlisted_procedure": (
        "Không thể chuyển sang thủ tục {procedure} ({article}). Có thể: {possible}.",
        "It cannot be converted into {procedure} ({article}). Possible: {possible}.",
    ),
    "requests_missing": (
        "Khi thụ lý phải ghi từng nội dung yêu cầu (requests) ({article}).",
        "Write down what is asked for, point by point (requests), when it is accepted ({article}).",
    ),
    "request_unanswered": (
        "Chưa trả lời các nội dung số {numbers} (points) ({article}).",
        "These requests are not answered yet: {numbers} (points) ({article}).",
    ),
    "unknown_request": (
        "Không có nội dung số {numbers}: đơn có {requests} nội dung.",
        "There is no request {numbers}: the petition has {requests}.",
    ),
    "grounds_missing": (
        "Câu trả lời phải nêu căn cứ (grounds) ({article}).",
        "The answer has to name what it rests on (grounds) ({article}).",
    ),
    "appeal_missing": (
        "Câu trả lời phải nêu quyền khiếu nại tiếp, khởi kiện (appeal) ({article}).",
        "The answer has to say what can be done against it (appeal) ({article}).",
    ),
    "dialogue_missing": (
        "Phải tổ chức đối thoại (hoặc biên bản ghi vắng mặt không có lý do chính đáng) trước khi ra quyết định ({article}).",
        "A dialogue comes first, or minutes that the petitioner stayed away without good reason ({article}).",
    ),
    "nothing_to_contest": ("Đơn chưa có trả lời để phản đối.", "There is no answer that could be contested."),
    "contested_before": ("Trả lời này đã được phản đối một lần.", "The answer was contested before."),
    "contested_too_late": (
        "Đã quá hạn phản đối ({until}). Bạn có thể gửi đơn mới.",
        "The time to contest ended on {until}. You can lodge a new petition.",
    ),
    "nobody_above": ("Không có cơ quan cấp trên của {office}.", "There is no office above {office}."),
    "unlisted_ground": (
        "Căn cứ {ground} không có trong luật. Có thể: {possible}.",
        "{ground} is no listed ground. Possible: {possible}.",
    ),
    "unlisted_reason": (
        "Lý do {reason} không có trong danh mục. Có thể: {possible}.",
        "{reason} is no listed reason. Possible: {possible}.",
    ),
    "same_office": ("Đơn đã ở cơ quan {office}.", "It is with {office} already."),
    "unknown_office": (
        "Không có cơ quan {office}: chọn một mã trong GET /routing/api/offices.",
        "There is no office {office}: choose a code from GET /routing/api/offices.",
    ),
    "closed_office": (
        "Cơ quan {office} không còn hoạt động; cơ quan kế thừa: {successors}.",
        "{office} is closed; its successors: {successors}.",
    ),
    "empty_answer": ("Câu trả lời phải có ít nhất {at_least} ký tự.", "An answer has at least {at_least} characters."),
    "evidence_required": (
        "Vụ việc tại hiện trường: cần ảnh, tài liệu kết quả (tải lên /intake/api/petitions/<mã>/attachments?purpose=evidence).",
        "The place is physical: upload a photo or document first (/intake/api/petitions/<code>/attachments?purpose=evidence).",
    ),
    "unknown_evidence": (
        "Chưa thấy tài liệu {evidence}: nếu vừa tải lên, hãy thử lại sau ít giây.",
        "{evidence} is not known: if it was uploaded just now, try again in a few seconds.",
    ),
    "planned_on_missing": (
        "Bước {step} phải nêu ngày dự kiến (planned_on).",
        "Step {step} names the day that it announces (planned_on).",
    ),
    "refused_before": (
        "Đơn đã bị từ chối nên không giải quyết lại: hãy gửi đơn mới hoặc khiếu nại việc từ chối.",
        "A refusal is not reopened: lodge anew, or contest the refusal.",
    ),
    "time_in_future": ("Thời điểm hiệu lực chưa đến.", "The stated time has not come yet."),
    "time_out_of_order": (
        "Thời điểm hiệu lực phải từ {since} trở đi (sau việc trước đó).",
        "The stated time must not lie before {since}, when the act before it became true.",
    ),
    "evidence_with_time": (
        "Thời điểm hiệu lực phải kèm căn cứ: hãy gửi cả effective_at và time_evidence.",
        "A stated time needs its evidence: send effective_at together with time_evidence.",
    ),
    "proposal_not_found": (
        "Không có đề nghị nào như vậy, hoặc bạn không có quyền xác nhận.",
        "There is no such proposal, or it is not yours to decide.",
    ),
    "second_person_needed": (
        "Phải do người khác xác nhận: người đề nghị không tự xác nhận.",
        "Another person has to confirm: nobody confirms his own.",
    ),
    "decided_before": ("Đề nghị này đã được quyết định.", "This proposal was decided before."),
    "proposal_expired": (
        "Đề nghị đã quá {days} ngày: hãy đề nghị lại.",
        "The proposal is older than {days} days: propose it again.",
    ),
}
