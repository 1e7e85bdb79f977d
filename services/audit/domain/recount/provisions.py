"""What the law provides for an act: the pause or extension that it may bring, None where the act moves no clock."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.audit.domain.recount.clock import Clock
from services.audit.domain.recount.days import Days


def may_pause(clock: Clock, days: Days, fact: str, at: datetime, body: Mapping[str, Any]) -> bool:
    """Return whether a fact suspends a running clock: on a listed ground, since the law knows it, before the due moment."""
    pause = next(item for item in clock.rule["pauses"] if item["start"] == fact)
    since = date.fromisoformat(pause["since"])
    begun = days.local(clock.started_at)
    if pause["grounds"] and body.get("ground") not in pause["grounds"]:
        return False
    if days.local(at) < since or (begun < since and not pause["reaches_pending"]):
        return False
    return clock.started_at <= at <= clock.due_at


def may_extend(clock: Clock, days: Days, at: datetime, body: Mapping[str, Any]) -> bool:
    """Return whether an act lengthens a limit: on a listed ground, within its ceilings, before the due moment."""
    found = next((item for item in clock.rule["extensions"] if body.get("ground") in item["grounds"]), None)
    amount = int(body.get("amount", 0))
    if found is None or at > clock.due_at or clock.extensions >= found["acts_max"]:
        return False
    if days.local(at) < date.fromisoformat(found["since"]):
        return False
    total = int(clock.rule["limit"]["amount"]) + clock.extended_by + amount
    return 1 <= amount <= int(found["per_act"]) and total <= int(found["ceiling"])
