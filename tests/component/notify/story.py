"""What intake, routing and escalation say of one petition, numbered and with causes, as it stands on the streams."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from nats.js import JetStreamContext

from shared.contracts import Cause, Envelope, EventBody
from shared.contracts.words import Language
from shared.kernel.ids import derived
from shared.messaging import Incoming
from tests.unit.notify import bodies
from tests.unit.notify.bodies import COMMUNE

AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
Said = tuple[Envelope, bytes]


class Story:
    """The events of one petition, each caused by the one before. Every method adds one. `at` is when they are recorded."""

    def __init__(self, *, is_sealed: bool = False, at: datetime = AT) -> None:
        self.at = at
        self.id = uuid4()
        self.code = f"HN-{self.id.hex[:8].upper()}"
        self.events: list[Said] = []
        self.is_sealed = is_sealed
        self._versions: dict[str, int] = {}

    def say(self, body: EventBody, *, office: str = "_", effective_at: datetime | None = None) -> Said:
        source = body.TYPE.split(".")[1]
        self._versions[source] = self._versions.get(source, 0) + 1
        before = self.events[-1][0] if self.events else None
        envelope = _envelope(
            body,
            aggregate_id=self.id,
            version=self._versions[source],
            cause=Cause(event_id=before.id, source=before.source, version=before.version) if before else None,
            office=office,
            is_sealed=self.is_sealed,
            effective_at=effective_at or self.at,
            recorded_at=self.at,
        )
        self.events.append((envelope, body.model_dump_json().encode()))
        return self.events[-1]

    def lodge(self, *, language: Language = Language.VI, is_reachable: bool = True, is_imported: bool = False) -> Said:
        return self.say(bodies.lodged(code=self.code, language=language, is_reachable=is_reachable, is_imported=is_imported))

    def hears(
        self, body: EventBody, *, office: str = "_", effective_at: datetime | None = None, by: Cause | None = None
    ) -> Incoming:
        """Say something, as it is heard; caused `by` something else than what was said before."""
        envelope, raw = self.say(body, office=office, effective_at=effective_at)
        envelope = replace(envelope, cause=by) if by else envelope
        return Incoming(envelope=envelope, body=body, raw=raw, stream="PETITIONS", stream_seq=0)

    def route(self, *, to: str = COMMUNE) -> Said:
        return self.say(bodies.routed(code=self.code, to=to), office=to)

    def answer(self) -> Said:
        return self.say(bodies.answered(), office=COMMUNE)

    def whole(self) -> "Story":
        """Lodged, routed and answered."""
        self.lodge()
        self.route()
        self.answer()
        return self


def office(code: str, *, mailbox: str | None, parent: str | None = None) -> Said:
    """What routing says of an office."""
    body = bodies.office(code, mailbox=mailbox, parent=parent)
    envelope = _envelope(
        body,
        aggregate_id=derived("office", code),
        version=1,
        cause=None,
        office=code,
        is_sealed=False,
        effective_at=AT,
        recorded_at=AT,
    )
    return envelope, body.model_dump_json().encode()


def _envelope(
    body: EventBody,
    *,
    aggregate_id: UUID,
    version: int,
    cause: Cause | None,
    office: str,
    is_sealed: bool,
    effective_at: datetime,
    recorded_at: datetime,
) -> Envelope:
    source = body.TYPE.split(".")[1]
    return Envelope(
        id=uuid4(),
        type=body.TYPE,
        source=source,
        aggregate_id=aggregate_id,
        version=version,
        effective_at=effective_at,
        recorded_at=recorded_at,
        actor=f"service:{source}",
        correlation_id=aggregate_id,
        cause=cause,
        office=office,
        is_sealed=is_sealed,
        traceparent=None,
    )


async def publish(js: JetStreamContext, *said: Said, repeat: int = 0) -> None:
    """Publish events; a repeat gets another message id, so that the server lets it through."""
    for envelope, raw in said:
        headers = envelope.headers()
        if repeat:
            headers["Nats-Msg-Id"] += f"-{repeat}"
        await js.publish(envelope.subject, raw, headers=headers)
