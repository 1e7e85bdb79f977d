"""May this be done, and what would follow? The law's answer to routing before an officer's act; nothing is changed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.escalation.domain import acts
from services.escalation.domain.acts import Moved, Paused
from services.escalation.domain.clocks import Clocks
from services.escalation.domain.deadline import Deadline
from services.escalation.domain.petition import Fact
from services.escalation.domain.rules import EXTENDED, Facts, Rule
from services.escalation.domain.timetable import Timetable
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.store import clocks as store
from shared.kernel.refusals import Refused, Trouble, Unknown
from shared.messaging import inbox
from shared.persistence import Database

SUSPENDED, RESUMED = "suspended", "resumed"
FACTS = {"suspend": SUSPENDED, "resume": RESUMED, "extend": EXTENDED}
ROUTING = "routing"


@dataclass(frozen=True, slots=True)
class Question:
    """An act as routing is about to do it. `heard` is the version of the petition that we must know to answer."""

    petition_id: UUID
    act: str
    rule: str | None
    ground: str | None
    amount: int
    has_document: bool
    effective_at: datetime
    roles: Facts
    heard: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act would do to one clock; `new_due_at` is None where it pauses it."""

    deadline: Deadline
    rule: Rule
    article: str
    due_at: datetime
    new_due_at: datetime | None


async def check(database: Database, lawbook: Lawbook, question: Question) -> list[Effect]:
    """Return what the act would do. Raises Refused naming the article, Trouble while we have not heard enough."""
    async with database.reading() as connection:
        heard = await inbox.known(connection, [question.petition_id])
        if heard.get((question.petition_id, ROUTING), 0) < question.heard:
            raise Trouble("what routing said last was not heard yet", code="not_heard_yet")
        present = await lawbook.present(connection)
        rulebook, tree = present.rulebook, present.tree
        known = await store.load(connection, [question.petition_id], rulebook=rulebook, tree=tree, is_locked=False)
    clocks = known.get(question.petition_id)
    if clocks is None:
        raise Unknown("no such petition")
    return effects(clocks, question)


def effects(clocks: Clocks, question: Question) -> list[Effect]:
    """Try the act on the clocks as they stand. Raises Refused where it would move none of them, or the right is missing."""
    fact = Fact(
        FACTS[question.act], question.effective_at, "", ground=question.ground, rule=question.rule, amount=question.amount
    )
    articles = _articles(clocks, fact, question)
    before = {deadline.id: deadline.due_at for deadline in clocks.deadlines}
    clocks.hear(fact)
    found = [
        Effect(
            said.deadline,
            clocks.rulebook.named(said.deadline.rule, version=said.deadline.basis.rule_version),
            articles.get(said.deadline.id, ""),
            before[said.deadline.id],
            said.deadline.due_at if isinstance(said, Moved) else None,
        )
        for said in clocks.said
        if isinstance(said, Paused | Moved)
    ]
    if found:
        return found
    if clocks.refused:
        raise clocks.refused[0]
    raise _nothing_to_move(question)


def _articles(clocks: Clocks, fact: Fact, question: Question) -> dict[UUID, str]:
    """Return the article by which the act touches each clock. Raises Refused where paper or right is missing for one of them."""
    found: dict[UUID, str] = {}
    for deadline in clocks.deadlines:
        rule = clocks.rulebook.named(deadline.rule, version=deadline.basis.rule_version)
        timetable = clocks.rulebook.calendar(deadline.calendar)
        try:
            provision = _provision(rule, deadline, fact, question, timetable)
        except Refused:
            continue
        if provision is None:
            continue
        article, who = provision
        facts = {"rule": rule.id, "article": article}
        if not question.has_document:
            raise Refused("the decision is in writing: give its number and date", code="document_missing", facts=facts)
        if who and not who & question.roles:
            may = ", ".join(sorted(who))
            raise Refused(f"this is decided by {may}", code="decided_by_others", facts={**facts, "possible": may})
        found[deadline.id] = article
    return found


def _provision(rule: Rule, deadline: Deadline, fact: Fact, question: Question, timetable: Timetable) -> tuple[str, Facts] | None:
    if deadline.ending is not None:
        return None
    if question.act == "suspend" and rule.pause_begun_by(SUSPENDED) is not None:
        pause = acts.pause_for(rule, deadline, timetable, fact)
        return pause.citation, pause.who
    if question.act == "resume" and deadline.pausing is not None:
        begun = rule.pause_begun_by(deadline.pausing.by)
        return (begun.citation, begun.who) if begun is not None and begun.end == RESUMED else None
    if question.act == "extend" and rule.id == question.rule:
        extension = acts.extension_for(rule, deadline, timetable, fact)
        return extension.citation, extension.who
    return None


def _nothing_to_move(question: Question) -> Refused:
    match question.act:
        case "resume":
            return Refused("it is not suspended", code="not_suspended")
        case "suspend":
            return Refused("no running clock of this petition can be suspended", code="nothing_to_pause")
    return Refused(f"no clock {question.rule} runs for this petition", code="not_running", facts={"rule": question.rule})
