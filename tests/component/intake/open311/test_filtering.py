"""Which requests are listed: filters, ranges of time, limits, pages."""

from datetime import datetime, timedelta

from sqlalchemy import text

from shared.contracts.routing import PetitionAnsweredV1
from shared.kernel.clock import SystemClock
from tests.component.intake.open311.scene import FORMS, WARD, Client, errors


async def test_lists_of_services_and_status_are_combined(client: Client) -> None:
    flooding, trees = await client.in_hand(), await client.in_hand(topic="cay-xanh")
    answered = await client.in_hand(topic="cay-xanh")
    await client.hears(answered, PetitionAnsweredV1(office=WARD))
    old = await client.in_hand(topic=None)
    assert await client.numbers(service_code="cay-xanh") == [answered, trees]
    assert await client.numbers(service_code="cay-xanh,ngap-ung") == [answered, trees, flooding]
    assert await client.numbers(service_code="cay-xanh", status="open") == [trees]
    assert await client.numbers(service_code="khong-co") == []
    assert await client.numbers(service_code="khong-co,ngap-ung", status="") == [flooding]
    assert await client.numbers() == [old, answered, trees, flooding]


async def test_the_numbers_of_requests_override_every_other_filter(client: Client) -> None:
    first, second = await client.in_hand(), await client.in_hand(days_ago=200)
    await client.in_hand()
    odd = {"service_code": "khong-co", "start_date": "tomorrow", "status": "lost", "page_size": "0"}
    assert await client.numbers(service_request_id=f"{first}, {second},1,HN8K-2FQ7-XM3P", **odd) == [first, second]
    assert await client.numbers(service_request_id="1,2") == []


async def test_without_dates_the_last_90_days_are_listed(client: Client) -> None:
    fresh = await client.in_hand()
    young, old = await client.in_hand(days_ago=89.9), await client.in_hand(days_ago=90.1)
    assert await client.numbers() == [fresh, young]
    since = (SystemClock().now() - timedelta(days=91)).isoformat()
    assert await client.numbers(start_date=since) == [young, old]  # 90 days from there
    assert await client.numbers(end_date=(SystemClock().now() - timedelta(days=90)).isoformat()) == [old]


async def test_both_ends_of_a_range_belong_to_it_as_they_are_shown(client: Client) -> None:
    code = await client.in_hand(days_ago=3)
    shown = (await client.listed())[0]["requested_datetime"]
    assert await client.numbers(start_date=shown, end_date=shown) == [code]
    before = (datetime.fromisoformat(shown) - timedelta(seconds=1)).isoformat()
    assert await client.numbers(start_date=before, end_date=before) == []


SPANS = {
    "90 days and a second": ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-01T00:00:01Z"}, "start_date"),
    "the end before the start": ({"start_date": "2026-01-02T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, "start_date"),
    "no zone at the start": ({"start_date": "2026-01-01T00:00:00"}, "start_date"),
    "no zone at the end": ({"end_date": "2026-01-01T00:00:00"}, "end_date"),
    "a day": ({"start_date": "2026-01-01"}, "start_date"),
    "words": ({"end_date": "now"}, "end_date"),
    "a day that is none": ({"start_date": "2026-02-30T00:00:00Z"}, "start_date"),
    "the end of all time": ({"start_date": "9999-12-31T23:59:59Z"}, "start_date"),
    "before all time": ({"end_date": "0001-01-01T00:00:00Z"}, "end_date"),
    "a status that is none": ({"status": "open,lost"}, "status"),
    "page nought": ({"page": "0"}, "page"),
    "a page too far": ({"page": "10001"}, "page"),
    "a page in words": ({"page": "two"}, "page"),
    "a page of 1001": ({"page_size": "1001"}, "page_size"),
    "a page of nothing": ({"page_size": "-1"}, "page_size"),
}


async def test_what_cannot_be_asked_is_named(client: Client) -> None:
    for name, (asked, named) in SPANS.items():
        for form in FORMS:
            answer = await client.get("v2/requests", form=form, **asked)
            assert (name, answer.status_code) == (name, 400)
            assert errors(answer)[0][1].startswith(f"{named}:"), name


async def test_exactly_90_days_may_be_asked_for_in_any_zone(client: Client) -> None:
    asked = {"start_date": "2026-01-01T00:00:00+07:00", "end_date": "2026-03-31T17:00:00Z"}
    assert await client.numbers(**asked) == []
    unencoded = "/open311/v2/requests.json?start_date=2026-01-01T00:00:00+07:00"
    assert (await client.intake.http.get(unencoded)).status_code == 200


async def test_pages_part_the_list_without_loss_or_repeat(client: Client) -> None:
    newest_first = [await client.in_hand(description=f"Số {number}") for number in range(5)][::-1]
    pages = [await client.numbers(page=page, page_size=2) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [code for page in pages for code in page] == newest_first == await client.numbers()


async def test_no_more_than_a_thousand_are_listed_at_once(client: Client) -> None:
    await client.in_hand(description="Số một")
    copies = """
        WITH n AS (SELECT gen_random_uuid() AS id, n FROM generate_series(1, 1200) AS n), p AS (
            INSERT INTO petitions (id, code, kind, jurisdiction, language, is_sealed, lodged_at, recorded_at)
            SELECT id, 'copy ' || n, 'field_report', 'hanoi', 'vi', false, now() - n * interval '1 second', now() FROM n)
        INSERT INTO search_entries (petition_id, kind, jurisdiction, lodged_at, office, state, is_open)
        SELECT id, 'field_report', 'hanoi', now() - n * interval '1 second', 'hanoi-00070', 'routed', true FROM n
        """
    async with client.intake.database.transaction() as tx:
        await tx.connection.execute(text(copies))
    assert len(await client.numbers()) == 1000
    assert len(await client.numbers(page=2)) == 201
