"""What the issuer gives: ID tokens that are meant for us, codes for who asked, and nobody led elsewhere."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from deploy.local.accounts import DEMO_PASSWORD
from shared.identity import Asked, NotSignedIn
from tests.unit.web.pages_city import CITY, ISSUER, NOW, City


def id_token(key: RSAKey, **changed: Any) -> str:
    claims = {
        "iss": ISSUER,
        "aud": "caunoi-pages",
        "sub": "kiemtoan",
        "roles": ["auditor"],
        "nonce": "n",
        "exp": int(NOW.timestamp()) + 60,
    }
    return jwt.encode({"alg": "RS256", "kid": key.kid}, {k: v for k, v in (claims | changed).items() if v is not None}, key)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "caunoi"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"iss": "http://evil.example"},
        {"nonce": "m"},
        {"nonce": None},
        {"exp": int(NOW.timestamp()) - 60},
        {"exp": None},
        {"sub": None},
        {"aud": ["caunoi-pages", "another"], "azp": "another"},
    ],
    ids=str,
)
async def test_an_id_token_for_others_or_of_another_time_is_not_taken(city: City, changed: dict[str, Any]) -> None:
    good = await city.verifier.verify_id_token(id_token(city.issuer._key), client_id="caunoi-pages", nonce="n", now=NOW)
    assert good.subject == "kiemtoan"
    with pytest.raises(NotSignedIn):
        await city.verifier.verify_id_token(id_token(city.issuer._key, **changed), client_id="caunoi-pages", nonce="n", now=NOW)


async def test_an_id_token_that_another_key_signed_is_not_taken(city: City) -> None:
    other = RSAKey.generate_key(2048, {"kid": str(city.issuer._key.kid)})
    with pytest.raises(NotSignedIn):
        await city.verifier.verify_id_token(id_token(other), client_id="caunoi-pages", nonce="n", now=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/signed-in"},
        {"redirect_uri": f"{CITY}/audit/elsewhere"},
        {"redirect_uri": "javascript:alert(1)//signed-in"},
        {"redirect_uri": ""},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"client_id": ""},
    ],
    ids=str,
)
async def test_the_demo_issuer_leads_nobody_elsewhere_and_takes_nothing_weaker(city: City, changed: dict[str, str]) -> None:
    async with city.browser() as browser:
        away = await browser.get("/audit/sign-in")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()} | changed
        for answer in (
            await browser.get("/issuer/authorize", params=asked),
            await browser.post("/issuer/authorize", data=asked | {"username": "kiemtoan", "password": DEMO_PASSWORD}),
        ):
            assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_a_wrong_password_shows_the_page_again(city: City) -> None:
    async with city.browser() as browser:
        away = await browser.get("/audit/sign-in")
        form = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
        wrong = await browser.post(away.headers["location"], data=form | {"username": "kiemtoan", "password": "wrong"})
        assert (wrong.status_code, "không đúng" in wrong.text) == (400, True)


@pytest.mark.parametrize(
    "changed", [{"code_verifier": "w" * 64}, {"client_id": "another"}, {"redirect_uri": f"{CITY}/notify/signed-in"}]
)
async def test_a_code_is_for_who_asked_for_it(city: City, changed: dict[str, str]) -> None:
    verifier = "v" * 64
    asked = Asked("s", "n", verifier)
    form = {
        "client_id": "caunoi-pages",
        "redirect_uri": f"{CITY}/audit/signed-in",
        "response_type": "code",
        "state": "s",
        "nonce": "n",
        "code_challenge": asked.challenge,
        "code_challenge_method": "S256",
    }
    async with city.browser() as browser:
        back = await browser.post("/issuer/authorize", data=form | {"username": "kiemtoan", "password": DEMO_PASSWORD})
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        given = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        given |= {"client_id": form["client_id"], "redirect_uri": form["redirect_uri"]} | changed
        assert (await browser.post("/issuer/token", data=given)).json()["error"] == "invalid_grant"
