"""What people read where a mail tells several things: digests of offices, and what petitioners learn of their limits."""

from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import yaml

from services import notify
from services.notify.domain.telling import WINDOW, About, Audience, Gathered, Line, Petition, notices
from services.notify.wire.events import news_of
from services.notify.wire.mails import gathered_facts, mail
from services.notify.wire.wordings import latest, name_of
from services.notify.wire.words import ACTIONS, LANGUAGES, step
from shared.contracts import EventBody
from shared.contracts.escalation import DeadlineMovedV1, MoveReason
from tests.unit.notify.bodies import CITY, CODE, COMMUNE, DUE_AT, breached, escalated, moved, paused, reminded

SENDER = Address("Cầu Nối", "khong-tra-loi", "hanoi.example")
HOME, OFFICE = "https://example.vn", "Phường Hoàn Kiếm"
AROUND = {
    "name": "Nguyễn Thị Bưởi",
    "office_name": OFFICE,
    "from_office_name": "Phường Cửa Nam",
    "link": "https://example.vn/d/1",
    "home": HOME,
    "names": {COMMUNE: "Phường Cửa Nam", CITY: "UBND Hà Nội"},
}


def _text(about: About, audience: Audience, language: str, facts: Mapping[str, object]) -> str:
    wording = latest(name_of(about, audience, language, is_sealed=False))
    sent = mail(
        wording, {**AROUND, **facts}, sender=SENDER, to="a@b.vn", message_id="<1@b.vn>", date="Mon, 16 Nov 2026 08:00:00 +0700"
    )
    message = message_from_bytes(sent.content, policy=default)
    assert isinstance(message, EmailMessage)
    return f"{message['Subject']}\n\n{message.get_content()}"


def _digest(gathered: Gathered, language: str = "vi") -> str:
    return _text(About.DIGEST, Audience.OFFICE, language, gathered_facts(gathered, language))


def _line(body: EventBody, code: str) -> Line:
    news = news_of(body)
    assert news is not None
    return Line(news.about, code, news.facts, news.due_at, DUE_AT)


DIGEST_VI = """\
Bản tin thời hạn: 10 việc cần xem

Kính gửi Phường Hoàn Kiếm,

BÁO CÁO LÊN CƠ QUAN (1)
- HN-1  IH.RESOLVE  hạn 30/11/2026 17:30 (quá hạn 2 ngày 3 giờ), cấp 1, từ Phường Cửa Nam: yêu cầu giải quyết, cấp dưới chưa xác nhận

ĐÃ QUÁ HẠN (4)
- HN-2  IH.RESOLVE  hạn 30/11/2026 17:30 (quá hạn 2 ngày 3 giờ)
- HN-3  IH.RESOLVE  hạn 30/11/2026 17:30 (quá hạn 2 ngày 3 giờ)
… và 2 việc nữa

SẮP ĐẾN HẠN (1)
- HN-4  IH.RESOLVE  hạn 30/11/2026 17:30 (quá hạn 2 ngày 3 giờ), đã qua 80 %

THỜI HẠN THAY ĐỔI (1)
- HN-5  IH.RESOLVE  hạn 30/11/2026 17:30 → 01/12/2026 17:30 (quá hạn 1 ngày 3 giờ): lịch nghỉ, ngày làm việc thay đổi theo quyết định của nhà nước

Hồ sơ mật có tin mới: 3. Chỉ người được giao mới mở.

Mở danh sách: https://example.vn
"""


def test_a_digest_names_what_it_can_by_group_and_counts_the_rest() -> None:
    climbed = escalated().model_copy(update={"climb": 1, "action": "demand_resolution"})
    bodies = [(climbed, "HN-1"), (breached(), "HN-2"), (breached(), "HN-3"), (reminded(), "HN-4"), (moved(), "HN-5")]
    lines = [_line(body, code) for body, code in bodies]
    counts = {"breach": 4, "escalation": 1, "reminder": 1, "moved": 1}
    assert _digest(Gathered(DUE_AT + timedelta(days=2, hours=3, minutes=59), lines, counts, sealed=3)) == DIGEST_VI


def test_a_digest_of_one_group_tells_of_no_other() -> None:
    told = _digest(Gathered(DUE_AT - timedelta(hours=30), [_line(reminded(), "HN-4")], {"reminder": 1}), "en")
    assert "HN-4  IH.RESOLVE  due 30/11/2026 17:30 (1 d 6 h left), 80 % has passed" in told
    assert "OVERDUE" not in told
    assert "Sealed" not in told
    assert "more" not in told


def _to_petitioner(about: About, lines: list[Line], language: str = "vi") -> str:
    facts = gathered_facts(Gathered(DUE_AT, lines, {about: len(lines)}), language)
    return _text(about, Audience.PETITIONER, language, {"code": CODE, **facts})


def test_a_petitioner_whose_first_limit_has_passed_learns_of_the_next_step_and_until_when() -> None:
    first = breached().model_copy(update={"rule": "KN1.RESOLVE"})
    window = Line(WINDOW, CODE, {"rule": "KN2.FILE", "due_at": "30/12/2026 23:59"}, DUE_AT, DUE_AT)
    told = _to_petitioner(About.BREACH, [_line(first, CODE), window])
    assert "- giải quyết (KN1.RESOLVE): hạn 30/11/2026 17:30\n" in told
    assert "khiếu nại lần hai hoặc khởi kiện tại Tòa án đến 30/12/2026 23:59.\n" in told
    assert "khởi kiện tại Tòa án.\n" in _to_petitioner(About.BREACH, [_line(first, CODE)])
    assert "go to court until 30/12/2026 23:59." in _to_petitioner(About.BREACH, [_line(first, CODE), window], "en")


def test_a_petitioner_whose_other_limit_has_passed_is_not_sent_to_court() -> None:
    accept = breached().model_copy(update={"rule": "KN1.ACCEPT"})
    told = _to_petitioner(About.BREACH, [_line(accept, CODE), _line(breached(), CODE)])
    assert "- thụ lý đơn (KN1.ACCEPT)" in told
    assert "Tòa án" not in told


def test_moved_dates_are_one_list_with_the_reason() -> None:
    accept = moved(rule="KN1.ACCEPT").model_copy(update={"due_at": DUE_AT})
    told = _to_petitioner(About.MOVED, [_line(moved(rule="KN1.RESOLVE"), CODE), _line(accept, CODE)])
    assert (
        "- giải quyết (KN1.RESOLVE): 30/11/2026 17:30 → 01/12/2026 17:30\n- thụ lý đơn (KN1.ACCEPT): vẫn là 30/11/2026 17:30\n"
        in told
    )
    assert "Lý do: lịch nghỉ" in told
    assert "không còn hiệu lực" not in told


@pytest.mark.parametrize("reason", list(MoveReason))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(reason: MoveReason, language: str) -> None:
    told = _to_petitioner(About.MOVED, [_line(moved().model_copy(update={"reason": reason}), CODE)], language)
    assert reason not in told


@pytest.mark.parametrize("body", [moved(), paused()], ids=["moved", "paused"])
def test_what_takes_a_breach_back_says_so(body: EventBody) -> None:
    about = About.MOVED if isinstance(body, DeadlineMovedV1) else About.PAUSED
    told = _to_petitioner(about, [_line(body.model_copy(update={"withdraws_breach": True}), CODE)])
    assert "quá hạn không còn hiệu lực" in told
    assert "không còn hiệu lực" not in _to_petitioner(about, [_line(body, CODE)])


def test_each_office_that_was_told_is_named_once() -> None:
    told = _to_petitioner(About.ESCALATION, [_line(escalated(), CODE), _line(escalated(), CODE)])
    assert told.count("- UBND Hà Nội\n") == 1


def test_the_office_above_reads_what_it_is_asked_for_why_and_until_when() -> None:
    asked = {"climb": 2, "action": "take_over", "basis": "Luật Tố cáo, Điều 38", "acknowledge_by": DUE_AT + timedelta(days=1)}
    texts = {}
    for body in (escalated(), escalated().model_copy(update=asked)):
        news = news_of(body)
        assert news is not None
        (_, notice) = notices(news, Petition(CODE, "vi", is_reachable=True, is_sealed=False))
        texts[body.climb] = _text(About.ESCALATION, Audience.OFFICE, "vi", notice.facts)
    assert "Đề nghị: để biết và chỉ đạo." in texts[0]
    assert not [words for words in ("Căn cứ", "xác nhận", "chưa xác nhận") if words in texts[0]]
    for words in (
        "Đề nghị: trực tiếp thụ lý.",
        "Căn cứ: Luật Tố cáo, Điều 38.",
        "xác nhận trước 01/12/2026 17:30",
        "Cấp dưới chưa xác nhận",
    ):
        assert words in texts[2]


def test_every_rule_that_a_petitioner_waits_for_and_every_action_has_its_words() -> None:
    rules: dict[str, bool] = {}
    actions = set()
    for file in (Path(notify.__file__).parent.parent / "escalation" / "rules").glob("*.yaml"):
        for rule in yaml.safe_load(file.read_text(encoding="utf-8")).get("rules", []):
            is_theirs = rule.get("nature", "duty") == "duty" and not rule.get("repeats")
            rules[rule["id"]] = is_theirs and set(rule["start"]) <= {"received", "accepted"}
            actions |= {rung["action"] for rung in rule.get("ladder", [])}
    of_petitioners = [rule for rule, is_theirs in rules.items() if is_theirs and not rule.startswith("TC.")]  # those are sealed
    assert len(of_petitioners) > 15
    for language in LANGUAGES:
        assert [rule for rule in of_petitioners if step(rule, language) == rule] == []
        assert actions <= set(ACTIONS[language])
