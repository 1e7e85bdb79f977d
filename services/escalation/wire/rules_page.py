"""docs/rules.md from the data: what an officer, a lawyer or an auditor reads of the law that the clocks keep."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from services.escalation.wire.rule_entries import RuleEntry
from services.escalation.wire.rulebook import Law

ANY = "mọi thủ tục · any procedure"
UNITS = {
    "working_hour": "giờ làm việc · working hours",
    "working_day": "ngày làm việc · working days",
    "calendar_day": "ngày · days",
    "source": "do nguồn ấn định · given by the source",
    "planned": "đúng ngày đã định · on the planned day",
}
HEAD = """# Thời hạn theo pháp luật · The rules of law

*Sinh ra từ `services/escalation/rules/*.yaml` bằng `caunoi rules docs`; đừng sửa ở đây. Generated; edit the data instead.*

Cách tính ở [clocks.md](clocks.md). How they are counted: [clocks.md](clocks.md).
«MỨC CAM KẾT · SERVICE LEVEL»: nguồn chưa được xác nhận, đó là cam kết của đơn vị, không phải thời hạn luật định ·
the source is not confirmed: it is the office's own promise, not a limit set by law.
Mức xác nhận · confirmation: TEXT (đọc nguyên văn · the article was read), NEWS (báo chí · press), RECALL (trí nhớ · memory),
UNCONFIRMED (không tìm thấy · not found), DESIGN (lựa chọn của hệ thống · our choice).
"""
TABLE_HEAD = (
    "| quy tắc · rule | thời hạn · limit | bắt đầu · starts | kết thúc · ends | tạm dừng, gia hạn · pause, extension "
    "| nhắc, báo cáo · reminders, ladder | căn cứ · source | hiệu lực · in force |\n|---|---|---|---|---|---|---|---|"
)


def page(law: Law) -> str:
    """Return the page."""
    groups: dict[str, list[RuleEntry]] = defaultdict(list)
    for entry in law.rules:
        groups[_group(entry)].append(entry)
    parts = [HEAD]
    for name, entries in sorted(groups.items()):
        rows = [_row(entry) for entry in sorted(entries, key=lambda item: (item.id, item.version))]
        parts.append("\n".join([f"\n## {name}\n", TABLE_HEAD, *rows]) + "\n")
    parts += [_grounds(law), _transitional(law.rules), _not_kept(law)]
    return "".join(parts)


def _group(entry: RuleEntry) -> str:
    return ", ".join([*entry.procedures, *entry.kinds]) or ANY


def _row(entry: RuleEntry) -> str:
    cells = (
        _name(entry),
        _limit(entry),
        _start(entry),
        _end(entry),
        "<br>".join(_changes(entry)) or "–",
        _ladder(entry),
        f"{entry.citation} [{entry.confirmation}]",
        f"{entry.effective_from} … {entry.effective_to or ''}".rstrip(),
    )
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _name(entry: RuleEntry) -> str:
    mark = " **MỨC CAM KẾT · SERVICE LEVEL**" if entry.confirmation in {"UNCONFIRMED", "DESIGN"} else ""
    notes = f"<br>*{entry.note_vi} · {entry.note_en}*" if entry.note_vi else ""
    nature = "" if entry.nature == "duty" else f" ({entry.nature})"
    return f"**{entry.id}** v{entry.version}{nature}<br>{entry.name_vi} · {entry.name_en}{mark}{notes}"


def _limit(entry: RuleEntry) -> str:
    amount = f"{entry.limit.amount} " if entry.limit.amount else ""
    before = " trước · before" if entry.limit.direction == "before" else ""
    also = f"<br>nhắc khi hết · reminded at {entry.also.amount} {UNITS[entry.also.unit]}" if entry.also else ""
    return f"{amount}{UNITS[entry.limit.unit]}{before}{also}"


def _start(entry: RuleEntry) -> str:
    starts = [*entry.start, *(f"quá hạn · overdue {rule}" for rule in entry.start_overdue)]
    conditions = [
        *(f"+{trait}" for trait in entry.with_traits),
        *(f"-{trait}" for trait in entry.without_traits),
        *map(str, entry.channels),
        *map(str, entry.urgencies),
    ]
    often = " (mỗi lần · each time)" if entry.repeats else ""
    return ", ".join(starts) + often + (f"<br>{', '.join(conditions)}" if conditions else "")


def _end(entry: RuleEntry) -> str:
    void = f"<br>thôi áp dụng · falls away: {', '.join(entry.void_by)}" if entry.void_by else ""
    return (", ".join(entry.met_by) or "thời gian · time") + void


def _changes(entry: RuleEntry) -> Iterator[str]:
    for pause in entry.pauses:
        grounds = f" ({', '.join(pause.grounds)})" if pause.grounds else ""
        yield f"{pause.start} → {pause.end}{grounds}, từ · since {pause.since}: {pause.citation}"
    for extension in entry.extensions:
        times = f"{extension.acts_max} × ≤ {extension.per_act}, ≤ {extension.ceiling}"
        yield f"gia hạn · extension {times} ({', '.join(extension.grounds)}): {extension.citation}"


def _ladder(entry: RuleEntry) -> str:
    reminders = ", ".join(f"{percent} %" for percent in entry.reminders)
    rungs = [f"+{rung.days}: {rung.action}{f' [{rung.basis}]' if rung.basis else ''}" for rung in entry.ladder]
    return "<br>".join([reminders, *rungs] if reminders else rungs) or "–"


def _grounds(law: Law) -> str:
    rows = [
        f"| {code} | {entry.name_vi} · {entry.name_en} | {entry.citation} [{entry.confirmation}] |"
        for code, entry in law.grounds.items()
    ]
    title = "\n## Căn cứ tạm đình chỉ, gia hạn · Grounds of suspensions and extensions\n\n"
    head = "| mã · code | căn cứ · ground | nguồn · source |\n|---|---|---|\n"
    return title + head + "\n".join(rows) + "\n"


def _transitional(rules: Sequence[RuleEntry]) -> str:
    lines = [
        f"- **{entry.id}** v{entry.version}: {pause.start}, từ · since {pause.since}, áp dụng cả cho vụ việc đang giải quyết · "
        f"reaches pending cases ({pause.pending_citation})"
        for entry in rules
        for pause in entry.pauses
        if pause.reaches_pending
    ]
    lines += [
        f"- **{entry.id}** v{entry.version}: cả vụ việc đang giải quyết · pending cases too ({entry.pending_citation})"
        for entry in rules
        if entry.reaches_pending
    ]
    return "\n## Điều khoản chuyển tiếp · Transitional clauses\n\n" + "\n".join(lines) + "\n"


def _not_kept(law: Law) -> str:
    rows = [f"| {row.id} | {row.reason_vi} · {row.reason_en} | {row.citation} |" for row in law.not_kept]
    head = "\n## Không có đồng hồ · What no clock keeps\n\n| dòng · row | lý do · reason | nguồn · source |\n|---|---|---|\n"
    return head + "\n".join(rows) + "\n"
