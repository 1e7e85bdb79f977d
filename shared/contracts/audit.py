"""What audit says of the whole: that the log was closed over, and whether the clocks are those that facts and law give."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import EventBody


class ReconciliationPublishedV1(EventBody):
    """Every clock was recomputed from the events alone. The target is 0 differences.

    The aggregate is ``derived("reconciliation", run_id)``; the differences themselves are read from audit by right.
    """

    TYPE: ClassVar[str] = "petitions.audit.reconciliation.published.v1"

    run_id: UUID
    as_of: datetime = Field(description="facts recorded up to this instant were read")
    petitions: int
    deadlines: int
    steps: int
    differences: int
    by_kind: dict[str, int] = Field(description="how many differences of each kind, for example deadline_missing")


class CheckpointPublishedV1(EventBody):
    """The log was closed over: what it held until then can no longer be changed unnoticed.

    The aggregate is ``derived("log", origin)``. The signed checkpoint itself is public (`GET /audit/log/checkpoint`).
    """

    TYPE: ClassVar[str] = "petitions.audit.checkpoint.published.v1"

    origin: str = Field(description="name of the log, as its checkpoints say it")
    size: int = Field(description="how many events the log has")
    root: str = Field(description="base64 of the root of the tree over all of them (RFC 6962)")
    key: str = Field(description="public key that signed it, as name+id+base64 (c2sp.org/signed-note)")


class ComparisonPublishedV1(EventBody):
    """Audit's log was held against what every service keeps of what it said. The target is 0 differences.

    The aggregate is ``derived("comparison", run_id)``; the differences themselves are read from audit by right.
    """

    TYPE: ClassVar[str] = "petitions.audit.comparison.published.v1"

    run_id: UUID
    as_of: datetime = Field(description="when the comparison began")
    events: int
    on_their_way: int = Field(description="recorded by their services a moment ago and not heard of yet")
    differences: int
    by_kind: dict[str, int] = Field(description="missing_here, missing_there, changed")


class ExportMadeV1(EventBody):
    """Somebody (the event's actor) had events taken out of the log as a file, or as a stream of lines.

    The aggregate is the petition whose life was taken out, else ``derived("export", export_id)``. `rows` and `file_sha256` are
    None of a stream, which is said when it begins: who takes it may break off anywhere.
    """

    TYPE: ClassVar[str] = "petitions.audit.export.made.v1"

    export_id: UUID
    format: str = Field(description="csv, xlsx, parquet, pdf, json, prov, provn or ndjson")
    purpose: str = Field(default="supervising", description="a word of ReadingPurpose")
    filters: dict[str, str | int | bool | list[str]] = Field(
        default_factory=dict, description="what was asked for: times, offices, types, services, kinds, accounts, codes"
    )
    rows: int | None = None
    file_sha256: str | None = None
    file_bytes: int | None = None
    log_size: int | None = Field(default=None, description="events under the checkpoint that is in the file")
