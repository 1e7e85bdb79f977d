"""The pages of events in a real browser, with scripts and without: nothing shuts anybody out, nothing is wider than a telephone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Visiting

PAGES = ("/routing/events", "/intake/events/petition.lodged.v1", "/escalation/events/deadline.moved.v1")


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_of_events_shut_nobody_out(visiting: Visiting, screen: tuple[int, int]) -> None:
    with visiting(screen=screen) as reader:
        for path in PAGES:
            assert reader.open(path) == 200
            reader.unfold()
            assert reader.barriers() == []
            assert reader.is_as_wide_as_the_screen(), path


def test_a_developer_finds_an_event_without_scripts_and_reads_it_in_english(visiting: Visiting) -> None:
    with visiting(scripts=False) as reader:
        page = reader.page
        reader.open("/audit/events")
        page.get_by_role("link", name="Thời hạn", exact=True).click()
        page.get_by_role("link", name="Quá hạn", exact=True).click()
        expect(page).to_have_url(f"{reader.url}/escalation/events/deadline.breached.v1")
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Deadline breached")
        expect(page.get_by_text("petitions.escalation.deadline.breached.v1.{office}.{petition_id}").first).to_be_visible()
        page.get_by_role("link", name="All events").click()
        expect(page).to_have_url(f"{reader.url}/escalation/events#escalation")
