"""Signing in to pages: the whole way with the demo issuer, and every way in which it must not work."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.local.accounts import DEMO_PASSWORD
from shared.testing import FakeClock
from tests.unit.web.pages_city import CITY, ISSUER, NOW, City, at_issuer, built, came_back_with, go, led


async def test_who_is_not_signed_in_signs_in_and_lands_where_he_wanted(city: City) -> None:
    async with city.browser() as browser:
        back = await go(browser, start="/audit/?q=1")
        assert (back.status_code, back.headers["location"]) == (303, "/audit/?q=1")
        seen = await browser.get(back.headers["location"])
        assert "person:kiemtoan" in seen.text
        assert "Kiểm toán" in seen.text
        me = await browser.get("/audit/api/me")
        assert me.json() == {"actor": "person:kiemtoan", "office": None, "roles": ["auditor"]}


async def test_roles_and_office_are_those_of_the_account(city: City) -> None:
    async with city.browser() as browser:
        await go(browser, account="canbo.hoankiem")
        assert (await browser.get("/audit/api/me")).json()["office"] == "hanoi-00070"
        refused = await browser.get("/audit/")
        assert refused.status_code == 403
        assert "Bạn đang đăng nhập là" in refused.text


async def test_what_is_asked_of_the_issuer_is_a_code_with_pkce_state_and_nonce_new_each_time(city: City) -> None:
    async with city.browser() as browser:
        asked = []
        for _ in range(2):
            away = await browser.get("/audit/sign-in")
            asked.append({name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()})
        for one in asked:
            assert (one["response_type"], one["code_challenge_method"], one["scope"]) == ("code", "S256", "openid profile")
            assert (one["client_id"], one["redirect_uri"]) == ("caunoi-pages", f"{CITY}/audit/signed-in")
            assert min(len(one[name]) for name in ("state", "nonce", "code_challenge")) >= 32
        assert not {asked[0][name] for name in ("state", "nonce", "code_challenge")} & set(asked[1].values())


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"state": "a" * 32}, 409, "bắt đầu ở trình duyệt khác"),
        ({"state": ""}, 409, "bắt đầu ở trình duyệt khác"),
        ({"code": "b" * 32}, 409, "không hợp lệ"),
        ({"code": ""}, 409, "đã từ chối"),
        ({"error": "access_denied"}, 409, "đã từ chối"),
        ({"iss": "http://evil.example"}, 409, "không hợp lệ"),
        ({"iss": ""}, 409, "không hợp lệ"),
    ],
)
async def test_an_answer_that_is_not_the_issuers_to_this_browser_signs_nobody_in(
    city: City, changed: dict[str, str], status: int, words: str
) -> None:
    async with city.browser() as browser:
        refused = await came_back_with(browser, **changed)
        assert refused.status_code == status
        assert words in refused.text
        assert 'href="/audit/sign-in"' in refused.text
        assert "caunoi-session" not in browser.cookies


async def test_an_answer_that_another_browser_brings_signs_nobody_in(city: City) -> None:
    async with city.browser() as thief, city.browser() as victim:
        away = await thief.get("/audit/sign-in")
        form = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
        back = await thief.post(away.headers["location"], data=form | {"username": "kiemtoan", "password": DEMO_PASSWORD})
        assert (await victim.get(back.headers["location"])).status_code == 409
        assert "caunoi-session" not in victim.cookies


async def test_who_stays_too_long_at_the_issuer_begins_anew(city: City) -> None:
    async with city.browser() as browser:
        away = await browser.get("/audit/sign-in")
        city.clock.advance(timedelta(minutes=10))
        late = await at_issuer(browser, away.headers["location"])
        assert (late.status_code, "đã hết hạn" in late.text) == (409, True)


async def test_a_code_ends_after_a_minute(city: City) -> None:
    async with city.browser() as browser:
        away = await browser.get("/audit/sign-in")
        form = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
        back = await browser.post(away.headers["location"], data=form | {"username": "kiemtoan", "password": DEMO_PASSWORD})
        city.clock.advance(timedelta(seconds=61))
        assert (await browser.get(back.headers["location"])).status_code == 409


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "/audit/api/me", "/audit/sign-in?next=/audit/"]
)
async def test_nobody_lands_elsewhere_or_at_a_door_of_the_api(city: City, next_: str) -> None:
    async with city.browser() as browser:
        away = await browser.get("/audit/sign-in", params={"next": next_})
        back = await at_issuer(browser, away.headers["location"])
        assert back.headers["location"] == "/audit/"


async def test_without_a_client_the_pages_say_that_sign_in_is_not_set_up(tmp_path: Path) -> None:
    city = built(tmp_path, FakeClock(NOW), client_id=None)
    async with city.browser() as browser:
        closed = await browser.get("/audit/")
        assert closed.status_code == 401
        refused = await browser.get("/audit/sign-in")
        assert (refused.status_code, "chưa nối trang này với nơi cấp tài khoản" in refused.text) == (409, True)


async def test_while_the_issuer_is_away_the_page_says_to_try_again(tmp_path: Path) -> None:
    city = built(tmp_path, FakeClock(NOW), issuer="http://127.0.0.1:9/issuer")
    async with city.browser() as browser:
        away = await browser.get("/audit/sign-in")
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")


async def test_a_configuration_of_another_issuer_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = built(
        tmp_path, FakeClock(NOW), issuer="http://city.example/other", discovery_url=f"{ISSUER}/.well-known/openid-configuration"
    )
    led(monkeypatch, city.app)
    assert (await city.browser().get("/audit/sign-in")).status_code == 503


async def test_browsers_may_sign_in_at_another_address_than_the_issuer_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = built(tmp_path, FakeClock(NOW), authorization_url="/issuer/authorize")
    led(monkeypatch, city.app)
    async with city.browser() as browser:
        away = await browser.get("/audit/sign-in", headers={"Host": "127.0.0.1:8000"})
        assert away.headers["location"].startswith("http://127.0.0.1:8000/issuer/authorize?response_type=code&")
