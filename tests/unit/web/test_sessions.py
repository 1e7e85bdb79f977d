"""A session opens what its owner may open, for our own pages alone, and as long as it lasts."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from deploy.local.accounts import ACCOUNTS
from shared.contracts.words import Role
from shared.identity import Principal, Sessions
from shared.testing import FakeClock
from shared.web import LimitSettings
from tests.unit.web.pages_city import CITY, HTML, NOW, City, at_issuer, built, go, guard_of, led


async def test_who_is_signed_in_at_one_service_is_at_all(city: City) -> None:
    async with city.browser() as browser:
        await go(browser)
        assert (await browser.get("/notify/")).status_code == 200


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(city: City) -> None:
    async with city.browser() as browser:
        back = await go(browser)
        cookies = [value for name, value in back.headers.multi_items() if name == "set-cookie"]
        session = next(cookie for cookie in cookies if cookie.startswith("caunoi-session="))
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in session.split(";")}
        assert "Secure" not in session
        assert "kiemtoan" not in session


async def test_behind_https_the_cookies_are_secure_and_bound_to_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = built(tmp_path, FakeClock(NOW), public_url="https://city.example/")
    led(monkeypatch, city.app)
    transport = httpx.ASGITransport(city.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://city.example", headers=HTML) as browser:
        away = await browser.get("/audit/sign-in")
        assert "; Secure" in away.headers["set-cookie"]
        asked = parse_qs(urlsplit(away.headers["location"]).query)
        assert asked["redirect_uri"] == ["https://city.example/audit/signed-in"]
        back = await at_issuer(browser, away.headers["location"])
        session = next(value for value in back.headers.get_list("set-cookie") if "session" in value)
        assert session.startswith("__Host-caunoi-session=")
        assert "; Secure" in session
        assert (await browser.get("/audit/")).status_code == 200
        plain = session.partition("=")[2].partition(";")[0]
        other = httpx.AsyncClient(transport=transport, base_url="https://city.example", headers=HTML)
        assert (
            await other.get("/audit/api/me", headers={"Cookie": f"caunoi-session={plain}", "Accept": "*/*"})
        ).status_code == 401


async def test_an_answer_counts_once_even_for_who_kept_the_cookie(city: City) -> None:
    async with city.browser() as browser:
        await browser.get("/audit/sign-in")
        jar = dict(browser.cookies)
        back = await go(browser)
        assert back.status_code == 303
        again = await browser.get(str(back.request.url))
        assert (again.status_code, "đã dùng rồi" in again.text) == (409, True)
        header = back.request.headers["cookie"]
        kept = await city.browser().get(str(back.request.url), headers={"Cookie": header})
        assert (kept.status_code, "không hợp lệ" in kept.text) == (409, True)
        assert jar


async def test_a_session_ends(city: City) -> None:
    async with city.browser() as browser:
        await go(browser)
        city.clock.advance(timedelta(minutes=479))
        assert (await browser.get("/audit/api/me")).status_code == 200
        city.clock.advance(timedelta(minutes=1))
        assert (await browser.get("/audit/api/me", headers={"Accept": "*/*"})).status_code == 401
        assert (await browser.get("/audit/")).headers["location"] == "/audit/sign-in?next=%2Faudit%2F"


@pytest.mark.parametrize("place", [0, 20, -1])
async def test_a_cookie_of_which_one_letter_is_changed_is_none(city: City, place: int) -> None:
    async with city.browser() as browser:
        await go(browser)
        cookie = list(browser.cookies["caunoi-session"])
        cookie[place] = "A" if cookie[place] not in "ABCD" else "Z"
        changed = {"Cookie": f"caunoi-session={''.join(cookie)}", "Accept": "*/*"}
        assert (await city.browser().get("/audit/api/me", headers=changed)).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "đ", "A" * 5000, "e30"])
async def test_what_we_have_not_sealed_is_no_session(city: City, cookie: str) -> None:
    headers = httpx.Headers({"Accept": "*/*"}, encoding="utf-8")
    headers["Cookie"] = f"caunoi-session={cookie}"
    assert (await city.browser().get("/audit/api/me", headers=headers)).status_code == 401


async def test_a_cookie_of_another_secret_or_another_purpose_is_no_session(city: City) -> None:
    somebody = Principal(subject="kiemtoan", roles=frozenset({Role.AUDITOR}))
    forged = Sessions(b"t" * 40).begin(somebody, ends_at=NOW + timedelta(hours=1))
    trip = city.verifier.sessions.seal("sign-in", {"subject": "kiemtoan"}, ends_at=NOW + timedelta(hours=1))
    for cookie in (forged, trip):
        answer = await city.browser().get("/audit/api/me", headers={"Cookie": f"caunoi-session={cookie}", "Accept": "*/*"})
        assert answer.status_code == 401


async def test_nobody_is_a_service_of_ours_by_a_cookie(city: City) -> None:
    cookie = city.verifier.sessions.begin(
        Principal(subject="x", roles=frozenset({Role.SERVICE})), ends_at=NOW + timedelta(hours=1)
    )
    session = city.verifier.sessions.session(cookie, now=NOW)
    assert session is not None
    assert session.principal.roles == frozenset()


async def test_a_form_of_our_own_page_changes_something(city: City) -> None:
    async with city.browser() as browser:
        await go(browser)
        guard = guard_of((await browser.get("/audit/")).text)
        done = await browser.post("/audit/change", data={"word": "x", "_guard": guard})
        assert (done.status_code, done.json()) == (200, "person:kiemtoan x")
        assert guard != guard_of((await browser.get("/audit/")).text), "each page masks it anew"
        by_script = await browser.post("/audit/api/change", json={"word": "x"}, headers={"X-Caunoi-Guard": guard})
        assert by_script.status_code == 200


async def test_without_fetch_metadata_the_origin_says_whose_form_it_is(city: City) -> None:
    async with city.browser() as browser:
        await go(browser)
        form = {"word": "x", "_guard": guard_of((await browser.get("/audit/")).text)}
        del browser.headers["sec-fetch-site"]
        statuses = [
            (await browser.post("/audit/change", data=form, headers=headers)).status_code
            for headers in ({"Origin": CITY}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {})
        ]
        assert statuses == [200, 403, 403, 403]


@pytest.mark.parametrize(
    ("headers", "guard"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({}, False),
    ],
)
@pytest.mark.parametrize("door", ["/audit/change", "/audit/api/change", "/audit/sign-out"])
async def test_what_another_site_or_no_page_of_ours_asks_changes_nothing(
    city: City, door: str, headers: dict[str, str], *, guard: bool
) -> None:
    async with city.browser() as browser:
        await go(browser)
        brought = guard_of((await browser.get("/audit/")).text) if guard else "AAAA"
        more = {"json": {"word": "x"}} if "api" in door else {"data": {"word": "x", "_guard": brought}}
        refused = await browser.post(door, headers=headers | {"X-Caunoi-Guard": brought, "Accept": "*/*"}, **cast("Any", more))
        assert (refused.status_code, refused.json()["code"]) == (403, "not_from_our_page")
        assert (await browser.get("/audit/")).status_code == 200, "he is still signed in"


async def test_the_guard_of_another_session_does_not_count(city: City) -> None:
    async with city.browser() as mine, city.browser() as other:
        await go(mine)
        await go(other)
        guard = guard_of((await other.get("/audit/")).text)
        assert (await mine.post("/audit/change", data={"word": "x", "_guard": guard})).status_code == 403


async def test_another_sites_page_opens_no_door_of_the_api_but_a_link_opens_a_page(city: City) -> None:
    async with city.browser() as browser:
        await go(browser)
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await browser.get("/audit/api/me", headers=foreign)).status_code == 403
        assert (await browser.get("/audit/", headers=foreign)).status_code == 200


async def test_a_bearer_token_needs_no_guard(city: City) -> None:
    token = city.issuer.token(next(account for account in ACCOUNTS if account.name == "kiemtoan"))
    http = city.browser()
    answer = await http.post(
        "/audit/api/change", json={"word": "x"}, headers={"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 200


async def test_who_signs_out_is_signed_out(city: City) -> None:
    async with city.browser() as browser:
        await go(browser)
        guard = guard_of((await browser.get("/audit/")).text)
        assert (await browser.get("/audit/signed-out")).headers["location"] == "/audit/"
        out = await browser.post("/audit/sign-out", data={"_guard": guard})
        assert out.headers["location"] == "/audit/signed-out"
        assert "Bạn đã đăng xuất" in (await browser.get("/audit/signed-out")).text
        assert (await browser.get("/audit/")).status_code == 303


async def test_who_is_signed_in_is_counted_by_account_on_pages_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = built(tmp_path, FakeClock(NOW), limits=LimitSettings(account_per_minute=3, look_per_minute=100))
    led(monkeypatch, city.app)
    async with city.browser() as browser:
        browser.headers["X-Forwarded-For"] = "198.51.100.7"
        await go(browser)
        statuses = [(await browser.get("/audit/")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert (await browser.get("/audit/static/pages.css")).status_code == 200
