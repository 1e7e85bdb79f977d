"""docs/procedures.md from the definitions: each procedure drawn, its acts with who, what and by which article."""

from collections.abc import Iterator, Mapping

from services.routing.domain.definition import Act, Ground, Need, Procedure, Procedures, Provision, State
from services.routing.wire.acts import EVENTS

HEAD = """# Thủ tục · Procedures

*Sinh ra từ `services/routing/procedures/*.yaml` bằng `caunoi procedures docs`; đừng sửa ở đây. Generated; edit the data instead.*

Mỗi loại đơn có thủ tục riêng. Việc không có trong bảng bị từ chối, nêu rõ điều luật. Each kind of petition has its own procedure.
What is not in its table is refused, naming the article. Thời hạn · limits: [rules.md](rules.md).

Đơn chỉ được kết thúc (*closed*) từ một kết cục có trong luật · a petition is closed only out of a listed ending: {endings}.
Đơn trong danh sách chờ phân công (chưa có cơ quan) chỉ có thể · of what waits in the unassigned pool only these are possible:
phân công (*transfer*), xác nhận lĩnh vực (*classify*), chuyển loại (*convert*), hướng dẫn (*guide*), từ chối (*refuse*).

Mức xác nhận · confirmation: TEXT (đọc nguyên văn · the article was read), NEWS (báo chí · press), RECALL (trí nhớ · memory),
DESIGN (lựa chọn của hệ thống · our choice).
"""
STATES_VI: Mapping[State, str] = {
    State.ROUTED: "đã chuyển đến cơ quan",
    State.ACCEPTED: "đang giải quyết",
    State.SUSPENDED: "tạm đình chỉ",
    State.REFUSED: "không thụ lý",
    State.GUIDED: "đã hướng dẫn",
    State.TERMINATED: "đình chỉ",
    State.WITHDRAWN: "đã rút",
    State.ANSWERED: "đã trả lời",
    State.CLOSED: "đã kết thúc",
}
ACTS_VI: Mapping[Act, str] = {
    Act.ACCEPT: "thụ lý",
    Act.REFUSE: "từ chối thụ lý",
    Act.GUIDE: "hướng dẫn",
    Act.TRANSFER: "chuyển",
    Act.RETURN: "trả lại",
    Act.CONVERT: "chuyển loại",
    Act.CLASSIFY: "xác nhận lĩnh vực",
    Act.ANSWER: "trả lời",
    Act.SUSPEND: "tạm đình chỉ",
    Act.RESUME: "tiếp tục",
    Act.EXTEND: "gia hạn",
    Act.TERMINATE: "đình chỉ",
    Act.RECORD: "ghi bước",
    Act.CLOSE: "kết thúc",
    Act.REOPEN: "giải quyết lại",
    Act.MERGE: "nhập chung",
    Act.UNMERGE: "tách khỏi vụ chung",
    Act.WITHDRAW: "rút đơn",
    Act.CONTEST: "không đồng ý với trả lời",
}
NEEDS: Mapping[Need, str] = {
    Need.DOCUMENT: "văn bản · a document",
    Need.REQUESTS: "ghi từng nội dung yêu cầu · the requests, point by point",
    Need.EACH_REQUEST: "trả lời từng nội dung · every request addressed",
    Need.GROUNDS: "căn cứ · what it rests on",
    Need.APPEAL: "quyền khiếu nại tiếp, khởi kiện · what can be done against it",
    Need.EVIDENCE: "ảnh, tài liệu nếu tại hiện trường · a photo or document where the place is physical",
    Need.EVIDENCE_ALWAYS: "tài liệu chứng minh · evidence",
    Need.SECOND_PERSON: "người thứ hai duyệt · a second person",
    Need.DIALOGUE: "đã đối thoại · a dialogue before",
}
WHO: Mapping[str, str] = {
    "officer": "công chức · officer",
    "head": "người đứng đầu · head",
    "leader": "lãnh đạo cấp trên · leader above",
    "petitioner": "người gửi đơn · petitioner",
}


COLUMNS = (
    *("việc · act", "từ · from", "đến · to", "ai · who", "cần · needs", "căn cứ, lý do · grounds", "sự kiện · event"),
    "điều luật · article",
)


def page(procedures: Procedures) -> str:
    """Return the page."""
    endings = "không thụ lý, đã hướng dẫn, đình chỉ, đã rút, đã trả lời · refused, guided, terminated, withdrawn, answered"
    return "".join([HEAD.format(endings=endings), *(_section(procedure) for procedure in procedures.values())])


def _section(procedure: Procedure) -> str:
    parts = [
        f"\n## {procedure.name_vi} · {procedure.name_en}\n\n",
        f"`{procedure.id}` · {procedure.citation} · {procedure.confirmation}\n\n",
        "```mermaid\nstateDiagram-v2\n",
        *_arrows(procedure),
        "```\n\n",
        f"| {' | '.join(COLUMNS)} |\n",
        f"|{'---|' * len(COLUMNS)}\n",
        *(_row(provision) for provision in procedure.provisions.values()),
    ]
    if procedure.prohibitions:
        parts.append("\nKhông có trong thủ tục này · not in this procedure:\n")
        parts += [
            f"- `{act}` {ACTS_VI[act]}: {item.reason_vi} · {item.reason_en} ({item.article})\n"
            for act, item in procedure.prohibitions.items()
        ]
    return "".join(parts)


def _arrows(procedure: Procedure) -> Iterator[str]:
    """Yield the drawing: one arrow for each change of state; what changes none is in the table."""
    shown = [state for state in State if state is State.ROUTED or any(p.target is state for p in procedure.provisions.values())]
    for state in shown:
        yield f"    {state}: {STATES_VI[state]}\n"
    yield f"    [*] --> {State.ROUTED}\n"
    for provision in procedure.provisions.values():
        for source in State:
            if source in provision.sources and provision.target is not None:
                yield f"    {source} --> {provision.target}: {ACTS_VI[provision.act]}\n"
    yield f"    {State.CLOSED} --> [*]\n"


def _row(provision: Provision) -> str:
    sources = ", ".join(state for state in State if state in provision.sources)
    needs = "<br>".join(NEEDS[need] for need in Need if need in provision.needs)
    limits = [f"nhiều nhất {provision.most} lần · at most {provision.most}"] if provision.most else []
    limits += [f"trong {provision.within_days} ngày · within {provision.within_days} days"] if provision.within_days else []
    limits += (
        ["cả khi quá hạn mà chưa có trả lời · also where the limit has passed without an answer"]
        if provision.when_overdue
        else []
    )
    limits += [f"thời hạn · limit: {', '.join(provision.limit)}"] if provision.limit else []
    limits += [f"thành · into {', '.join(sorted(provision.into))}"] if provision.into else []
    grounds = "<br>".join([*limits, *(_ground(code, ground) for code, ground in provision.grounds.items())])
    who = "<br>".join(words for role, words in WHO.items() if role in provision.roles)
    act, event = f"`{provision.act}` {ACTS_VI[provision.act]}", EVENTS[provision.act].TYPE
    cells = (act, sources, provision.target, who, needs, grounds, event, provision.article)
    return f"| {' | '.join(cell or '–' for cell in cells)} |\n"


def _ground(code: str, ground: Ground) -> str:
    return f"`{code}` {ground.vi} · {ground.en} ({ground.article})"
