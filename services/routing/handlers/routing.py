"""What is lodged is classified and given to the competent office: one transaction for a batch of any size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from uuid import UUID

from services.routing.domain.competence import Basis, Question, Route, Table, is_over_the_head, route
from services.routing.domain.definition import Procedures, State
from services.routing.domain.directory import Directory
from services.routing.domain.topics import Lexicon
from services.routing.gateways import Texts
from services.routing.handlers.directing import DirectoryBook
from services.routing.handlers.noting import note
from services.routing.handlers.rerouting import SECOND_TO_SUPERIOR
from services.routing.handlers.tabling import TableBook
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from services.routing.wire.events import route_said, zone_of
from shared.contracts import NewEvent
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.routing import PetitionClosedV1, PetitionRoutedV1
from shared.contracts.words import Kind, Procedure, Urgency
from shared.kernel.clock import Clock
from shared.kernel.ids import derived
from shared.kernel.refusals import Trouble
from shared.messaging import Incoming
from shared.messaging.consumer import Handler
from shared.persistence import Transaction

CLOSED_AT_SOURCE = "closed_at_source"
BY_RULE = "service:routing"
RESTRICTED = "restricted"
SPLIT = "split"
RESTRICTED_BY: Mapping[Kind, tuple[Kind, ...]] = {
    Kind.FIELD_REPORT: (Kind.DENUNCIATION, Kind.COMPLAINT),
    Kind.RECOMMENDATION: (Kind.DENUNCIATION, Kind.COMPLAINT),
    Kind.COMPLAINT: (Kind.DENUNCIATION,),
}
"""Whose words are looked through for which other kinds."""
OVER_THE_HEAD = "complaint.first.over_the_head"


@dataclass(frozen=True, slots=True)
class Policy:
    """What decides: the tables, the lexicon, the words, the directory, the clock, the procedures."""

    tables: TableBook
    lexicon: Lexicon
    texts: Texts
    book: DirectoryBook
    clock: Clock
    procedures: Procedures


@dataclass(frozen=True, slots=True)
class Classified:
    """A petition with what was found out about it. `restricted`: what its words make it, where it was lodged as another kind."""

    topic: str | None
    topic_origin: str
    urgency: Urgency
    is_physical: bool
    restricted: Kind | None = None


async def prepare(batch: Sequence[Incoming], *, policy: Policy) -> Handler:
    """Fetch the words that the lexicon needs and the directory; return the handler that knows them. Raises Trouble."""
    now = policy.clock.now()
    directory, tables = await policy.book.directory(now), await policy.tables.tables(now)
    wanted = [item.envelope.aggregate_id for item in batch if _needs_words(item)]
    words = await policy.texts.of(wanted) if wanted else {}
    return partial(_hear, policy=policy, directory=directory, tables=tables, words=words)


def _needs_words(item: Incoming) -> bool:
    """Whether its words can decide something. A denunciation's are never asked for; a source that names the office decides."""
    body = item.body
    if not isinstance(body, PetitionLodgedV1) or item.envelope.is_sealed or body.kind is Kind.DENUNCIATION:
        return False
    is_decided_at_source = body.source is not None and body.source.office is not None
    is_open = body.topic is None or body.urgency is None or body.kind in RESTRICTED_BY
    return body.has_text and not is_decided_at_source and is_open


async def _hear(
    tx: Transaction,
    batch: Sequence[Incoming],
    now: datetime,
    *,
    policy: Policy,
    directory: Directory,
    tables: Sequence[Table],
    words: Mapping[UUID, str],
) -> None:
    """Route what was lodged, note which evidence was added, erase what is no longer to be kept, end what was withdrawn."""
    petitions: list[Petition] = []
    lodged = [item for item in batch if isinstance(item.body, PetitionLodgedV1)]
    followed = await store.offices_of(tx.connection, [item.body.follows for item in lodged if item.body.follows])
    for item in lodged:
        classified = _classify(item.body, words.get(item.envelope.aggregate_id, ""), policy.lexicon)
        question = _question(item.body, classified)
        today = now.astimezone(zone_of(item.body.jurisdiction)).date()
        found = (
            _above(item.body, followed, directory, today)
            or _guided(item.body, question, directory, today)
            or _restricted(classified, question, directory, today)
            or _split(item.body, question, directory, today)
            or _route(question, tables, directory, today)
        )
        petitions.append(_petition(item, classified, found))
        tx.emit(_said(item, classified, found, now))
    await store.insert(tx.connection, petitions)
    await note(tx, batch, policy.procedures, BY_RULE, now)


def _classify(body: PetitionLodgedV1, words: str, lexicon: Lexicon) -> Classified:
    reading = lexicon.read(words)
    topic, origin = body.topic, "given"
    if topic is None:
        topic = reading.clear_topic
        origin = "suggested" if topic else "none"
    urgency = body.urgency or (Urgency.URGENT if reading.is_urgent else Urgency.NORMAL)
    known = lexicon.topics.get(topic or "")
    is_physical = body.is_physical and (known is None or known.is_physical)
    restricted = next((kind for kind in RESTRICTED_BY.get(body.kind, ()) if kind in reading.restricted), None)
    if restricted is not None:
        return Classified(None, RESTRICTED, urgency, is_physical, restricted)
    return Classified(topic, origin, urgency, is_physical)


def _above(body: PetitionLodgedV1, followed: Mapping[UUID, str], directory: Directory, today: date) -> Route | None:
    """Return the office above the one whose answer is contested: the second complaint is its own (Law on Complaints art. 33)."""
    office = followed.get(body.follows) if body.follows else None
    if office is None:
        return None
    above = list(directory.superiors(office, today=today))
    return Route(above[0], tuple(above[1:]), Basis.COMPETENCE, SECOND_TO_SUPERIOR) if above else None


def _question(body: PetitionLodgedV1, classified: Classified) -> Question:
    return Question(
        jurisdiction=body.jurisdiction,
        kind=body.kind,
        topic=classified.topic,
        commune=body.commune,
        source_office=body.source.office if body.source else None,
        against=body.against,
        rank=body.against_rank,
        spans=bool(body.other_communes),
        received_by=body.received_by,
    )


def _guided(body: PetitionLodgedV1, question: Question, directory: Directory, today: date) -> Route | None:
    """Return the office that took a first complaint in over the head of who decides it: it guides the petitioner there."""
    is_first = body.procedure in (None, Procedure.COMPLAINT_FIRST)
    if not is_first or body.received_by is None or not is_over_the_head(question, directory=directory, today=today):
        return None
    superiors = tuple(directory.superiors(body.received_by, today=today))
    return Route(body.received_by, superiors, Basis.COMPETENCE, OVER_THE_HEAD)


def _restricted(classified: Classified, question: Question, directory: Directory, today: date) -> Route | None:
    """Return the reception office's pool for what sounds like a denunciation or a complaint: a person looks at it first."""
    if classified.restricted is None:
        return None
    reception = directory.reception(question.jurisdiction, today=today)
    if reception is None:
        return None
    superiors = tuple(directory.superiors(reception.code, today=today))
    return Route(reception.code, superiors, Basis.UNASSIGNED, f"{RESTRICTED}.{classified.restricted}")


def _split(body: PetitionLodgedV1, question: Question, directory: Directory, today: date) -> Route | None:
    """Return the reception office's pool for what lies in a former commune that went into several: a person tells in which."""
    if body.commune_origin != SPLIT or body.against is not None:
        return None
    reception = directory.reception(question.jurisdiction, today=today)
    if reception is None:
        return None
    superiors = tuple(directory.superiors(reception.code, today=today))
    return Route(reception.code, superiors, Basis.UNASSIGNED, f"{SPLIT}.commune")


def _route(question: Question, tables: Sequence[Table], directory: Directory, today: date) -> Route:
    found = route(question, tables=tables, directory=directory, today=today)
    if found is None:
        raise Trouble(f"no reception office for {question.jurisdiction}: load its directory", code="no_reception")
    return found


def _petition(item: Incoming, classified: Classified, found: Route) -> Petition:
    body: PetitionLodgedV1 = item.body
    is_closed = body.source is not None and body.source.closed_at is not None
    return Petition(
        id=item.envelope.aggregate_id,
        code=body.code,
        kind=body.kind,
        jurisdiction=body.jurisdiction,
        topic=classified.topic,
        commune=body.commune,
        urgency=classified.urgency,
        is_physical=classified.is_physical,
        is_sealed=item.envelope.is_sealed,
        is_imported=body.source is not None,
        lodged_at=item.envelope.effective_at,
        correlation_id=item.envelope.correlation_id,
        office=found.office,
        basis=found.basis,
        state=State.CLOSED if is_closed else State.ROUTED,
        procedure=body.procedure or Procedure.of(body.kind),
        ending=CLOSED_AT_SOURCE if is_closed else None,
        version=2 if is_closed else 1,
        follows=body.follows,
        against=body.against,
        against_rank=body.against_rank,
        spans=bool(body.other_communes),
        is_over_the_head=found.rule == OVER_THE_HEAD,
        routed_by=found.rule,
        topic_origin=classified.topic_origin,
        is_at_place=body.is_physical,
    )


def _said(item: Incoming, classified: Classified, found: Route, now: datetime) -> list[NewEvent]:
    """Return petition.routed, and petition.closed where the source says that it is."""
    body: PetitionLodgedV1 = item.body
    envelope = item.envelope
    routed = PetitionRoutedV1(
        code=body.code,
        kind=body.kind,
        jurisdiction=body.jurisdiction,
        topic=classified.topic,
        topic_origin=classified.topic_origin,
        commune=body.commune,
        urgency=classified.urgency,
        is_physical=classified.is_physical,
        route=route_said(found),
        procedure=body.procedure,
        is_over_the_head=found.rule == OVER_THE_HEAD,
    )
    effective_at = envelope.effective_at if body.source else now
    facts = [(routed, effective_at, "routed")]
    if body.source is not None and body.source.closed_at is not None:
        closed = PetitionClosedV1(office=found.office, outcome=CLOSED_AT_SOURCE)
        facts.append((closed, body.source.closed_at, "closed"))  # type: ignore[arg-type]  # two kinds of event
    return [
        NewEvent(
            id=derived(envelope.aggregate_id, "routing", name),
            aggregate_id=envelope.aggregate_id,
            body=fact,
            effective_at=at,
            recorded_at=now,
            actor=BY_RULE,
            correlation_id=envelope.correlation_id,
            cause=item.as_cause(),
            office=found.office,
            is_sealed=envelope.is_sealed,
            traceparent=envelope.traceparent,
        )
        for fact, at, name in facts
    ]


__all__ = ["Basis", "Policy", "prepare"]
