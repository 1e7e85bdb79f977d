"""Notices to mails. Pure."""

from base64 import encodebytes
from collections.abc import Mapping
from email.header import Header
from email.headerregistry import Address
from email.utils import formataddr
from functools import cache
from uuid import UUID

from services.notify.domain.delivery import Mail
from services.notify.domain.telling import GROUPS, About, Gathered, Line
from services.notify.wire.wordings import Wording, rendered
from services.notify.wire.words import distance

_LINE_END = "\r\n"  # RFC 5321, 2.3.8


def gathered_facts(gathered: Gathered, language: str) -> dict[str, object]:
    """Return what a mail tells together: its lines, by group too, and how many there are that it does not name."""
    lines = [
        {**line.facts, "about": line.about, "code": line.code, **_distance(line, gathered, language)} for line in gathered.lines
    ]
    groups = [(about, gathered.counts[about], [line for line in lines if line["about"] == about]) for about in _groups(gathered)]
    return {
        "lines": lines,
        "groups": [(about, count, named, count - len(named)) for about, count, named in groups],
        "total": sum(gathered.counts.values()) + gathered.sealed,
        "sealed": gathered.sealed,
    }


def _groups(gathered: Gathered) -> list[About]:
    return [about for about in GROUPS if gathered.counts.get(about)]


def _distance(line: Line, gathered: Gathered, language: str) -> dict[str, str]:
    """Say how late it was when the mail was written first: one that is sent again says the same."""
    return {"distance": distance(line.due_at, gathered.closed_at, language)} if line.due_at else {}


def mail(
    wording: Wording, facts: Mapping[str, object], *, sender: Address, to: str, message_id: str, date: str, back_to: str = ""
) -> Mail:
    """Return the mail of a template; its first line is the subject. What cannot be delivered comes back to `back_to`.

    Raises UndefinedError where a fact is missing, ValueError where the address cannot stand in a mail. One part of plain text
    needs few headers, so they are written here: EmailMessage takes sixty times as long, more than all else about a notice.
    """
    if not to.isascii() or not to.isprintable():
        raise ValueError("an address beyond ASCII needs SMTPUTF8, which mail servers need not have")
    subject, text = rendered(wording, facts)
    headers = {
        "From": _from(sender.display_name, sender.addr_spec),
        "To": to,
        "Subject": Header(subject, "utf-8", header_name="Subject").encode(linesep=_LINE_END),
        "Message-ID": message_id,
        "Date": date,
        "Auto-Submitted": "auto-generated",
        "Content-Language": wording.language,
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "base64",
    }
    head = "".join(f"{field}: {value}{_LINE_END}" for field, value in headers.items())
    body = encodebytes(text.encode()).replace(b"\n", _LINE_END.encode())
    return Mail(back_to or sender.addr_spec, to, f"{head}{_LINE_END}".encode("ascii") + body)


@cache
def _from(name: str, address: str) -> str:
    return formataddr((name, address))


def message_id(notice_id: UUID, *, domain: str) -> str:
    """Return the Message-ID of a notice: the same for every attempt, so that a repeat is known as one."""
    return f"<{notice_id}@{domain}>"
