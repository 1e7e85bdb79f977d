"""What is heard changes clocks: load, decide, save and emit in one transaction.

Invariant: a batch of any size costs a fixed number of statements, and says one petition's events in the order of their causes.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.escalation.domain.acts import Derived, Moved, Paused
from services.escalation.domain.clocks import Clocks, Said, Started
from services.escalation.domain.deadline import Deadline
from services.escalation.domain.petition import Petition
from services.escalation.domain.tree import Holder
from services.escalation.handlers.lawbook import Lawbook, Present
from services.escalation.handlers.saying import event_of
from services.escalation.store import clocks as store
from services.escalation.store import offices, sight
from services.escalation.store.clocks import Origin
from services.escalation.wire.events import fact, petition_of
from services.escalation.wire.facts import SIGHT
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.procedure import DenouncedNamedV1, PersonExcludedV1
from shared.contracts.routing import OfficeRegisteredV1
from shared.kernel.refusals import Malformed
from shared.messaging import Incoming
from shared.persistence import Transaction

_log = logging.getLogger(__name__)


async def hear_batch(tx: Transaction, batch: Sequence[Incoming], now: datetime, *, lawbook: Lawbook) -> None:
    """Apply a batch of events from intake and routing: petitions, clocks that start, pause, move and end."""
    entries = [item.body for item in batch if isinstance(item.body, OfficeRegisteredV1)]
    facts = [item for item in batch if item.body is not None and not isinstance(item.body, (OfficeRegisteredV1, *SIGHT))]
    await offices.register(tx.connection, entries)
    if facts:
        present = await lawbook.present(tx.connection, is_locked=True)
        ids = {item.envelope.aggregate_id for item in facts}
        heard = Heard(present, await store.load(tx.connection, ids, rulebook=present.rulebook, tree=present.tree))
        for item in facts:
            heard.hear(item)
        await heard.save(tx, now)
    await _note_sight(tx, batch)


async def _note_sight(tx: Transaction, batch: Sequence[Incoming]) -> None:
    """Write who must not see which petition, and whom denunciations denounce; what was said last counts."""
    excluded = [(item.envelope.aggregate_id, item.body.person) for item in batch if isinstance(item.body, PersonExcludedV1)]
    against = {
        item.envelope.aggregate_id: item.body.against
        for item in batch
        if item.envelope.is_sealed and isinstance(item.body, PetitionLodgedV1 | DenouncedNamedV1) and item.body.against
    }
    await sight.exclude(tx.connection, excluded)
    await sight.name(tx.connection, against)


@dataclass(slots=True)
class Heard:
    """The clocks of one batch while its events are applied, and who said what because of which event."""

    present: Present
    clocks: dict[UUID, Clocks]
    _said: list[tuple[Said, UUID, Origin]] = field(default_factory=list)
    _petitions: Mapping[UUID, Petition] = field(default_factory=dict)
    _deadlines: Mapping[UUID, Deadline] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember what was loaded, to write only what differs."""
        self._petitions = {key: item.petition for key, item in self.clocks.items()}
        self._deadlines = {deadline.id: deadline for item in self.clocks.values() for deadline in item.deadlines}

    def hear(self, item: Incoming) -> None:
        """Apply one event. Raises Malformed where the petition was never lodged."""
        envelope, body = item.envelope, item.body
        clocks = self.clocks.get(envelope.aggregate_id)
        if isinstance(body, PetitionLodgedV1):
            if clocks is None:
                present = self.present
                self.clocks[envelope.aggregate_id] = Clocks(petition_of(envelope, body), present.rulebook, present.tree)
            return
        if clocks is None or body is None:
            raise Malformed(f"petition {envelope.aggregate_id} was never lodged", code="petition_unknown")
        clocks.hear(fact(envelope, body))
        self.take(clocks, _origin(item))

    def take(self, clocks: Clocks, origin: Origin) -> None:
        """Remember what the clocks of a petition said, and because of what."""
        for refused in clocks.refused:
            _log.warning("an act moved no clock: %s", refused.code, extra={"petition": str(clocks.petition.id), **refused.facts})
        self._said.extend((said, clocks.petition.id, origin) for said in clocks.said)
        clocks.said.clear()
        clocks.refused.clear()

    async def save(self, tx: Transaction, now: datetime) -> None:
        """Write what changed and say it."""
        await store.save_petitions(tx.connection, self._changed_petitions())
        present = {deadline.id: deadline for item in self.clocks.values() for deadline in item.deadlines}
        started = [
            (said, present[said.deadline.id], self.clocks[key].holder, origin)
            for said, key, origin in self._said
            if isinstance(said, Started)
        ]
        await store.start(tx.connection, started)
        replanned = self._replanned(present)
        await store.replan(tx.connection, replanned)
        await store.derive(tx.connection, self._derived())
        written = {deadline.id for deadline, _, _, _ in replanned} | {deadline.id for _, deadline, _, _ in started}
        await store.change(tx.connection, [item for item in self._changed() if item[0].id not in written])
        rulebook = self.present.rulebook
        tx.emit([event_of(said, origin, rulebook=rulebook, now=now) for said, _, origin in self._said])

    def _changed_petitions(self) -> list[Petition]:
        return [item.petition for key, item in self.clocks.items() if item.petition is not self._petitions.get(key)]

    def _replanned(self, present: Mapping[UUID, Deadline]) -> list[tuple[Deadline, Holder, str, Origin]]:
        """Return deadlines with another plan, each once, as they stand now, with what changed it last."""
        acts = {said.deadline.id: (key, origin) for said, key, origin in self._said if isinstance(said, Paused | Moved)}
        found = []
        for deadline_id, (key, origin) in sorted(acts.items()):
            deadline = present[deadline_id]
            rule = self.present.rulebook.named(deadline.rule, version=deadline.basis.rule_version)
            limit = str(rule.limit.longer_by(deadline.basis.extended_by))
            found.append((deadline, self.clocks[key].holder, limit, origin))
        return found

    def _derived(self) -> list[tuple[Deadline, Derived]]:
        return [(said.deadline, said.derived) for said, _, _ in self._said if isinstance(said, Moved)]

    def _changed(self) -> list[tuple[Deadline, Holder]]:
        """Return the stored deadlines that differ now, those of a petition with another holder among them."""
        return [
            (deadline, clocks.holder)
            for key, clocks in self.clocks.items()
            for deadline in clocks.deadlines
            if (before := self._deadlines.get(deadline.id)) is not None
            and (before is not deadline or (before.ending is None and clocks.petition.holder != self._petitions[key].holder))
        ]


def _origin(item: Incoming) -> Origin:
    envelope = item.envelope
    return Origin(
        cause=item.as_cause(),
        correlation_id=envelope.correlation_id,
        is_sealed=envelope.is_sealed,
        traceparent=envelope.traceparent,
    )
