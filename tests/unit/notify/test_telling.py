"""Who is told about what: every type of event, for every kind of petition."""

import pytest

from services.notify.domain.telling import OFFICES_LANGUAGE, Notice, Petition, notices, template_of
from services.notify.wire.events import HANDLED, news_of
from shared.contracts import EventBody
from shared.contracts.escalation import CalendarMissingV1, DeadlineSetV1
from shared.contracts.intake import ContentErasedV1, PetitionerWithdrawnV1, PetitionJoinedV1
from shared.contracts.procedure import DenouncedNamedV1, PersonExcludedV1
from shared.contracts.routing import OfficeRegisteredV1, PetitionAcceptedV1, PetitionClosedV1
from tests.unit.notify.bodies import (
    CITY,
    CODE,
    COMMUNE,
    DEPARTMENT,
    TOLD,
    answered,
    breached,
    escalated,
    guided,
    lodged,
    moved,
    office,
    paused,
    refused,
    reminded,
    returned,
    routed,
    terminated,
    transferred,
)

Table = list[tuple[EventBody, str, str | None, str | None]]

# event, what it is about, the office that its petitioner reads of ("-" where the petitioner is not told), the office that is told
TABLE: Table = [
    (lodged(), "lodged", None, None),
    (routed(), "routed", COMMUNE, COMMUNE),
    (transferred(), "routed", DEPARTMENT, DEPARTMENT),
    (returned(), "routed", COMMUNE, COMMUNE),
    (answered(), "answered", COMMUNE, None),
    (refused(), "ended", COMMUNE, None),
    (guided(), "ended", COMMUNE, None),
    (terminated(), "ended", COMMUNE, None),
    (reminded(), "reminder", "-", COMMUNE),
    (breached(), "breach", COMMUNE, COMMUNE),
    (escalated(), "escalation", CITY, CITY),
    (moved(), "moved", COMMUNE, COMMUNE),
    (paused(), "paused", COMMUNE, None),
]
CASES = [pytest.param(*row, id=type(row[0]).__name__) for row in TABLE]


def _told(body: EventBody, *, is_reachable: bool, is_sealed: bool, language: str = "en") -> list[Notice]:
    news = news_of(body)
    assert news is not None
    return notices(news, Petition(CODE, language, is_reachable=is_reachable, is_sealed=is_sealed))


def test_the_table_knows_every_event_that_the_service_hears() -> None:
    assert {type(row[0]) for row in TABLE} == {type(body) for body in TOLD}
    only_noted = {OfficeRegisteredV1, DeadlineSetV1, CalendarMissingV1}  # the last tells the offices at the root
    only_noted |= {PetitionJoinedV1, PetitionerWithdrawnV1}  # who is told; who joins gets a receipt of his own
    only_noted |= {PersonExcludedV1, DenouncedNamedV1}  # who may read what was told
    only_noted |= {ContentErasedV1}  # what its petitioners wanted is forgotten
    assert {type(row[0]) for row in TABLE} == set(HANDLED) - only_noted


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("is_reachable", [False, True])
@pytest.mark.parametrize(("body", "about", "reads_of", "told"), CASES)
def test_who_is_told_about_what(
    body: EventBody, about: str, reads_of: str | None, told: str | None, *, is_reachable: bool, is_sealed: bool
) -> None:
    expected: list[tuple[str, str, str | None, str]] = []
    if is_reachable and reads_of != "-":
        expected.append((about, "petitioner", reads_of, "en"))
    if told is not None:
        expected.append((about, "office", told, OFFICES_LANGUAGE))
    found = _told(body, is_reachable=is_reachable, is_sealed=is_sealed)
    assert [(item.about, item.audience, item.office, item.language) for item in found] == expected
    assert all(item.facts["code"] == CODE for item in found)


@pytest.mark.parametrize(
    "body",
    [
        office(COMMUNE, mailbox="x@example.vn"),
        PetitionAcceptedV1(office=COMMUNE),
        PetitionClosedV1(office=COMMUNE, outcome="answered"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_other_events_are_no_news(body: EventBody) -> None:
    assert news_of(body) is None


@pytest.mark.parametrize("audience", ["petitioner", "office"])
@pytest.mark.parametrize("about", ["lodged", "routed", "answered", "reminder", "breach", "escalation"])
def test_the_template_of_a_sealed_petition_does_not_even_tell_what_happened(about: str, audience: str) -> None:
    assert template_of(about, audience, is_sealed=True) == f"sealed.{audience}"
    assert template_of(about, audience, is_sealed=False) == f"{about}.{audience}"


def test_instants_are_told_as_the_clock_on_the_wall_in_hanoi() -> None:
    news = news_of(breached())
    assert news is not None
    assert news.facts["due_at"] == "30/11/2026 17:30"
