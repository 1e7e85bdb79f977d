"""Facts as rules name them, and the events that stand for them: the one place that knows both."""

from collections.abc import Mapping

from shared.contracts import EventBody
from shared.contracts.intake import AnswerPublishedV1, PetitionWithdrawnV1
from shared.contracts.procedure import (
    DenouncedNamedV1,
    PersonExcludedV1,
    PetitionContestedV1,
    PetitionExtendedV1,
    PetitionGuidedV1,
    PetitionMergedV1,
    PetitionReopenedV1,
    PetitionResumedV1,
    PetitionReturnedV1,
    PetitionSuspendedV1,
    PetitionTerminatedV1,
    PetitionUnmergedV1,
    StepRecordedV1,
)
from shared.contracts.routing import (
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
)
from shared.contracts.words import Step

ACTS: Mapping[type[EventBody], str] = {
    PetitionRoutedV1: "received",
    PetitionAcceptedV1: "accepted",
    PetitionRefusedV1: "refused",
    PetitionAnsweredV1: "answered",
    PetitionClosedV1: "closed",
    PetitionTransferredV1: "transferred",
    PetitionGuidedV1: "guided",
    PetitionTerminatedV1: "terminated",
    PetitionReturnedV1: "returned",
    PetitionWithdrawnV1: "withdrawn",
    PetitionMergedV1: "merged",
    PetitionUnmergedV1: "unmerged",
    PetitionSuspendedV1: "suspended",
    PetitionResumedV1: "resumed",
    PetitionExtendedV1: "extended",
    PetitionContestedV1: "contested",
    PetitionReopenedV1: "reopened",
    AnswerPublishedV1: "answer_published",
}
FACTS: Mapping[str, str] = {name: event.TYPE for event, name in ACTS.items()} | {str(step): StepRecordedV1.TYPE for step in Step}
"""The type of event that stands for each fact."""
SIGHT: tuple[type[EventBody], ...] = (PersonExcludedV1, DenouncedNamedV1)
"""What moves no clock, but says who sees a petition's."""


def fact_of(body: EventBody) -> str | None:
    """Return the fact that an event stands for, None where it is none."""
    return str(body.step) if isinstance(body, StepRecordedV1) else ACTS.get(type(body))
