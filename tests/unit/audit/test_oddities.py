"""Each kind of oddity is found where it is, is explained in both languages, and is not found in the same life without it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.audit.domain.entry import CauseRef, Entry
from services.audit.domain.gaps import Known
from services.audit.domain.lifecycle import tell
from services.audit.domain.oddities import CLOCKS_DIFFER_MAX, Ceilings, Oddity, OddityKind
from services.audit.domain.oddities.clocks import Ceiling
from services.audit.wire.oddity_words import oddity_text, oddity_why
from shared.kernel.ids import uuid7
from tests.unit.audit.test_lifecycle import AT, entry

WARD, OTHER, CITY = "hanoi-00070", "hanoi-00004", "hanoi"
OFFICER, AUTHORITY = "person:canbo", f"officer@{WARD}"
DUE, LATER = "2026-11-25T10:00:00+00:00", "2026-12-05T10:00:00+00:00"
CLOCK = "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11"
CEILINGS: Ceilings = {("KN1.RESOLVE", 1): Ceiling(45, 1)}
SOON = CLOCKS_DIFFER_MAX + timedelta(seconds=1)


def life(**changed: Callable[[Entry], Entry]) -> list[Entry]:
    """Return a quiet, correct life, some of its entries changed: by verb."""
    lodged = entry(1, received_by=None, kind="complaint")
    routed = replace(
        entry(2, "routing.petition.routed", cause=lodged, route={"office": WARD, "superiors": [CITY]}), authority="service"
    )
    set_ = entry(3, "escalation.deadline.set", cause=routed, **_of_clock(due_at=DUE, limit="30 calendar_day"))
    accepted = _act(4, "accepted", 2)
    extended = _act(5, "extended", 3, rule="KN1.RESOLVE", ground="KN3A.FOREIGN", amount=15, unit="calendar_day")
    moved = _moved(6, extended)
    read = replace(
        entry(7, "intake.identity.revealed", version=2, fields=["name"], purpose="dealing"), actor=OFFICER, authority=AUTHORITY
    )
    answered = _act(8, "answered", 4, approved_by="person:truong")
    met = entry(
        9, "escalation.deadline.met", version=3, cause=answered, **_of_clock(due_at=LATER, ended_at="2026-12-01T09:00:00+00:00")
    )
    closed = _act(10, "closed", 5, outcome="answered")
    whole = [lodged, routed, set_, accepted, extended, moved, read, answered, met, closed]
    return [changed[name](item) if (name := item.what.split(".")[1]) in changed else item for item in whole]


def _of_clock(**facts: object) -> dict[str, Any]:
    return {"deadline_id": CLOCK, "rule": "KN1.RESOLVE", "rule_version": 1, "step": "resolve", **facts}


def _act(position: int, verb: str, version: int, **facts: Any) -> Entry:
    made = entry(position, f"routing.petition.{verb}", version=version, office=WARD, **facts)
    return replace(made, actor=OFFICER, authority=AUTHORITY)


def _moved(position: int, cause: Entry, version: int = 2, **facts: Any) -> Entry:
    said = {"from_due_at": DUE, "due_at": LATER, "reason": "extended", "limit": "45 calendar_day", **facts}
    return entry(position, "escalation.deadline.moved", version=version, cause=cause, **_of_clock(**said))


def facts(**values: object) -> Callable[[Entry], Entry]:
    return lambda item: replace(item, facts={**item.facts, **values})


def fields(**values: object) -> Callable[[Entry], Entry]:
    return lambda item: replace(item, **values)  # type: ignore[arg-type]  # the names are checked by the class


def excluded() -> list[Entry]:
    whole = life()
    said = replace(
        entry(11, "routing.person.excluded", version=6, office=WARD, person=OFFICER),
        actor="person:truong",
        authority=f"head@{WARD}",
    )
    again = replace(entry(12, "intake.identity.revealed", version=3, fields=["name"], purpose="dealing"), actor=OFFICER)
    return [*whole, said, replace(again, recorded_at=AT + SOON, effective_at=AT + SOON)]


def appended(*more: Entry) -> list[Entry]:
    return [*life(), *more]


CASES: dict[OddityKind, Sequence[Entry]] = {
    OddityKind.UNREADABLE: life(accepted=fields(facts={}, body=b"\xff")),
    OddityKind.CAUSE_UNKNOWN: life(routed=fields(cause=CauseRef(UUID(int=99), "intake", 1))),
    OddityKind.BEFORE_ITS_CAUSE: life(set=fields(recorded_at=AT - SOON, effective_at=AT - SOON)),
    OddityKind.AHEAD_OF_TIME: life(accepted=fields(effective_at=AT + SOON)),
    OddityKind.RECORDED_BACK: life(answered=fields(recorded_at=AT - SOON, effective_at=AT - SOON)),
    OddityKind.ID_TIME_DIFFERS: life(revealed=fields(id=uuid7(AT + SOON))),
    OddityKind.SEALED_SAID_OPENLY: life(routed=fields(is_sealed=True)),
    OddityKind.ANSWERED_BEFORE_ACCEPTED: [item for item in life() if item.what != "petition.accepted"],
    OddityKind.CLOSED_WITHOUT_ANSWER: [item for item in life() if item.what not in ("petition.answered", "deadline.met")],
    OddityKind.ACT_AFTER_CLOSING: appended(_act(11, "accepted", 6)),
    OddityKind.ANSWERED_TWICE: life(closed=lambda item: replace(item, type="petitions.routing.petition.answered.v1")),
    OddityKind.ACT_BEFORE_LODGING: life(
        lodged=fields(effective_at=AT + CLOCKS_DIFFER_MAX), accepted=fields(effective_at=AT - SOON)
    ),
    OddityKind.ACTS_OUT_OF_ORDER: life(answered=fields(effective_at=AT - SOON)),
    OddityKind.BACK_DATED: life(accepted=fields(effective_at=AT - timedelta(hours=25))),
    OddityKind.MOVED_WITHOUT_REASON: life(moved=fields(cause=None)),
    OddityKind.MOVED_FROM_ANOTHER_DATE: life(moved=facts(from_due_at="2026-11-26T10:00:00+00:00")),
    OddityKind.CLOCK_NEVER_SET: [item for item in life() if item.what != "deadline.set"],
    OddityKind.CLOCK_AFTER_ITS_END: appended(entry(11, "escalation.deadline.breached", version=4, **_of_clock(due_at=LATER))),
    OddityKind.MET_AFTER_DUE: life(met=facts(ended_at="2026-12-06T09:00:00+00:00")),
    OddityKind.EXTENSION_BEYOND_CEILING: life(moved=facts(limit="46 calendar_day")),
    OddityKind.OFFICE_DID_NOT_HAVE_IT: life(accepted=facts(office=OTHER)),
    OddityKind.RIGHT_OF_ANOTHER_OFFICE: life(accepted=fields(authority=f"head@{OTHER}")),
    OddityKind.READ_WITHOUT_HAVING_IT: life(revealed=fields(authority=f"officer@{OTHER}")),
    OddityKind.READ_WITHOUT_PURPOSE: life(revealed=facts(purpose=None)),
    OddityKind.EXCLUDED_PERSON: excluded(),
    OddityKind.CONFIRMED_BY_ONESELF: life(answered=facts(approved_by=OFFICER)),
}


def found(entries: Sequence[Entry], ceilings: Ceilings | None = CEILINGS) -> list[Oddity]:
    return list(tell(entries, Known(), ceilings=ceilings).oddities)


def test_a_quiet_life_has_none() -> None:
    assert found(life()) == []


def test_every_kind_has_its_case() -> None:
    assert set(CASES) == set(OddityKind)


@pytest.mark.parametrize("kind", list(OddityKind))
def test_each_kind_is_found_and_explained(kind: OddityKind) -> None:
    oddities = [oddity for oddity in found(CASES[kind]) if oddity.kind is kind]
    assert oddities, found(CASES[kind])
    for oddity in oddities:
        vietnamese, english = (oddity_why(oddity, language=language) for language in ("vi", "en"))
        assert vietnamese != english
        assert not {"{", "}"} & {*vietnamese, *english}
        assert oddity_text(kind, language="vi") != oddity_text(kind, language="en")


@pytest.mark.parametrize(
    ("authority", "office"),
    [(f"leader@{CITY}", WARD), (f"head@{WARD}", WARD), (None, WARD), ("service", WARD)],
)
def test_who_has_it_and_leaders_above_act_and_read_by_right(authority: str | None, office: str) -> None:
    assert found(life(accepted=fields(authority=authority), revealed=fields(authority=authority))) == []


def test_a_leader_of_another_branch_has_no_right() -> None:
    kinds = {oddity.kind for oddity in found(life(accepted=fields(authority=f"leader@{OTHER}")))}
    assert kinds == {OddityKind.RIGHT_OF_ANOTHER_OFFICE}


def test_an_office_with_the_second_complaint_may_read_the_first() -> None:
    entries = life(revealed=fields(authority=f"officer@{OTHER}"))
    assert tell(entries, Known(), ceilings=CEILINGS, also_having=frozenset({OTHER})).oddities == ()


def test_a_verifier_reads_the_copy_that_was_made_for_him() -> None:
    entries = life(revealed=fields(authority=f"officer@{OTHER}", actor="person:thanhtra"))
    made = replace(entry(6, "intake.copy.issued", version=2, verifiers=["thanhtra"]), actor=OFFICER, authority=AUTHORITY)
    renumbered = [replace(item, version=3) if item.what == "identity.revealed" else item for item in entries]
    assert found([*renumbered, replace(made, position=11)]) == []


def test_without_the_law_extensions_are_not_judged() -> None:
    assert found(CASES[OddityKind.EXTENSION_BEYOND_CEILING], ceilings=None) == []


def test_an_extension_of_what_the_law_does_not_extend_is_beyond_its_ceiling() -> None:
    assert [oddity.kind for oddity in found(life(), ceilings={})] == [OddityKind.EXTENSION_BEYOND_CEILING]


def test_a_second_extension_where_the_law_gives_one_is_beyond_its_ceiling() -> None:
    extended = _act(11, "extended", 6, rule="KN1.RESOLVE", ground="KN3A.FOREIGN", amount=1, unit="calendar_day")
    again = _moved(12, extended, version=4, from_due_at=LATER, limit="45 calendar_day")
    kinds = [oddity.kind for oddity in found([*life(), extended, again])]
    assert OddityKind.EXTENSION_BEYOND_CEILING in kinds


def test_garbage_in_facts_breaks_nothing() -> None:
    names = (
        "deadline_id",
        "due_at",
        "from_due_at",
        "ended_at",
        "route",
        "office",
        "superiors",
        "entry",
        "fields",
        "verifiers",
        "limit",
        "reason",
        "person",
        "level",
        "purpose",
        "rule_version",
    )
    for value in (None, 7, [], {}, "x", [1], {"office": 3}, "2026-13-45"):
        entries = [replace(item, facts={**item.facts, **dict.fromkeys(names, value)}) for item in life()]
        for oddity in found(entries):
            assert oddity_why(oddity, language="en")
