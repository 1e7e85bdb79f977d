"""Talking to a running city: where it is, who we are, and what to say when it answers with a problem.

The address is CAUNOI_URL, else what a running `make run` wrote into its data directory (CAUNOI_VAR, else `var` here or above,
else the checkout's). The token is CAUNOI_TOKEN, else one of the demo issuer for the account that the command asks for.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from deploy.cli.endings import fail
from deploy.local.accounts import DEMO_PASSWORD
from deploy.local.city_file import CityFile, read_city_file

TIMEOUT_SECONDS = 60.0
OPERATOR = "vanhanh"
NOTHING: Mapping[str, str] = MappingProxyType({})
_CHECKOUT = Path(__file__).resolve().parents[2]


def var_directory() -> Path:
    """Return the data directory of the city on this machine, whether or not it runs."""
    named = os.environ.get("CAUNOI_VAR")
    if named:
        return Path(named).resolve()
    here = Path.cwd()
    for place in (here, *here.parents, _CHECKOUT):
        if (place / "var" / "city.json").is_file():
            return place / "var"
    return _CHECKOUT / "var"


def running_city() -> CityFile | None:
    """Return what the city on this machine wrote at its start, None where none runs."""
    return read_city_file(var_directory())


def city_url() -> str:
    """Return the base address of the city, without a slash at its end."""
    named = os.environ.get("CAUNOI_URL")
    if named:
        return named.rstrip("/")
    city = running_city()
    if city is None:
        fail(f"no city is running in {var_directory()}", "start one with `make run`, or name one: CAUNOI_URL=http://host:8000")
    return city.url


def fetch_token(account: str, password: str = DEMO_PASSWORD) -> str:
    """Return an access token of the demo issuer for `account`."""
    form = {"grant_type": "password", "username": account, "password": password}
    with httpx.Client(base_url=_issuer_url(), timeout=TIMEOUT_SECONDS) as http:
        answer = _sent(http, http.build_request("POST", "token", data=form))
    if answer.status_code == httpx.codes.BAD_REQUEST:
        fail(
            f"the issuer refuses {account}: {answer.json().get('error_description', '')}",
            "`caunoi token --list` shows the demo accounts",
        )
    if not answer.is_success:
        fail(
            f"{answer.url} answered {answer.status_code}",
            "a city with its own identity provider: set CAUNOI_TOKEN to a token of it",
        )
    return str(answer.json()["access_token"])


def client(account: str = OPERATOR) -> httpx.Client:
    """Return a client of the city, signed in (CAUNOI_TOKEN, else the demo account `account`). Send through `call`."""
    token = os.environ.get("CAUNOI_TOKEN") or fetch_token(account)
    return httpx.Client(base_url=city_url(), headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_SECONDS)


def call(http: httpx.Client, method: str, path: str, **arguments: object) -> httpx.Response:
    """Send a request; end the command with the problem that the service names unless it succeeds."""
    answer = _sent(http, http.build_request(method, path, **arguments))  # type: ignore[arg-type]  # httpx's own keywords
    if not answer.is_success:
        fail(*_problem(answer))
    return answer


def pages(http: httpx.Client, path: str, parameters: Mapping[str, str] = NOTHING, *, limit: int) -> Iterator[dict[str, Any]]:
    """Read every page of a list."""
    cursor: str | None = None
    while True:
        values = {**parameters, "limit": str(limit), **({"cursor": cursor} if cursor else {})}
        page = call(http, "GET", path, params=values).json()
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def _sent(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    try:
        return http.send(request)
    except httpx.TransportError as error:
        fail(
            f"{request.url} does not answer: {error or type(error).__name__}",
            "is the city running? `caunoi doctor` looks at every part",
        )


def _problem(answer: httpx.Response) -> tuple[str, str]:
    """Return what is wrong and what to do about it, from an RFC 9457 answer where it is one."""
    where = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    remedies = {
        httpx.codes.UNAUTHORIZED: "sign in: CAUNOI_TOKEN, or a demo account with `caunoi token`",
        httpx.codes.FORBIDDEN: "use an account with the right for this (`caunoi token --list`)",
        httpx.codes.SERVICE_UNAVAILABLE: "try again in a moment; `caunoi doctor` says which part is down",
    }
    remedy = remedies.get(httpx.codes(answer.status_code), "") if answer.status_code in set(httpx.codes) else ""
    try:
        body = answer.json()
    except ValueError:
        return f"{where} {answer.reason_phrase}", remedy
    found = body.get("errors", [])
    errors = "; ".join(f"{e.get('field')}: {e.get('reason')} ({e.get('remedy')})" for e in found)
    detail = str(body.get("detail", ""))
    if found and detail.startswith(f"{found[0].get('field')}: "):
        detail = ""  # it only tells the first of them once more
    return " ".join(part for part in (where, body.get("title", ""), detail, errors) if part), remedy


def _issuer_url() -> str:
    """Return the demo issuer's address; in containers and on one machine it is a door of the city."""
    return f"{city_url()}/issuer/"
