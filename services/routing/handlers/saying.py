"""What became true of a petition, as events: numbered by its acts, so that an act that is done again says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.routing.store.petitions import Petition
from services.routing.wire.acts import About
from shared.contracts import EventBody, NewEvent
from shared.kernel.ids import derived


@dataclass(frozen=True, slots=True)
class By:
    """Who makes it true, by which right, and when: `effective_at` in law, `now` on our clock."""

    actor: str
    effective_at: datetime
    now: datetime
    traceparent: str | None = None
    authority: str | None = None


def about(petition: Petition) -> About:
    """Return what is said again of a petition that is treated by another procedure."""
    return About(
        code=petition.code,
        jurisdiction=petition.jurisdiction,
        topic=petition.topic,
        commune=petition.commune,
        urgency=petition.urgency,
        is_physical=petition.is_physical,
    )


def events_of(petition: Petition, said: Sequence[tuple[EventBody, str]], version: int, by: By) -> list[NewEvent]:
    """Return events of what was `said` last of a petition, and the office that each concerns; `version` is that of the last."""
    first = version - len(said) + 1
    return [
        NewEvent(
            id=derived(petition.id, "routing", "act", number),
            aggregate_id=petition.id,
            body=body,
            effective_at=by.effective_at,
            recorded_at=by.now,
            actor=by.actor,
            correlation_id=petition.correlation_id,
            office=office,
            is_sealed=petition.is_sealed,
            traceparent=by.traceparent,
            authority=by.authority,
        )
        for number, (body, office) in enumerate(said, start=first)
    ]
