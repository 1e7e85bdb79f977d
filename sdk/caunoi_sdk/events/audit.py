# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""What audit says of the whole: whether the recorded clocks are those that the recorded facts and the law give."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from caunoi_sdk.events.base import EventBody


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
