"""From messages to rows of the log. Nothing is parsed that need not be: what cannot be read is kept as it is."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from services.audit.domain.code import code_key
from services.audit.domain.entry import facts_of
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.procedure import PersonExcludedV1, PetitionMergedV1, PetitionUnmergedV1
from shared.messaging import Incoming

Row = Mapping[str, object]
_RELATIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        PetitionLodgedV1.TYPE: {"follows": "follows", "part_of": "part_of"},
        PetitionMergedV1.TYPE: {"into": "merged_into"},
        PetitionUnmergedV1.TYPE: {"out_of": "unmerged_from"},
    }
)
"""By event: which fact names another petition, and what it is to this one."""


def row_of(item: Incoming, *, heard_at: datetime) -> Row:
    """Return the row of an event, all but its position."""
    envelope, cause = item.envelope, item.envelope.cause
    return {
        "id": envelope.id,
        "aggregate_id": envelope.aggregate_id,
        "source": envelope.source,
        "version": envelope.version,
        "type": envelope.type,
        "effective_at": envelope.effective_at,
        "recorded_at": envelope.recorded_at,
        "heard_at": heard_at,
        "actor": envelope.actor,
        "correlation_id": envelope.correlation_id,
        "cause_id": cause.event_id if cause else None,
        "cause_source": cause.source if cause else None,
        "cause_version": cause.version if cause else None,
        "office": envelope.office,
        "is_sealed": envelope.is_sealed,
        "traceparent": envelope.traceparent,
        "stream": item.stream,
        "stream_seq": item.stream_seq,
        "body": item.raw,
        "authority": envelope.authority,
    }


def petition_row(item: Incoming) -> Row | None:
    """Return the code that a petition was lodged under, None for every other event."""
    if item.envelope.type != PetitionLodgedV1.TYPE:
        return None
    code = facts_of(item.raw).get("code")
    if not isinstance(code, str) or not code:
        return None
    return {"code_key": code_key(code), "petition_id": item.envelope.aggregate_id, "code": code}


def exclusion_row(item: Incoming) -> Row | None:
    """Return who may have nothing to do with a petition, None for every other event."""
    if item.envelope.type != PersonExcludedV1.TYPE:
        return None
    person = facts_of(item.raw).get("person")
    if not isinstance(person, str) or not person:
        return None
    return {"petition_id": item.envelope.aggregate_id, "person": person}


def relation_rows(item: Incoming) -> Iterator[Row]:
    """Yield which other petitions an event names, and what they are to this one."""
    named = _RELATIONS.get(item.envelope.type)
    if named is None:
        return
    facts = facts_of(item.raw)
    for field, relation in named.items():
        other = _id_of(facts.get(field))
        if other is not None:
            yield {"petition_id": item.envelope.aggregate_id, "other_id": other, "relation": relation}


def _id_of(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
