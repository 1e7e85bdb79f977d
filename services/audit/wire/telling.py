"""From the domain to answers: the list of gaps, the lines of an export."""

from base64 import b64encode
from collections.abc import Iterable
from uuid import UUID

import orjson
from pydantic import BaseModel

from services.audit.domain.entry import Entry
from services.audit.domain.gaps import Gap
from services.audit.wire.words import gap_text


class GapAnswer(BaseModel):
    """What of one service is not in the log: missing versions, and those that wait among the parked messages."""

    source: str
    said: int
    missing: list[int]
    waiting: list[int]
    text: str


class GapsOfOne(BaseModel):
    """A petition (or an office of the directory: then `code` is null) with gaps. Codes of denunciations: for auditors."""

    petition_id: UUID
    code: str | None
    gaps: list[GapAnswer]


class GapsAnswer(BaseModel):
    """`next` is the value of `cursor` for the next page; `unplaced` counts parked messages that name no petition."""

    items: list[GapsOfOne]
    next: str | None
    unplaced: int


def gap_answers(gaps: Iterable[Gap], *, language: str) -> list[GapAnswer]:
    """Return gaps as answers."""
    return [
        GapAnswer(
            source=gap.source,
            said=gap.said,
            missing=list(gap.missing),
            waiting=list(gap.waiting),
            text=gap_text(gap, language=language),
        )
        for gap in gaps
    ]


def export_line(entry: Entry) -> bytes:
    """Return an entry as one line of JSON: a CloudEvent (1.0, JSON format) with its place in the log."""
    cause = entry.cause
    line: dict[str, object] = {
        "specversion": "1.0",
        "id": entry.id,
        "type": entry.type,
        "source": entry.source,
        "subject": entry.aggregate_id,
        "time": entry.recorded_at,
        "effectiveat": entry.effective_at,
        "version": entry.version,
        "actor": entry.actor,
        "correlationid": entry.correlation_id,
        "office": entry.office,
        "position": entry.position,
        "heardat": entry.heard_at,
        "stream": entry.stream,
        "streamseq": entry.stream_seq,
        "datacontenttype": "application/json",
    }
    if cause is not None:
        line["cause"] = f"{cause.event_id} {cause.source} {cause.version}"
    if entry.authority is not None:
        line["authority"] = entry.authority
    if entry.is_sealed:
        line["sealed"] = "1"
    if entry.traceparent:
        line["traceparent"] = entry.traceparent
    line.update(_data(entry))
    return orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE)


def _data(entry: Entry) -> dict[str, object]:
    """Return the body as it came; what is not JSON travels as base64, as the format says."""
    try:
        return {"data": orjson.loads(entry.body)}
    except orjson.JSONDecodeError:
        return {"data_base64": b64encode(entry.body).decode()}
