"""What is heard changes clocks: load, decide, save and emit in one transaction.

Invariant: a batch of any size costs a fixed number of statements, and says one petition's events in the order of their causes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.escalation.domain.clocks import Clocks, Petition, Said, Started
from services.escalation.domain.deadline import Deadline
from services.escalation.domain.rules import Rulebook
from services.escalation.handlers.saying import event_of
from services.escalation.store import clocks as store
from services.escalation.store import offices
from services.escalation.store.clocks import Origin
from services.escalation.wire.events import hear
from shared.contracts import NewEvent
from shared.contracts.routing import OfficeRegisteredV1
from shared.messaging import Incoming
from shared.persistence import Transaction


async def hear_batch(tx: Transaction, batch: Sequence[Incoming], now: datetime, *, rulebook: Rulebook) -> None:
    """Apply a batch of events from intake and routing: petitions, clocks that start, move and end."""
    entries = [item.body for item in batch if isinstance(item.body, OfficeRegisteredV1)]
    facts = [item for item in batch if item.body is not None and not isinstance(item.body, OfficeRegisteredV1)]
    await offices.register(tx.connection, entries)
    if not facts:
        return
    heard = Heard(await store.load(tx.connection, {item.envelope.aggregate_id for item in facts}))
    for item in facts:
        heard.hear(item, rulebook)
    await store.save_petitions(tx.connection, heard.changed_petitions())
    await store.start(tx.connection, heard.started())
    await store.change(tx.connection, [(deadline, clocks.holder) for deadline, clocks in heard.changed_deadlines()])
    tx.emit(heard.events(now))


@dataclass(slots=True)
class Heard:
    """The clocks of one batch while its events are applied, and who said what because of which event."""

    clocks: dict[UUID, Clocks]
    _said: list[tuple[Said, Clocks, Incoming]] = field(default_factory=list)
    _petitions: Mapping[UUID, Petition] = field(default_factory=dict)
    _deadlines: Mapping[UUID, Deadline] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember what was loaded, to write only what differs."""
        self._petitions = {key: item.petition for key, item in self.clocks.items()}
        self._deadlines = {deadline.id: deadline for item in self.clocks.values() for deadline in item.deadlines}

    def hear(self, item: Incoming, rulebook: Rulebook) -> None:
        """Apply one event."""
        key = item.envelope.aggregate_id
        clocks = hear(self.clocks.get(key), item.envelope, item.body, rulebook)
        self.clocks[key] = clocks
        self._said.extend((said, clocks, item) for said in clocks.said)
        clocks.said.clear()

    def changed_petitions(self) -> list[Petition]:
        return [item.petition for key, item in self.clocks.items() if item.petition is not self._petitions.get(key)]

    def started(self) -> list[tuple[Started, Clocks, Origin]]:
        return [(said, clocks, _origin(item)) for said, clocks, item in self._said if isinstance(said, Started)]

    def changed_deadlines(self) -> list[tuple[Deadline, Clocks]]:
        """Return the stored deadlines that differ now, those of a petition with another holder among them."""
        return [
            (deadline, clocks)
            for key, clocks in self.clocks.items()
            for deadline in clocks.deadlines
            if (before := self._deadlines.get(deadline.id)) is not None
            and (before is not deadline or (before.outcome is None and clocks.petition.holder != self._petitions[key].holder))
        ]

    def events(self, now: datetime) -> list[NewEvent]:
        return [event_of(said, _origin(item), now=now) for said, _, item in self._said]


def _origin(item: Incoming) -> Origin:
    envelope = item.envelope
    return Origin(
        cause=item.as_cause(),
        correlation_id=envelope.correlation_id,
        is_sealed=envelope.is_sealed,
        traceparent=envelope.traceparent,
    )
