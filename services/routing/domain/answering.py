"""What an answer has to say: every request, what it rests on, what can be done against it; shown where the place is physical."""

from collections.abc import Collection, Sequence

from services.routing.domain.commands import Answer
from services.routing.domain.definition import Need, Provision
from services.routing.domain.facts import Answered
from shared.kernel.refusals import Refused

ANSWER_CHARACTERS_MIN = 10


def answered(
    office: str, command: Answer, provision: Provision, *, evidence: tuple[Collection[str], bool], requests: int
) -> Answered:
    """Return the answer as it is kept and read. `evidence`: what is known, and whether the place is physical. Raises Refused."""
    words = command.text.strip()
    if len(words) < ANSWER_CHARACTERS_MIN:
        raise Refused("an answer says something", code="empty_answer", facts={"at_least": ANSWER_CHARACTERS_MIN})
    _shown(command, provision, *evidence)
    _complete(command, provision, requests)
    points = tuple((number, said.strip()) for number, said in sorted(command.points))
    grounds = tuple(item.strip() for item in command.grounds if item.strip())
    appeal = (command.appeal or "").strip() or None
    return Answered(office, _text(words, points, grounds, appeal), command.evidence, points, grounds, appeal)


def _shown(command: Answer, provision: Provision, known: Collection[str], is_physical: bool) -> None:  # noqa: FBT001 - a fact of the case
    unknown = sorted(set(command.evidence) - set(known))
    if unknown:
        raise Refused("this evidence is not known", code="unknown_evidence", facts={"evidence": ", ".join(unknown)})
    is_needed = Need.EVIDENCE_ALWAYS in provision.needs or (is_physical and Need.EVIDENCE in provision.needs)
    if is_needed and not command.evidence:
        raise Refused("show it", code="evidence_required", facts={"article": provision.article})


def _complete(command: Answer, provision: Provision, requests: int) -> None:
    facts = {"article": provision.article}
    answered_points = {number for number, words in command.points if words.strip()}
    unknown = sorted(number for number in answered_points if number > requests)
    if unknown:
        raise Refused(
            "there is no such request", code="unknown_request", facts=facts | {"numbers": unknown, "requests": requests}
        )
    open_points = sorted(set(range(1, requests + 1)) - answered_points)
    if Need.EACH_REQUEST in provision.needs and open_points:
        raise Refused("a request is not answered", code="request_unanswered", facts=facts | {"numbers": open_points})
    if Need.GROUNDS in provision.needs and not any(item.strip() for item in command.grounds):
        raise Refused("the answer names what it rests on", code="grounds_missing", facts=facts)
    if Need.APPEAL in provision.needs and not (command.appeal or "").strip():
        raise Refused("the answer says what can be done against it", code="appeal_missing", facts=facts)


def _text(words: str, points: Sequence[tuple[int, str]], grounds: Sequence[str], appeal: str | None) -> str:
    """Return the whole answer as people read it."""
    numbered = [f"{number}. {said}" for number, said in points]
    based = [f"Căn cứ: {item}" for item in grounds]
    right = [f"Quyền của người gửi đơn: {appeal}"] if appeal else []
    return "\n".join([words, *numbered, *based, *right])
