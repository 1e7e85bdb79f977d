"""The mails that the local SMTP sink took: one file each, newest kept, oldest removed.

Invariant: a mail is a whole file or no file; its name is its id and orders by the time it came.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

KEPT_MAX = 50_000
_ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9]{6}")
_SUFFIX = ".eml"
_TO = "X-Envelope-To"
_FROM = "X-Envelope-From"


@dataclass(frozen=True, slots=True)
class Summary:
    """A mail as lists show it. `sender` and `recipients` are the envelope's: who was told, whatever the headers say."""

    id: str
    received_at: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str


class Mailbox:
    """The mails of one directory, with their summaries held in memory as they come or are first asked for."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)  # mails hold what people wrote
        for draft in directory.glob(".*.draft"):
            draft.unlink()
        self._ids = sorted(path.stem for path in directory.iterdir() if path.suffix == _SUFFIX)
        self._summaries: dict[str, Summary] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, content: bytes, *, sender: str, recipients: list[str], now: datetime) -> str:
        """Keep a mail and return its id."""
        self._count += 1
        mail_id = f"{now:%Y%m%dT%H%M%S%f}-{self._count % 1_000_000:06}"
        envelope = f"{_FROM}: {sender}\r\n{_TO}: {', '.join(recipients)}\r\n".encode()
        draft = self._directory / f".{mail_id}.draft"
        draft.write_bytes(envelope + content)
        draft.replace(self._path(mail_id))
        self._ids.append(mail_id)
        while len(self._ids) > KEPT_MAX:
            self._forget(self._ids.pop(0))
        return mail_id

    def newest(self, *, before: str | None = None) -> Iterator[Summary]:
        """Yield summaries, newest first; `before` an id: only older ones."""
        for mail_id in reversed(self._ids):
            if before is None or mail_id < before:
                with suppress(FileNotFoundError):
                    yield self._summary(mail_id)

    def read(self, mail_id: str) -> tuple[Summary, EmailMessage] | None:
        """Return a mail, None where there is none of that id."""
        if not _ID.fullmatch(mail_id) or not self._path(mail_id).exists():
            return None
        return self._summary(mail_id), self._message(mail_id)

    def _summary(self, mail_id: str) -> Summary:
        known = self._summaries.get(mail_id)
        if known is None:
            known = self._summaries[mail_id] = _summary_of(mail_id, self._message(mail_id))
        return known

    def _message(self, mail_id: str) -> EmailMessage:
        return message_from_bytes(self._path(mail_id).read_bytes(), policy=policy.default)

    def _path(self, mail_id: str) -> Path:
        return self._directory / f"{mail_id}{_SUFFIX}"

    def _forget(self, mail_id: str) -> None:
        self._summaries.pop(mail_id, None)
        self._path(mail_id).unlink(missing_ok=True)


def _summary_of(mail_id: str, message: EmailMessage) -> Summary:
    day, clock = mail_id[:8], mail_id[9:21]
    return Summary(
        id=mail_id,
        received_at=f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}.{clock[6:]}Z",
        sender=str(message.get(_FROM, "")),
        recipients=tuple(name.strip() for name in str(message.get(_TO, "")).split(",") if name.strip()),
        subject=str(message.get("Subject", "")),
        message_id=str(message.get("Message-ID", "")).strip(),
    )


def part_of(message: EmailMessage, kind: str) -> str | None:
    """Return the mail's text (`kind` "plain" or "html"), None where it has none of that kind."""
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")
