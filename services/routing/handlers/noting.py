"""What is heard of petitions that are there: files and words that were added, what was erased, what was taken back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.routing.domain.definition import Act, Procedures
from services.routing.domain.evolving import evolve
from services.routing.domain.facts import Withdrawn
from services.routing.handlers.merging import release
from services.routing.handlers.saying import By
from services.routing.store import answers, merged
from services.routing.store import petitions as store
from shared.contracts.intake import ContentErasedV1, PetitionCommentedV1, PetitionSupplementedV1, PetitionWithdrawnV1
from shared.messaging import Incoming
from shared.persistence import Transaction

EVIDENCE = "evidence"


async def note(tx: Transaction, batch: Sequence[Incoming], procedures: Procedures, actor: str, now: datetime) -> None:
    """Note which evidence there is and when petitioners added something, erase what is not to be kept, end what was withdrawn."""
    await store.add_evidence(tx.connection, [pair for item in batch for pair in _evidence(item)])
    added = {item.envelope.aggregate_id: item.envelope.effective_at for item in batch if _is_petitioners(item)}
    await merged.note_added(tx.connection, added)
    await answers.erase(tx.connection, [item.envelope.aggregate_id for item in batch if isinstance(item.body, ContentErasedV1)])
    await _withdraw(tx, [item for item in batch if isinstance(item.body, PetitionWithdrawnV1)], procedures, actor, now)


async def _withdraw(tx: Transaction, withdrawn: Sequence[Incoming], procedures: Procedures, actor: str, now: datetime) -> None:
    """End what its petitioner took back, where its procedure lets that end it; intake has said so already.

    What was dealt with together with it stands by itself again.
    """
    at = {item.envelope.aggregate_id: item.envelope.effective_at for item in withdrawn}
    found = await store.by_ids(tx.connection, await merged.ids_with_members(tx.connection, list(at))) if at else []
    for lead in [petition for petition in found if petition.id in at and petition.members]:
        by_rule = By(actor, at[lead.id], now)
        alone = await release(tx, [petition for petition in found if petition.merged_into == lead.id], procedures, by_rule)
        released = {petition.id: petition for petition in alone}
        found = [released.get(petition.id, petition) for petition in found]
    for petition in [petition for petition in found if petition.id in at]:
        case = petition.case()
        by = procedures[case.procedure]
        provision = by.provisions.get(Act.WITHDRAW)
        if provision is not None and case.state in provision.sources:
            after = evolve(case, Withdrawn(case.office), by)
            await store.save(tx.connection, petition.id, after, effective_at=at[petition.id], said=0)


def _evidence(item: Incoming) -> list[tuple[UUID, UUID]]:
    if not isinstance(item.body, PetitionSupplementedV1):
        return []
    return [(item.envelope.aggregate_id, file.id) for file in item.body.attachments if file.purpose == EVIDENCE]


def _is_petitioners(item: Incoming) -> bool:
    """Whether its petitioner, or somebody from among the public, added something."""
    if isinstance(item.body, PetitionCommentedV1):
        return True
    return isinstance(item.body, PetitionSupplementedV1) and any(file.purpose != EVIDENCE for file in item.body.attachments)
