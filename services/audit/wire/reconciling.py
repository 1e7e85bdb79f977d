"""What a reconciliation says of itself."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shared.contracts import NewEvent
from shared.contracts.audit import ReconciliationPublishedV1
from shared.kernel.ids import derived

ACTOR = "service:audit"


def published(run_id: UUID, counts: Mapping[str, int], by_kind: Mapping[str, int], *, as_of: datetime) -> NewEvent:
    """Return what is said of a run of all that it counted."""
    aggregate_id = derived("reconciliation", run_id)
    return NewEvent(
        id=derived(aggregate_id, "published"),
        aggregate_id=aggregate_id,
        body=ReconciliationPublishedV1(
            run_id=run_id,
            as_of=as_of,
            petitions=counts["petitions"],
            deadlines=counts["deadlines"],
            steps=counts["steps"],
            differences=counts["differences"],
            by_kind=dict(by_kind),
        ),
        effective_at=as_of,
        recorded_at=as_of,
        actor=ACTOR,
        correlation_id=aggregate_id,
    )
