"""Every mail that the table can produce, in both languages, with nothing missing and nothing left over."""

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from uuid import UUID, uuid4

import jinja2
import pytest

from services.notify.domain.channels import Channel
from services.notify.domain.telling import Gathered, Line, Notice, Petition, is_gathered, notices
from services.notify.wire.events import news_of
from services.notify.wire.mails import gathered_facts, mail, message_id
from services.notify.wire.wordings import latest, name_of, shipped
from services.notify.wire.words import LANGUAGES
from tests.unit.notify.bodies import CODE, DUE_AT, TOLD, TOPIC

SENDER = Address("Cầu Nối", "khong-tra-loi", "hanoi.example")
PERSON, ANSWER, LINK, HOME = "Nguyễn Thị Bưởi", "Đã sửa nắp cống.", "https://example.vn/d/1", "https://example.vn"
OFFICE = "Phường Hoàn Kiếm"
TO = "buoi@example.vn"
DATE = "Mon, 16 Nov 2026 08:00:00 +0700"
AROUND: dict[str, str | None] = {
    "due_at": "30/11/2026 17:30",
    "name": PERSON,
    "office_name": OFFICE,
    "from_office_name": "Phường Cửa Nam",
    "answer": ANSWER,
    "link": LINK,
    "home": HOME,
}


def _every_notice() -> list[Notice]:
    """What the table can produce, each in every language, offices too."""
    found = []
    for body in TOLD:
        news = news_of(body)
        assert news is not None
        for language in LANGUAGES:
            told = notices(news, Petition(CODE, language, is_reachable=True, is_sealed=False))
            found += [
                Notice(item.about, item.audience, item.office, language, item.facts)
                for item in told
                if (item.about, item.audience) != ("moved", "office")  # that goes into the digest
            ]
    return found


NOTICES = [
    pytest.param(item, id=f"{item.about}-{item.audience}-{item.language}-{place}") for place, item in enumerate(_every_notice())
]


def _written(notice: Notice, *, is_sealed: bool, **other: str | None) -> EmailMessage:
    name = name_of(notice.about, notice.audience, notice.language, is_sealed=is_sealed)
    facts: dict[str, object] = {"due_at": None, **notice.facts, **AROUND, **other}
    if is_gathered(notice):
        only = Line(notice.about, CODE, notice.facts, DUE_AT, DUE_AT)
        facts |= {**gathered_facts(Gathered(DUE_AT, [only], {notice.about: 1}), notice.language), "names": {}}
    sent = mail(latest(name), facts, sender=SENDER, to=TO, message_id="<1@hanoi.example>", date=DATE)
    assert (sent.sender, sent.to) == (SENDER.addr_spec, TO)
    message = message_from_bytes(sent.content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("notice", NOTICES)
def test_every_notice_becomes_a_mail_with_every_header(notice: Notice, *, is_sealed: bool) -> None:
    message = _written(notice, is_sealed=is_sealed)
    text = message.get_content()
    whole = message["Subject"] + text
    assert message["Subject"].strip()
    assert text.strip()
    for left_over in ("{", "}", "None", "Undefined"):
        assert left_over not in whole
    assert message["Message-ID"] == "<1@hanoi.example>"
    assert message["Date"] == DATE
    assert message["From"] == f"{SENDER.display_name} <{SENDER.addr_spec}>"
    assert message["To"] == TO
    assert message["Content-Language"] == notice.language
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("notice", NOTICES)
def test_a_mail_names_the_petition_where_it_is_not_sealed(notice: Notice) -> None:
    message = _written(notice, is_sealed=False)
    assert CODE in message["Subject"]
    assert LINK in message.get_content()
    assert not [told for told in (PERSON, ANSWER) if told in message.get_content()]


@pytest.mark.parametrize("notice", NOTICES)
def test_a_sealed_mail_holds_neither_code_nor_topic_nor_name_nor_what_happened(notice: Notice) -> None:
    message = _written(notice, is_sealed=True, topic=TOPIC)
    whole = message["Subject"] + message.get_content()
    for secret in (CODE, TOPIC, PERSON, ANSWER, LINK, *(value for value in notice.facts.values() if len(value) > 3)):
        assert secret not in whole
    assert HOME in whole


def test_sealed_notices_cannot_be_told_apart_by_what_happened() -> None:
    texts = {
        (notice.audience, notice.language): {
            (message["Subject"], message.get_content())
            for message in (
                _written(each, is_sealed=True)
                for each in _every_notice()
                if (each.audience, each.language) == (notice.audience, notice.language)
            )
        }
        for notice in _every_notice()
    }
    assert len(texts) == 4
    assert all(len(same) == 1 for same in texts.values())


def test_a_petitioner_is_addressed_without_his_name() -> None:
    for notice in _every_notice():
        if notice.audience == "petitioner":
            text = _written(notice, is_sealed=False).get_content()
            assert ("Ông/Bà" if notice.language == "vi" else "Sir or Madam") in text


def test_every_template_is_used_and_every_one_that_is_used_is_there() -> None:
    named = {
        name_of(item.about, item.audience, item.language, is_sealed=is_sealed, channel=channel)
        for item in _every_notice()
        for is_sealed in (False, True)
        for channel in (Channel.EMAIL, Channel.SMS)
        if channel is Channel.EMAIL or item.audience == "petitioner"
    }
    others = (
        "digest.office",
        "calendar.office",
        "morning.person",
        "address.person",
        "webhook_failing.office",
        "webhook_paused.office",
    )
    named |= {f"{name}.{language}" for name in others for language in LANGUAGES}
    assert named == set(shipped())


def test_a_fact_that_is_missing_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(jinja2.UndefinedError, match="office_name"):
        mail(latest("routed.petitioner.vi"), {"code": CODE}, sender=SENDER, to=TO, message_id="<1@x>", date=DATE)


def test_a_template_can_not_be_led_into_code_or_headers_by_what_offices_wrote() -> None:
    notice = next(item for item in _every_notice() if item.about == "answered")
    message = _written(notice, is_sealed=False, office_name="{{ link.__class__ }}\r\nBcc: all@example.vn")
    assert "{{ link.__class__ }}" in message.get_content()
    assert message["Bcc"] is None


def test_a_route_tells_until_when_where_that_is_known() -> None:
    for notice in _every_notice():
        if notice.about == "routed":
            assert "30/11/2026 17:30" in _written(notice, is_sealed=False).get_content()
            assert "30/11/2026" not in _written(notice, is_sealed=False, due_at=None).get_content()


def test_an_address_that_cannot_stand_in_a_mail_is_refused_before_it_is_sent() -> None:
    for address in ("bưởi@example.vn", "a@b.c\r\nBcc: all@example.vn"):
        with pytest.raises(ValueError, match="address"):
            mail(
                latest("lodged.petitioner.vi"),
                {**AROUND, "code": CODE},
                sender=SENDER,
                to=address,
                message_id="<1@hanoi.example>",
                date=DATE,
            )


def test_a_language_that_is_not_ours_is_told_in_vietnamese() -> None:
    assert name_of("lodged", "petitioner", "fr", is_sealed=False) == "lodged.petitioner.vi"


def test_lines_end_as_mail_servers_want_them() -> None:
    sent = mail(
        latest("lodged.petitioner.vi"), {**AROUND, "code": CODE}, sender=SENDER, to=TO, message_id="<1@hanoi.example>", date=DATE
    )
    assert sent.content.count(b"\n") == sent.content.count(b"\r\n") > 0
    assert sent.content.isascii()
    assert max(len(line) for line in sent.content.split(b"\r\n")) <= 998  # RFC 5321, 4.5.3.1.6


def test_what_is_printed_of_a_mail_holds_no_address_and_no_name() -> None:
    sent = mail(
        latest("lodged.petitioner.vi"), {**AROUND, "code": CODE}, sender=SENDER, to=TO, message_id="<1@hanoi.example>", date=DATE
    )
    assert TO not in repr(sent)
    assert "Subject" not in repr(sent)


def test_the_message_id_is_that_of_the_notice_however_often_it_is_sent() -> None:
    notice_id = UUID("5e0c6f0e-5d63-5d0f-9b53-0a8f4a1c7b11")
    assert message_id(notice_id, domain="hanoi.example") == "<5e0c6f0e-5d63-5d0f-9b53-0a8f4a1c7b11@hanoi.example>"
    assert message_id(uuid4(), domain="hanoi.example") != message_id(uuid4(), domain="hanoi.example")
