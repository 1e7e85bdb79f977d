"""What routing and escalation say, kept for whoever looks at a petition or for one, and for checking what is sent to us."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.intake.store import hearing as store
from services.intake.store import searching
from services.intake.wire.events import clock_changed, clock_set, office_of, step_of
from shared.contracts.procedure import DenouncedNamedV1, PersonExcludedV1, PetitionMergedV1, PetitionUnmergedV1
from shared.contracts.routing import PetitionClassifiedV1, PetitionRoutedV1
from shared.messaging import Incoming
from shared.persistence import Transaction

RESTRICTED = "restricted."
"""So begins the rule by which routing gives a petition to a person for what its words may make it."""


async def hear(tx: Transaction, batch: Sequence[Incoming], _now: datetime) -> None:
    """Note offices, steps and clocks, and bring what petitions are found by up to date: thirteen statements for any batch."""
    offices = [office for item in batch if (office := office_of(item.body))]
    steps = [(item.envelope.aggregate_id, step) for item in batch if (step := step_of(item.envelope, item.body))]
    started = [clock for item in batch if (clock := clock_set(item.envelope, item.body))]
    changed = [clock for item in batch if (clock := clock_changed(item.envelope, item.body))]
    routed = {item.envelope.aggregate_id: item.body.kind for item in batch if isinstance(item.body, PetitionRoutedV1)}
    await store.treat_as(tx.connection, routed)
    await store.note_topics(tx.connection, _topics(batch))
    await store.suggest(tx.connection, {key: not rule for key, rule in _restricted(batch).items()})
    await store.tie(tx.connection, _leads(batch))
    excluded = [(item.envelope.aggregate_id, item.body.person) for item in batch if isinstance(item.body, PersonExcludedV1)]
    await store.exclude(tx.connection, excluded)
    named = {item.envelope.aggregate_id: item.body.against for item in batch if isinstance(item.body, DenouncedNamedV1)}
    await store.name_denounced(tx.connection, named)
    await store.put_offices(tx.connection, offices)
    await store.add_steps(tx.connection, steps)
    await store.put_clocks(tx.connection, started)
    await store.change_clocks(tx.connection, changed)
    touched = [petition_id for petition_id, _ in steps] + [clock.petition_id for clock in (*started, *changed)]
    await searching.restate(tx.connection, touched)


def _restricted(batch: Sequence[Incoming]) -> dict[UUID, bool]:
    """Return whether words made each petition that was routed one of another kind, for a person to look at."""
    return {
        item.envelope.aggregate_id: (item.body.route.rule or "").startswith(RESTRICTED)
        for item in batch
        if isinstance(item.body, PetitionRoutedV1)
    }


def _topics(batch: Sequence[Incoming]) -> dict[UUID, str | None]:
    """Return what each petition is about that was routed, or of which a person said it."""
    return {
        item.envelope.aggregate_id: item.body.topic
        for item in batch
        if isinstance(item.body, PetitionRoutedV1 | PetitionClassifiedV1)
    }


def _leads(batch: Sequence[Incoming]) -> dict[UUID, UUID | None]:
    """Return into which petition each one was merged last."""
    return {
        item.envelope.aggregate_id: item.body.into if isinstance(item.body, PetitionMergedV1) else None
        for item in batch
        if isinstance(item.body, PetitionMergedV1 | PetitionUnmergedV1)
    }
