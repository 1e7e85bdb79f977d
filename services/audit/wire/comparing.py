"""What a comparison of the log with the services' records says of itself, and how one petition's is answered."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shared.contracts import NewEvent
from shared.contracts.audit import ComparisonPublishedV1
from shared.kernel.ids import derived

ACTOR = "service:audit"

KINDS: dict[str, tuple[str, str]] = {
    "missing_here": ("dịch vụ có lưu, nhật ký không có", "the service keeps it, the log does not"),
    "missing_there": ("nhật ký có, dịch vụ không còn lưu", "the log keeps it, the service does not any more"),
    "changed": ("hai bên lưu khác nhau", "both keep it, and not alike"),
}
STATES: dict[str, tuple[str, str]] = {
    "agrees": ("khớp", "agrees"),
    "differs": ("khác", "differs"),
    "on_its_way": ("đang trên đường tới", "something is on its way"),
    "away": ("không trả lời", "does not answer"),
}
VERDICTS: dict[str, tuple[str, str]] = {
    "complete": (
        "đầy đủ: không thiếu phiên bản nào, khớp với sổ của mọi dịch vụ",
        "complete: no version is missing, and every service's own record agrees",
    ),
    "incomplete": ("KHÔNG đầy đủ: xem phần thiếu và phần khác nhau", "NOT complete: see what is missing and what differs"),
    "unverified": (
        "chưa xác nhận: không thiếu phiên bản nào, nhưng chưa đối chiếu được với mọi dịch vụ",
        "not verified: no version is missing, but not every service could be compared",
    ),
}


def published(run_id: UUID, counts: Mapping[str, int], by_kind: Mapping[str, int], *, as_of: datetime) -> NewEvent:
    """Return what is said of a run that compared every service."""
    aggregate_id = derived("comparison", run_id)
    return NewEvent(
        id=derived(aggregate_id, "published"),
        aggregate_id=aggregate_id,
        body=ComparisonPublishedV1(
            run_id=run_id,
            as_of=as_of,
            events=counts["events"],
            on_their_way=counts["on_their_way"],
            differences=counts["differences"],
            by_kind=dict(by_kind),
        ),
        effective_at=as_of,
        recorded_at=as_of,
        actor=ACTOR,
        correlation_id=aggregate_id,
    )
