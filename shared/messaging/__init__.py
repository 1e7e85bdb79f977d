"""NATS JetStream: streams and consumers, the relay that publishes, the inbox that makes repetition harmless.

Invariant: a message is acknowledged only after its effect is committed, and only this package decides its outcome.
"""

from shared.messaging.incoming import Incoming
from shared.messaging.participant import Participant
from shared.messaging.settings import BusSettings

__all__ = ["BusSettings", "Incoming", "Participant"]
