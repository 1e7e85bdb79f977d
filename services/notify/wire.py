"""Events to news; notices to mails. Pure."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notify.domain.telling import About, News, template_of
from shared.contracts import EventBody
from shared.contracts.escalation import DeadlineBreachedV1, DeadlineRemindedV1, PetitionEscalatedV1
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.routing import OfficeRegisteredV1, PetitionAnsweredV1, PetitionRoutedV1, PetitionTransferredV1

HANDLED: tuple[type[EventBody], ...] = (
    PetitionLodgedV1,
    OfficeRegisteredV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
    PetitionAnsweredV1,
    DeadlineRemindedV1,
    DeadlineBreachedV1,
    PetitionEscalatedV1,
)
TEMPLATES_VERSION = 1
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LANGUAGES = ("vi", "en")
_FOLDER = Path(__file__).resolve().parent / "templates"


def news_of(body: EventBody) -> News | None:
    """Return what there is to tell of an event, None where nothing."""
    match body:
        case PetitionLodgedV1():
            told: tuple[About, str | None, dict[str, str]] = (About.LODGED, None, {})
        case PetitionRoutedV1(route=route) | PetitionTransferredV1(route=route):
            told = (About.ROUTED, route.office, {"basis": route.rule or str(route.basis)})
        case PetitionAnsweredV1(office=office):
            told = (About.ANSWERED, office, {})
        case DeadlineRemindedV1(office=office):
            told = (About.REMINDER, office, {"percent": str(body.percent), **_clock(body)})
        case DeadlineBreachedV1(office=office):
            told = (About.BREACH, office, _clock(body))
        case PetitionEscalatedV1(to_office=office):
            told = (About.ESCALATION, office, {"level": str(body.level), "from_office": body.from_office, **_clock(body)})
        case _:
            return None
    return News(*told)


def _clock(body: DeadlineRemindedV1 | DeadlineBreachedV1 | PetitionEscalatedV1) -> dict[str, str]:
    return {"rule": body.rule, "due_at": _local(body.due_at)}


def _local(instant: datetime) -> str:
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


def mail(name: str, facts: dict[str, str | None], *, sender: Address, to: str, message_id: str, date: str) -> EmailMessage:
    """Return the mail of a template; its first line is the subject. Raises UndefinedError where a fact is missing."""
    subject, _, text = _template(name.partition("@")[0]).render(facts).partition("\n")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message["Date"] = date
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = name.rpartition(".")[2].partition("@")[0]
    message.set_content(text.lstrip("\n"), charset="utf-8")
    return message


def message_id(notice_id: UUID, *, domain: str) -> str:
    """Return the Message-ID of a notice: the same for every attempt, so that a repeat is known as one."""
    return f"<{notice_id}@{domain}>"
