"""Notices to mails. Pure."""

from base64 import encodebytes
from email.header import Header
from email.headerregistry import Address
from email.utils import formataddr
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notify.domain.delivery import Mail
from services.notify.domain.telling import GROUPS, About, Gathered, Line, template_of
from services.notify.wire.words import ACTIONS, LANGUAGES, REASONS, VIETNAMESE, distance, step

TEMPLATES_VERSION = 1
_LINE_END = "\r\n"  # RFC 5321, 2.3.8
_FOLDER = Path(__file__).resolve().parent.parent / "templates"


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(_FOLDER, encoding="utf-8")
    made = Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text mails
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    made.filters["step"] = step
    made.filters["action"] = lambda name, language: ACTIONS[language].get(name, name)
    made.filters["reason"] = lambda name, language: REASONS[language].get(name, name)
    return made


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.txt")


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


def template_name(about: str, audience: str, language: str, *, is_sealed: bool) -> str:
    """Return the name of a template with its version, as the delivery log keeps it."""
    return f"{template_of(about, audience, is_sealed=is_sealed)}.{spoken(language)}@{TEMPLATES_VERSION}"


def spoken(language: str) -> str:
    """Return the language in which somebody is told who asked for this one."""
    return language if language in LANGUAGES else VIETNAMESE


def mail(name: str, facts: dict[str, Any], *, sender: Address, to: str, message_id: str, date: str) -> Mail:
    """Return the mail of a template; its first line is the subject.

    Raises UndefinedError where a fact is missing, ValueError where the address cannot stand in a mail. One part of plain text
    needs few headers, so they are written here: EmailMessage takes sixty times as long, more than all else about a notice.
    """
    if not to.isascii() or not to.isprintable():
        raise ValueError("an address beyond ASCII needs SMTPUTF8, which mail servers need not have")
    subject, _, text = _template(name.partition("@")[0]).render(facts).partition("\n")
    headers = {
        "From": _from(sender.display_name, sender.addr_spec),
        "To": to,
        "Subject": Header(subject, "utf-8", header_name="Subject").encode(linesep=_LINE_END),
        "Message-ID": message_id,
        "Date": date,
        "Auto-Submitted": "auto-generated",
        "Content-Language": name.rpartition(".")[2].partition("@")[0],
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "base64",
    }
    head = "".join(f"{field}: {value}{_LINE_END}" for field, value in headers.items())
    body = encodebytes(text.lstrip("\n").encode()).replace(b"\n", _LINE_END.encode())
    return Mail(sender.addr_spec, to, f"{head}{_LINE_END}".encode("ascii") + body)


@cache
def _from(name: str, address: str) -> str:
    return formataddr((name, address))


def message_id(notice_id: UUID, *, domain: str) -> str:
    """Return the Message-ID of a notice: the same for every attempt, so that a repeat is known as one."""
    return f"<{notice_id}@{domain}>"
