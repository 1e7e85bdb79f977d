"""What routing and escalation say, kept for the petitioner's view and for checking what is sent to us."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.store import hearing as store
from services.intake.wire.events import clock_of, office_of, step_of
from shared.messaging import Incoming
from shared.persistence import Transaction


async def hear(tx: Transaction, batch: Sequence[Incoming], _now: datetime) -> None:
    """Note offices, steps and clocks: three statements for any batch."""
    offices = [office for item in batch if (office := office_of(item.body))]
    steps = [(item.envelope.aggregate_id, step) for item in batch if (step := step_of(item.envelope, item.body))]
    clocks = [clock for item in batch if (clock := clock_of(item.envelope, item.body))]
    await store.put_offices(tx.connection, offices)
    await store.add_steps(tx.connection, steps)
    await store.put_clocks(tx.connection, clocks)
