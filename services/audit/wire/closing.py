"""From a checkpoint to the event that tells of it."""

from base64 import b64encode
from datetime import datetime

from shared.contracts import NewEvent
from shared.contracts.audit import CheckpointPublishedV1
from shared.kernel.ids import derived
from shared.tlog.verify import Checkpoint, Vkey

ACTOR = "service:audit"


def published(checkpoint: Checkpoint, *, key: Vkey, now: datetime) -> NewEvent:
    """Return the event; the same checkpoint has the same one."""
    log_id = derived("log", checkpoint.origin)
    return NewEvent(
        id=derived("checkpoint", checkpoint.origin, checkpoint.size),
        aggregate_id=log_id,
        body=CheckpointPublishedV1(
            origin=checkpoint.origin, size=checkpoint.size, root=b64encode(checkpoint.root).decode(), key=str(key)
        ),
        effective_at=now,
        recorded_at=now,
        actor=ACTOR,
        correlation_id=log_id,
    )
