"""Legal times that people enter: with evidence, in order, and with a second person where they lie far back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.refusals import Malformed, Refused


@dataclass(frozen=True, slots=True)
class Stated:
    """When an act became true in law, as its officer states it, and the paper or file that shows it."""

    effective_at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a stated time lies between: nothing is true before the petition was lodged, nor before the act before it."""

    lodged_at: datetime
    last_act_at: datetime | None
    alone_within: timedelta
    """How far back one person alone may state a time."""


def stated(effective_at: datetime | None, evidence: str | None) -> Stated | None:
    """Return a stated time. Raises Malformed where time or evidence stands alone."""
    if effective_at is None and evidence is None:
        return None
    if effective_at is None or evidence is None:
        field = "effective_at" if effective_at is None else "time_evidence"
        remedy = (
            "gửi cả effective_at và time_evidence: số văn bản, hoặc mã của tệp đã lưu"
            " · give effective_at together with time_evidence: the paper's number, or the id of the stored file"
        )
        raise Malformed(
            "a stated time and its evidence belong together",
            code="evidence_with_time",
            errors=[{"field": field, "reason": "missing", "remedy": remedy}],
        )
    return Stated(effective_at, evidence)


def needs_second(given: Stated, bounds: Bounds, *, now: datetime) -> bool:
    """Whether a second person must confirm. Raises Refused where the time cannot be true."""
    if given.effective_at > now:
        raise Refused("this time has not come yet", code="time_in_future", facts={"now": now.isoformat()})
    since = max(bounds.lodged_at, bounds.last_act_at or bounds.lodged_at)
    if given.effective_at < since:
        raise Refused("before the act before it", code="time_out_of_order", facts={"since": since.isoformat()})
    return now - given.effective_at > bounds.alone_within
