"""What goes together: which series a piece of news belongs to, and the notice that opens it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from services.notify.domain.telling import WINDOW, About, Audience, Line, News, Notice, Petition
from services.notify.domain.timing import waits_for_opening
from services.notify.store.gatherings import Addition, Part
from services.notify.store.notices import Waiting
from services.notify.wire.words import local
from shared.contracts.escalation import DeadlineSetV1
from shared.kernel.ids import derived
from shared.messaging import Incoming

SECOND_STEPS = frozenset({"KN2.FILE", "KN2.FILE.REMOTE"})
"""Whose first limit has passed may complain a second time or go to court (Law on Complaints, art. 33): until when."""
_URGENCIES = "", "urgent"


def digest_part(item: Incoming, news: News, waiting: Waiting, *, at: datetime, now: datetime) -> Part:
    """Return a piece of news as part of its office's digest: of the one at the opening, or of the one that goes next."""
    office = waiting.notice.office or ""
    opening = at.astimezone(UTC).isoformat() if waits_for_opening(news, now=now) else "next"
    series = derived("digest", office, opening)
    digest = Notice(About.DIGEST, Audience.OFFICE, office, waiting.notice.language, {"code": ""})
    carrier = replace(
        waiting,
        id=derived(series, waiting.id),
        petition_id=derived("digest", office),
        notice=digest,
        is_sealed=False,
        correlation_id=derived("digest", office),
    )
    return Part(waiting.id, series, item.envelope.aggregate_id, _line(item, news, waiting.notice.facts["code"]), carrier, at)


def petitioner_part(item: Incoming, news: News, waiting: Waiting, *, at: datetime) -> Part:
    """Return a piece of news as part of what the petitioner is told of one thing once, however many clocks it touches."""
    envelope = item.envelope
    series = _series(waiting.notice.petitioner_id or envelope.aggregate_id, news.about, _key(item, news))
    notice = replace(waiting.notice, facts={"code": waiting.notice.facts["code"]})
    carrier = replace(waiting, id=derived(series, waiting.id), notice=notice)
    return Part(waiting.id, series, envelope.aggregate_id, _line(item, news, waiting.notice.facts["code"]), carrier, at)


def windows(said: Sequence[Incoming], known: Mapping[UUID, Petition]) -> list[Addition]:
    """Return until when petitioners may go further: for the mail that tells them that their first limit has passed."""
    return [
        addition
        for item in said
        if isinstance(item.body, DeadlineSetV1) and item.body.rule in SECOND_STEPS and item.envelope.aggregate_id in known
        for addition in _windows(item, item.body, known[item.envelope.aggregate_id])
    ]


def _windows(item: Incoming, body: DeadlineSetV1, petition: Petition) -> list[Addition]:
    """Return it for each petitioner."""
    return [_window(item, body, petition, None), *(_window(item, body, petition, person.id) for person in petition.others)]


def _window(item: Incoming, body: DeadlineSetV1, petition: Petition, petitioner_id: UUID | None) -> Addition:
    envelope = item.envelope
    news = News(About.BREACH, body.office, {"rule": body.rule, "due_at": local(body.due_at)}, due_at=body.due_at)
    line = replace(_line(item, news, petition.code), about=WINDOW)
    series = [_series(petitioner_id or envelope.aggregate_id, About.BREACH, key) for key in _URGENCIES]
    key = derived(envelope.id, WINDOW, *([petitioner_id] if petitioner_id else []))
    return Addition(key, series, envelope.aggregate_id, line)


def _key(item: Incoming, news: News) -> str:
    """Return what makes news of the same kind another thing: the amendment or act behind it, or that it cannot wait."""
    if news.about in (About.MOVED, About.PAUSED):
        cause = item.envelope.cause
        return news.amendment or str(cause.event_id if cause else item.envelope.id)
    return _URGENCIES[news.is_urgent]


def _series(petition_id: UUID, about: About, key: str) -> UUID:
    return derived(petition_id, "notice", about, key)


def _line(item: Incoming, news: News, code: str) -> Line:
    """Return news as a line of a mail: of a denunciation only that there is some."""
    envelope = item.envelope
    if envelope.is_sealed:
        return Line(news.about, None, {}, None, envelope.effective_at)
    return Line(news.about, code, news.facts, news.due_at, envelope.effective_at)
