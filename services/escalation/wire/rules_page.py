"""docs/rules.md from the data: what an officer, a lawyer or an auditor reads of the law that the clocks keep."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.escalation.wire.rule_entries import LimitEntry, RuleEntry
from services.escalation.wire.rulebook import Law
from services.escalation.wire.rules_words import (
    ACTIONS_VI,
    ACTORS_VI,
    CONDITIONS_VI,
    FACTS_VI,
    KINDS_VI,
    PROCEDURES_VI,
    UNITS_VI,
    spoken,
)
from shared.contracts.words import Procedure

SEVERAL = "Nhiều loại đơn · Several kinds"
UNCONFIRMED = ("UNCONFIRMED", "DESIGN")
HEAD = """# Thời hạn theo pháp luật · The rules of law

*Sinh ra từ `services/escalation/rules/*.yaml` bằng `caunoi rules docs`; đừng sửa ở đây. Generated; edit the data instead.*

Cách tính ở [clocks.md](clocks.md). How they are counted: [clocks.md](clocks.md).

**MỨC CAM KẾT · SERVICE LEVEL**: nguồn chưa được xác nhận, đó là cam kết của đơn vị, không phải thời hạn luật định ·
the source is not confirmed: it is the office's own promise, not a limit set by law.

Mức xác nhận · confirmation: TEXT (đọc nguyên văn · the article was read), NEWS (báo chí · press), RECALL (trí nhớ · memory),
UNCONFIRMED (không tìm thấy · not found), DESIGN (lựa chọn của hệ thống · our choice).
Cấp trên không có căn cứ trong ngoặc vuông là cảnh báo nội bộ ·
a level of the ladder without an article in brackets is an internal warning.
"""
COLUMNS = (
    "quy tắc · rule",
    "thời hạn · limit",
    "bắt đầu · starts",
    "kết thúc · ends",
    "tạm dừng · pause",
    "gia hạn · extension",
    "nhắc, cấp trên · reminders, ladder",
    "căn cứ · source",
    "xác nhận · confirmation",
    "hiệu lực · in force",
)
TABLE_HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def page(law: Law) -> str:
    """Return the page."""
    parts = [HEAD, *_tables(law.rules), _grounds(law), _transitional(law.rules), _not_kept(law)]
    return "".join(parts)


def _tables(rules: Sequence[RuleEntry]) -> Iterator[str]:
    """Yield one table per procedure, naming what else applies to it, then one per kind and one for several kinds."""
    groups: dict[str, list[RuleEntry]] = defaultdict(list)
    also: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        procedures = covered(rule)
        group = _group(procedures)
        groups[group].append(rule)
        if group not in procedures:
            for procedure in procedures:
                also[procedure].add(rule.id)
    titles = [(procedure, f"{PROCEDURES_VI[procedure]} · {procedure}") for procedure in map(str, Procedure)]
    titles += [(kind, f"{name} · {kind}") for kind, name in KINDS_VI.items()] + [(SEVERAL, SEVERAL)]
    for group, title in titles:
        rows = [_row(rule) for rule in sorted(groups[group], key=lambda item: (item.id, item.version))]
        others = f"Cũng áp dụng · also: {', '.join(sorted(also[group]))}.\n" if also[group] else ""
        table = "\n".join([TABLE_HEAD, *rows]) + "\n" if rows else ""
        if rows or others:
            yield f"\n## {title}\n\n{others}{chr(10) if others and rows else ''}{table}"


def covered(rule: RuleEntry) -> Sequence[str]:
    """Return the procedures of which a rule speaks."""
    return [
        str(procedure)
        for procedure in Procedure
        if (not rule.procedures or procedure in rule.procedures)
        and (not rule.kinds or procedure.value.split(".")[0] in map(str, rule.kinds))
    ]


def _group(procedures: Sequence[str]) -> str:
    if len(procedures) == 1:
        return procedures[0]
    kinds = {procedure.split(".")[0] for procedure in procedures}
    return kinds.pop() if len(kinds) == 1 else SEVERAL


def _row(rule: RuleEntry) -> str:
    return _cells(
        _name(rule),
        _limit(rule),
        _start(rule),
        _end(rule),
        _lines(_pauses(rule)),
        _lines(_extensions(rule)),
        _lines(_ladder(rule)),
        rule.citation,
        f"{rule.confirmation}{' **MỨC CAM KẾT · SERVICE LEVEL**' if rule.confirmation in UNCONFIRMED else ''}",
        f"{rule.effective_from} … {rule.effective_to or ''}".rstrip(),
    )


def _name(rule: RuleEntry) -> str:
    natures = {"window": "quyền · window", "effect": "hiệu lực · effect"}
    nature = f" ({natures[rule.nature]})" if rule.nature in natures else ""
    notes = [f"*{rule.note_vi} · {rule.note_en}*"] if rule.note_vi else []
    lines = [f"**{rule.id}** v{rule.version}{nature}", rule.name_vi, rule.name_en, f"({spoken(ACTORS_VI, rule.actor)})"]
    return _lines([*lines, *notes])


def _limit(rule: RuleEntry) -> str:
    rolled = [] if rule.is_rolled else ["không lùi sang ngày làm việc · not rolled"]
    also = [f"nhắc thêm khi hết · also reminded at {_length(rule.also)}"] if rule.also else []
    urgent = ["báo ngay vào mọi giờ · told at any hour"] if rule.is_urgent else []
    return _lines([_length(rule.limit), *rolled, *also, *urgent])


def _length(limit: LimitEntry) -> str:
    amount = f"{limit.amount} " if limit.amount else ""
    before = " trước đó · before it" if limit.direction == "before" else ""
    return f"{amount}{spoken(UNITS_VI, limit.unit)}{before}"


def _start(rule: RuleEntry) -> str:
    starts = [*_spoken(FACTS_VI, rule.start), *(f"{late} quá hạn · overdue" for late in rule.start_overdue)]
    often = ["(mỗi lần · each time)"] if rule.repeats else []
    conditions = [
        *(f"khi · if {item}" for item in _spoken(CONDITIONS_VI, [*rule.with_traits, *rule.channels, *rule.urgencies])),
        *(f"trừ · unless {item}" for item in _spoken(CONDITIONS_VI, rule.without_traits)),
    ]
    return _lines([*starts, *often, *conditions])


def _end(rule: RuleEntry) -> str:
    void = ["**thôi áp dụng · falls away:**", *_spoken(FACTS_VI, rule.void_by)] if rule.void_by else []
    return _lines([*(_spoken(FACTS_VI, rule.met_by) or ["thời gian · time"]), *void])


def _pauses(rule: RuleEntry) -> Iterator[str]:
    for pause in rule.pauses:
        grounds = f" ({', '.join(pause.grounds)})" if pause.grounds else ""
        span = f"{spoken(FACTS_VI, pause.start)} → {spoken(FACTS_VI, pause.end)}"
        yield f"{span}{grounds}, từ · since {pause.since} [{pause.citation}]"


def _extensions(rule: RuleEntry) -> Iterator[str]:
    for extension in rule.extensions:
        acts = f"{extension.acts_max} lần · times ≤ {extension.per_act}, tổng · in all ≤ {extension.ceiling}"
        yield f"{acts} ({', '.join(extension.grounds)}) [{extension.citation}]"


def _ladder(rule: RuleEntry) -> Iterator[str]:
    if rule.reminders:
        yield ", ".join(f"{percent} %" for percent in rule.reminders)
    for rung in rule.ladder:
        wait = rung.acknowledge_within_days
        climbs = f", xác nhận trong · acknowledged within {wait}" if wait else ""
        basis = f" [{rung.basis}]" if rung.basis else ""
        yield f"+{rung.days}: {spoken(ACTIONS_VI, rung.action)}{climbs}{basis}"


def _grounds(law: Law) -> str:
    rows = [
        _cells(code, f"{entry.name_vi} · {entry.name_en}", entry.citation, entry.confirmation)
        for code, entry in law.grounds.items()
    ]
    title = "\n## Căn cứ tạm đình chỉ, gia hạn · Grounds of suspensions and extensions\n\n"
    head = "| mã · code | căn cứ · ground | nguồn · source | xác nhận · confirmation |\n|---|---|---|---|\n"
    return title + head + "\n".join(rows) + "\n"


def _transitional(rules: Sequence[RuleEntry]) -> str:
    reach = "cả vụ việc đang giải quyết · pending cases too"
    lines = [
        f"- **{rule.id}** v{rule.version}: {spoken(FACTS_VI, pause.start)}, từ · since {pause.since}, {reach} "
        f"[{pause.pending_citation}]"
        for rule in rules
        for pause in rule.pauses
        if pause.reaches_pending
    ]
    lines += [
        f"- **{rule.id}** v{rule.version}: từ · since {rule.effective_from}, {reach} [{rule.pending_citation}]"
        for rule in rules
        if rule.reaches_pending
    ]
    return "\n## Điều khoản chuyển tiếp · Transitional clauses\n\n" + "\n".join(lines) + "\n"


def _not_kept(law: Law) -> str:
    rows = [_cells(row.id, f"{row.reason_vi} · {row.reason_en}", row.citation) for row in law.not_kept]
    head = "\n## Không có đồng hồ · What no clock keeps\n\n| dòng · row | lý do · reason | nguồn · source |\n|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def _spoken(words: Mapping[str, str], codes: Iterable[str]) -> list[str]:
    return [spoken(words, str(code)) for code in codes]


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(lines) or "–"


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
