"""Builds what intake and routing say of one petition, numbered and with causes, as escalation hears it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from shared.contracts import Envelope, EventBody
from shared.contracts.intake import PetitionLodgedV1, SourceFactsV1
from shared.contracts.procedure import DenouncedNamedV1, PersonExcludedV1
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
    RouteBasis,
    RouteV1,
)
from shared.contracts.words import Channel, Conflict, Kind, Language, Rank, Urgency
from shared.kernel.ids import derived
from shared.messaging import Incoming

COMMUNE, DEPARTMENT, CITY = "hanoi-00070", "hanoi-so-xd", "hanoi"


def hanoi(local: str) -> datetime:
    """Return the UTC instant of a wall-clock time in Hanoi."""
    return (datetime.fromisoformat(local) - timedelta(hours=7)).replace(tzinfo=UTC)


class Story:
    """The events of one petition in order. Each method adds one and returns it."""

    def __init__(self, *, petition_id: UUID | None = None, is_sealed: bool = False) -> None:
        self.id = petition_id or uuid4()
        self.code = f"HN-{self.id.hex[:8].upper()}"
        self.events: list[Incoming] = []
        self._versions = {"intake": 0, "routing": 0}
        self._is_sealed = is_sealed
        self._kind = Kind.FIELD_REPORT
        self._jurisdiction = "hanoi"

    def lodge(
        self,
        at: datetime,
        *,
        kind: Kind = Kind.FIELD_REPORT,
        channel: Channel = Channel.WEB,
        jurisdiction: str = "hanoi",
        source: SourceFactsV1 | None = None,
        against: str | None = None,
    ) -> Incoming:
        self._kind, self._jurisdiction = kind, jurisdiction
        body = PetitionLodgedV1(
            code=self.code,
            kind=kind,
            jurisdiction=jurisdiction,
            channel=channel,
            language=Language.VI,
            is_reachable=True,
            is_physical=False,
            source=source,
            against=against,
        )
        return self._say("intake", body, at)

    def route(
        self,
        at: datetime,
        *,
        office: str = COMMUNE,
        superiors: tuple[str, ...] = (CITY,),
        urgency: Urgency = Urgency.NORMAL,
    ) -> Incoming:
        body = PetitionRoutedV1(
            code=self.code,
            kind=self._kind,
            jurisdiction=self._jurisdiction,
            topic=None,
            topic_origin="none",
            commune=None,
            urgency=urgency,
            is_physical=False,
            route=_route(office, superiors, RouteBasis.COMPETENCE),
        )
        return self._say("routing", body, at)

    def transfer(self, at: datetime, *, office: str = DEPARTMENT, superiors: tuple[str, ...] = (CITY,)) -> Incoming:
        route = _route(office, superiors, RouteBasis.TRANSFER)
        return self._say("routing", PetitionTransferredV1(from_office=COMMUNE, reason="competence", route=route), at)

    def accept(self, at: datetime) -> Incoming:
        return self._say("routing", PetitionAcceptedV1(office=COMMUNE), at)

    def refuse(self, at: datetime) -> Incoming:
        return self._say("routing", PetitionRefusedV1(office=COMMUNE, ground="KN11_3"), at)

    def answer(self, at: datetime) -> Incoming:
        return self._say("routing", PetitionAnsweredV1(office=COMMUNE, answer_sha256="0" * 64), at)

    def exclude(self, at: datetime, *, person: str) -> Incoming:
        return self._say("routing", PersonExcludedV1(office=COMMUNE, person=person, why=Conflict.INTEREST), at)

    def name(self, at: datetime, *, against: str) -> Incoming:
        return self._say("routing", DenouncedNamedV1(office=COMMUNE, against=against, against_rank=Rank.STAFF), at)

    def close(self, at: datetime, *, outcome: str = "answered") -> Incoming:
        return self._say("routing", PetitionClosedV1(office=COMMUNE, outcome=outcome), at)

    def _say(self, source: str, body: EventBody, at: datetime) -> Incoming:
        self._versions[source] += 1
        last = self.events[-1] if self.events else None
        envelope = Envelope(
            id=uuid4(),
            type=body.TYPE,
            source=source,
            aggregate_id=self.id,
            version=self._versions[source],
            effective_at=at,
            recorded_at=at,
            actor="person:test",
            correlation_id=self.id,
            cause=last.as_cause() if last else None,
            office="_",
            is_sealed=self._is_sealed,
            traceparent=None,
        )
        item = incoming(envelope, body)
        self.events.append(item)
        return item


def office(code: str, *, parent: str | None, is_reception: bool = False, valid_to: date | None = None) -> Incoming:
    """What routing says of an office."""
    body = OfficeRegisteredV1(
        code=code,
        jurisdiction="hanoi",
        kind="department",
        name_vi=code,
        name_en=code,
        parent=parent,
        is_reception=is_reception,
        valid_from=date(2025, 7, 1),
        valid_to=valid_to,
    )
    at = datetime(2025, 7, 1, tzinfo=UTC)
    envelope = Envelope(
        id=derived("office", code, "registered"),
        type=body.TYPE,
        source="routing",
        aggregate_id=derived("office", code),
        version=1,
        effective_at=at,
        recorded_at=at,
        actor="service:routing",
        correlation_id=derived("office", code),
        cause=None,
        office=code,
        is_sealed=False,
        traceparent=None,
    )
    return incoming(envelope, body)


def incoming(envelope: Envelope, body: EventBody) -> Incoming:
    """What a handler is given."""
    return Incoming(envelope=envelope, body=body, raw=body.model_dump_json().encode(), stream="PETITIONS", stream_seq=0)


def _route(office: str, superiors: tuple[str, ...], basis: RouteBasis) -> RouteV1:
    return RouteV1(office=office, superiors=list(superiors), basis=basis)


__all__ = ["CITY", "COMMUNE", "DEPARTMENT", "Story", "hanoi", "incoming", "office"]
