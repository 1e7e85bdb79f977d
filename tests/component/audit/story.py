"""What the four services say of one petition, numbered and with causes, as it stands on the streams."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
from nats.js import JetStreamContext

from shared.contracts import Cause, Envelope, EventBody
from shared.contracts.escalation import DeadlineBreachedV1, DeadlineMetV1, DeadlineSetV1
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.notify import NoticeSentV1
from shared.contracts.routing import PetitionAcceptedV1, PetitionAnsweredV1, PetitionRoutedV1, RouteBasis, RouteV1
from shared.contracts.words import Channel, Kind, Language, Urgency

LODGED_AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
OFFICE = "hanoi-00070"
Asking = Callable[..., httpx.AsyncClient]


class Story:
    """The events of one petition. `say` adds one; `whole` says a life from lodging to a breach."""

    def __init__(self, code: str, *, is_sealed: bool = False) -> None:
        self.id = uuid4()
        self.code = code
        self.events: list[tuple[Envelope, bytes]] = []
        self._is_sealed = is_sealed
        self._versions: dict[str, int] = {}

    def say(
        self,
        body: EventBody,
        *,
        cause: Envelope | None = None,
        minutes: int = 0,
        late: timedelta = timedelta(),
        actor: str = "",
        authority: str | None = None,
    ) -> Envelope:
        """Add an event that became true `minutes` after lodging and was noticed `late`."""
        source = body.TYPE.split(".")[1]
        self._versions[source] = self._versions.get(source, 0) + 1
        at = LODGED_AT + timedelta(minutes=minutes)
        envelope = Envelope(
            id=uuid4(),
            type=body.TYPE,
            source=source,
            aggregate_id=self.id,
            version=self._versions[source],
            effective_at=at,
            recorded_at=at + late,
            actor=actor or f"service:{source}",
            correlation_id=self.id,
            cause=Cause(event_id=cause.id, source=cause.source, version=cause.version) if cause else None,
            office=OFFICE if source != "intake" else "_",
            is_sealed=self._is_sealed,
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            authority=authority,
        )
        self.events.append((envelope, body.model_dump_json().encode()))
        return envelope

    def lodge(self, *, topic: str | None = None, commune: str | None = None, has_text: bool = True) -> Envelope:
        body = PetitionLodgedV1(
            code=self.code,
            kind=Kind.DENUNCIATION if self._is_sealed else Kind.FIELD_REPORT,
            jurisdiction="hanoi",
            topic=topic,
            commune=commune,
            channel=Channel.WEB,
            language=Language.VI,
            is_reachable=True,
            is_physical=False,
            has_text=has_text,
        )
        return self.say(body, actor="anonymous")

    def route(self, cause: Envelope) -> Envelope:
        body = PetitionRoutedV1(
            code=self.code,
            kind=Kind.FIELD_REPORT,
            jurisdiction="hanoi",
            topic="lighting",
            topic_origin="given",
            commune="00070",
            urgency=Urgency.NORMAL,
            is_physical=True,
            route=RouteV1(office=OFFICE, superiors=["hanoi"], basis=RouteBasis.COMPETENCE, rule="FR-1", table_version="2026.1"),
        )
        return self.say(body, cause=cause)

    def set_deadline(self, cause: Envelope, deadline_id: UUID) -> Envelope:
        body = DeadlineSetV1(
            deadline_id=deadline_id,
            rule="IH.RESOLVE",
            rule_version=2,
            step="resolve",
            limit="7 working_day",
            office=OFFICE,
            started_at=LODGED_AT,
            due_at=LODGED_AT + timedelta(minutes=60),
            calendar="hanoi",
            calendar_version="2026.1",
            citation="QD 1207/QD-UBND",
            confirmation="TEXT",
            derivation_sha256="0" * 64,
        )
        return self.say(body, cause=cause)

    def breach(self, cause: Envelope, deadline_id: UUID, *, late: timedelta) -> Envelope:
        due_at = LODGED_AT + timedelta(minutes=60)
        body = DeadlineBreachedV1(deadline_id=deadline_id, rule="IH.RESOLVE", office=OFFICE, due_at=due_at)
        return self.say(body, cause=cause, minutes=60, late=late)

    def meet(self, cause: Envelope) -> Envelope:
        at = LODGED_AT + timedelta(minutes=60)
        body = DeadlineMetV1(deadline_id=uuid4(), rule="IH.RESOLVE", due_at=at, ended_at=at, ended_by=PetitionAnsweredV1.TYPE)
        return self.say(body, cause=cause, minutes=60)

    def notify(self, cause: Envelope) -> Envelope:
        body = NoticeSentV1(
            notice_id=uuid4(),
            about="lodged",
            audience="petitioner",
            channel="email",
            template="lodged.petitioner.vi@1",
            message_id=f"<{uuid4()}@test>",
            attempts=1,
        )
        return self.say(body, cause=cause)

    def accept(self) -> Envelope:
        return self.say(
            PetitionAcceptedV1(office=OFFICE), minutes=5, actor="person:canbo.hoankiem", authority=f"officer@{OFFICE}"
        )

    def answer(self) -> Envelope:
        return self.say(PetitionAnsweredV1(office=OFFICE, answer_sha256="1" * 64), minutes=90, actor="person:canbo.hoankiem")

    def whole(self) -> "Story":
        """A life: lodged, routed, a deadline, a notice, accepted, breached two days unnoticed, answered."""
        deadline_id = uuid4()
        lodged = self.lodge()
        routed = self.route(lodged)
        set_ = self.set_deadline(routed, deadline_id)
        self.notify(lodged)
        self.accept()
        self.breach(set_, deadline_id, late=timedelta(days=2))
        self.answer()
        return self

    def without(self, source: str, version: int) -> list[tuple[Envelope, bytes]]:
        """Return the events but one."""
        return [(e, body) for e, body in self.events if (e.source, e.version) != (source, version)]


async def publish(js: JetStreamContext, events: Sequence[tuple[Envelope, bytes]], *, again: bool = False) -> None:
    """Put events on the streams in their order; `again`: as a second message, which the server does not recognise."""
    for envelope, body in events:
        headers = envelope.headers()
        if again:
            headers["Nats-Msg-Id"] = str(uuid4())
        await js.publish(envelope.subject, body, headers=headers)
