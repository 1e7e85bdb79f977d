"""The root of a city on one machine: pages for people who look, problems for programs that ask."""

import httpx
import pytest

from deploy.local.hosting import house
from shared.web.problems import MEDIA_TYPE


async def asked(method: str, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(house({})), base_url="http://city") as http:
        return await http.request(method, path, headers=named)


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_a_path_that_does_not_exist_is_a_problem_to_a_program(accept: str) -> None:
    answer = await asked("GET", "/nowhere", accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)
    assert answer.json()["code"] == "http_404"
    assert (await asked("GET", "/nowhere", accept_language="en")).json()["title"] == "Not found"


async def test_a_path_that_does_not_exist_is_a_page_to_a_browser() -> None:
    answer = await asked("GET", "/nowhere", accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Không tìm thấy" in answer.text


async def test_a_method_that_is_not_taken_is_a_problem_that_names_those_that_are() -> None:
    answer = await asked("POST", "/gateway/health")
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (405, MEDIA_TYPE, "http_405")
    assert "GET" in answer.headers["allow"]
