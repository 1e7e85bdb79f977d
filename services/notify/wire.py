"""Events to news; notices to mails. Pure."""

from base64 import encodebytes
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.utils import formataddr
from functools import cache
from pathlib import Path
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notify.domain.delivery import Mail
from services.notify.domain.telling import About, Line, News, template_of
from shared.contracts import EventBody
from shared.contracts.escalation import (
    CalendarMissingV1,
    DeadlineBreachedV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    DeadlineRemindedV1,
    DeadlineSetV1,
    PetitionEscalatedV1,
)
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.routing import OfficeRegisteredV1, PetitionAnsweredV1, PetitionRoutedV1, PetitionTransferredV1

HANDLED: tuple[type[EventBody], ...] = (
    PetitionLodgedV1,
    OfficeRegisteredV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
    PetitionAnsweredV1,
    DeadlineSetV1,
    DeadlineRemindedV1,
    DeadlineBreachedV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    PetitionEscalatedV1,
    CalendarMissingV1,
)
TEMPLATES_VERSION = 1
DIGEST_GROUPS = (About.ESCALATION, About.BREACH, About.REMINDER, About.MOVED)
DIGEST_LINES_MAX = 100
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LANGUAGES = ("vi", "en")
_LINE_END = "\r\n"  # RFC 5321, 2.3.8
_FOLDER = Path(__file__).resolve().parent / "templates"


def news_of(body: EventBody) -> News | None:  # noqa: PLR0911 - one return for each event
    """Return what there is to tell of an event, None where nothing."""
    match body:
        case PetitionLodgedV1():
            return News(About.LODGED, None, {})
        case PetitionRoutedV1(route=route) | PetitionTransferredV1(route=route):
            return News(About.ROUTED, route.office, {"basis": route.rule or str(route.basis)})
        case PetitionAnsweredV1(office=office):
            return News(About.ANSWERED, office, {})
        case DeadlineRemindedV1(office=office):
            return News(About.REMINDER, office, {"percent": str(body.percent), **_clock(body)}, **_timing(body))
        case DeadlineBreachedV1(office=office):
            return News(About.BREACH, office, _clock(body), body.concerns_petitioner, **_timing(body))
        case PetitionEscalatedV1(to_office=office):
            return News(About.ESCALATION, office, _climb(body), body.concerns_petitioner, **_timing(body))
        case DeadlineMovedV1(office=office):
            return News(About.MOVED, office, _move(body), body.concerns_petitioner, tell_from=body.tell_from)
        case DeadlinePausedV1(office=office):
            facts = {"rule": body.rule, "paused_on": body.paused_on.strftime("%d/%m/%Y")}
            return News(About.PAUSED, office, facts, body.concerns_petitioner)
    return None


class _Timing(TypedDict):
    is_urgent: bool
    tell_from: datetime | None


def _timing(body: DeadlineRemindedV1 | DeadlineBreachedV1 | PetitionEscalatedV1) -> _Timing:
    return {"is_urgent": body.is_urgent, "tell_from": body.tell_from}


def _clock(body: DeadlineRemindedV1 | DeadlineBreachedV1 | PetitionEscalatedV1) -> dict[str, str]:
    return {"rule": body.rule, "due_at": local(body.due_at)}


def _climb(body: PetitionEscalatedV1) -> dict[str, str]:
    return {
        "level": str(body.level),
        "climb": str(body.climb),
        "from_office": body.from_office,
        "action": body.action or "inform_superior",
        "basis": body.basis or "",
        "acknowledge_by": local(body.acknowledge_by) if body.acknowledge_by else "",
        **_clock(body),
    }


def _move(body: DeadlineMovedV1) -> dict[str, str]:
    return {
        "rule": body.rule,
        "reason": body.reason,
        "from_due_at": local(body.from_due_at),
        "due_at": local(body.due_at),
        "moves": f"{body.rule}: {local(body.from_due_at)} → {local(body.due_at)}",
        "key": str(body.amendment_id or ""),
    }


def digest_facts(lines: Sequence[Line]) -> dict[str, object]:
    """Return what a digest tells: its lines by group, so many at most, and how many more; denunciations are counted only."""
    named = [line for line in lines if line.code is not None]
    groups = {about: [line for line in named if line.about == about] for about in DIGEST_GROUPS}
    return {
        "total": len(lines),
        "sealed": len(lines) - len(named),
        "counts": {about: len(group) for about, group in groups.items()},
        "lines": {about: group[:DIGEST_LINES_MAX] for about, group in groups.items()},
        "more": {about: max(0, len(group) - DIGEST_LINES_MAX) for about, group in groups.items()},
    }


def local(instant: datetime) -> str:
    """Return an instant as people of the city read it."""
    return instant.astimezone(ZONE).strftime("%d/%m/%Y %H:%M")


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(_FOLDER, encoding="utf-8")
    return Environment(loader=loader, undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - plain text mails


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.txt")


def template_name(about: str, audience: str, language: str, *, is_sealed: bool) -> str:
    """Return the name of a template with its version, as the delivery log keeps it."""
    return (
        f"{template_of(about, audience, is_sealed=is_sealed)}.{language if language in LANGUAGES else 'vi'}@{TEMPLATES_VERSION}"
    )


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
