"""Between events and the rows of an exported file; what is said of an export."""

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from services.audit.domain.exporting import Export, Query
from services.audit.wire.words import event_title
from shared.contracts import NewEvent
from shared.contracts.audit import ExportMadeV1
from shared.kernel.ids import derived

_TYPE_PARTS = 5


class FileRow(NamedTuple):
    """One event as a row. `data` is its body as text, as it came; what is no text stands in it escaped."""

    position: int
    recorded_at: datetime
    effective_at: datetime
    heard_at: datetime
    code: str
    petition_id: str
    service: str
    version: int
    type: str
    title: str
    actor: str
    authority: str
    office: str
    cause_id: str
    is_sealed: bool
    event_id: str
    body_sha256: str
    data: str


def file_row(row: Any, *, language: str) -> FileRow:
    """Return an event of the log as a row."""
    parts = row.type.split(".")
    what = ".".join(parts[2:4]) if len(parts) == _TYPE_PARTS else row.type
    body = bytes(row.body)
    return FileRow(
        position=row.position,
        recorded_at=row.recorded_at,
        effective_at=row.effective_at,
        heard_at=row.heard_at,
        code=row.code or "",
        petition_id=str(row.aggregate_id),
        service=row.source,
        version=row.version,
        type=row.type,
        title=event_title(what, language=language),
        actor=row.actor,
        authority=row.authority or "",
        office="" if row.office == "_" else row.office,
        cause_id=str(row.cause_id) if row.cause_id else "",
        is_sealed=row.is_sealed,
        event_id=str(row.id),
        body_sha256=sha256(body).hexdigest(),
        data=body.decode("utf-8", "backslashreplace"),
    )


def kind_pattern(query: Query) -> str | None:
    """Return the pattern by which the body of `petition.lodged` names one of the kinds that are asked for."""
    if not query.kinds:
        return None
    return f'"kind"\\s*:\\s*"({"|".join(re.escape(kind) for kind in query.kinds)})"'


def about(export: Export) -> dict[str, object]:
    """Return what is written into a file about itself: who asked for what, when, and up to where in the log."""
    return {
        "export_id": str(export.id),
        "asked_at": export.asked_at.isoformat(),
        "asked_by": export.actor,
        "authority": export.authority,
        "format": str(export.format),
        "query": dict(export.query),
        "log_size": export.upto,
    }


def made(
    export: Export, *, rows: int, file: Mapping[str, Any], now: datetime, is_sealed: bool, traceparent: str | None = None
) -> NewEvent:
    """Return what is said of a file that was made."""
    return _said(
        export.id,
        ExportMadeV1(
            export_id=export.id,
            format=str(export.format),
            purpose=str(export.query.get("purpose") or "supervising"),
            filters=_filters(export.query),
            rows=rows,
            file_sha256=file["file_sha256"],
            file_bytes=file["file_bytes"],
            log_size=export.upto,
        ),
        aggregate_id=export.petition_id,
        actor=export.actor,
        authority=export.authority,
        now=now,
        is_sealed=is_sealed,
        traceparent=traceparent,
    )


def streamed(
    export_id: UUID, *, after: int, limit: int, actor: str, authority: str | None, now: datetime, traceparent: str | None
) -> NewEvent:
    """Return what is said of a stream of lines that begins."""
    body = ExportMadeV1(export_id=export_id, format="ndjson", filters={"after": after, "limit": limit})
    return _said(
        export_id,
        body,
        aggregate_id=None,
        actor=actor,
        authority=authority,
        now=now,
        is_sealed=False,
        traceparent=traceparent,
    )


def _said(
    export_id: UUID,
    body: ExportMadeV1,
    *,
    aggregate_id: UUID | None,
    actor: str,
    authority: str | None,
    now: datetime,
    is_sealed: bool,
    traceparent: str | None,
) -> NewEvent:
    aggregate = aggregate_id or derived("export", export_id)
    return NewEvent(
        id=derived("export", export_id, "made"),
        aggregate_id=aggregate,
        body=body,
        effective_at=now,
        recorded_at=now,
        actor=actor,
        authority=authority,
        correlation_id=aggregate,
        is_sealed=is_sealed,
        traceparent=traceparent,
    )


def _filters(query: Mapping[str, object]) -> dict[str, str | int | bool | list[str]]:
    return {name: value for name, value in query.items() if isinstance(value, str | int | bool | list) and name != "purpose"}
