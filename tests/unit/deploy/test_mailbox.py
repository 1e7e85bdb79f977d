"""The mailbox of the local mail sink."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local import mailbox
from deploy.local.mailbox import Mailbox, part_of

AT = datetime(2026, 7, 1, 1, 2, 3, 456789, tzinfo=UTC)
MAIL = b"Subject: =?utf-8?b?xJDDoyB0aeG6v3Agbmjhuq1u?=\r\nMessage-ID: <1@caunoi.local>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nXin ch\xc3\xa0o\r\n"


def _add(box: Mailbox, *, after: int = 0, to: str = "dan@example.org") -> str:
    return box.add(MAIL, sender="caunoi@example.org", recipients=[to], now=AT + timedelta(seconds=after))


def test_a_mail_is_kept_with_its_envelope_and_read_back(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    found = box.read(_add(box))
    assert found is not None
    summary, message = found
    assert (summary.sender, summary.recipients) == ("caunoi@example.org", ("dan@example.org",))
    assert (summary.subject, summary.message_id) == ("Đã tiếp nhận", "<1@caunoi.local>")
    assert summary.received_at == "2026-07-01T01:02:03.456789Z"
    assert part_of(message, "plain") == "Xin chào\n"
    assert part_of(message, "html") is None


def test_the_newest_comes_first_also_after_a_new_start(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    ids = [_add(box, after=second) for second in range(3)]
    for each in (box, Mailbox(tmp_path)):
        assert [mail.id for mail in each.newest()] == ids[::-1]
        assert [mail.id for mail in each.newest(before=ids[1])] == [ids[0]]


def test_two_mails_of_one_instant_are_two(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    assert _add(box) != _add(box)
    assert len(box) == 2


def test_the_oldest_are_removed_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "KEPT_MAX", 2)
    box = Mailbox(tmp_path)
    ids = [_add(box, after=second) for second in range(3)]
    assert [mail.id for mail in box.newest()] == ids[:0:-1]
    assert box.read(ids[0]) is None
    assert len(list(tmp_path.iterdir())) == 2


def test_a_half_written_mail_is_forgotten_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / ".20260701T010203456789-000001.draft").write_bytes(b"Subj")
    assert len(Mailbox(tmp_path)) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "20260701T010203456789-000009"])
def test_what_is_no_mail_is_not_found(tmp_path: Path, name: str) -> None:
    assert Mailbox(tmp_path).read(name) is None
