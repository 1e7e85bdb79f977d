"""What events, gaps and differences are called in front of people: Vietnamese first, English second."""

from services.audit.domain.gaps import Gap
from shared.contracts.meanings import titles

ENGLISH = "en"

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
