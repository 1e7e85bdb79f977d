"""A body that the door cannot read is answered with the header that says so and what to send instead."""

import gzip

import httpx
import pytest

from shared.web.problems import MEDIA_TYPE
from tests.unit.web.house import asking, service

THING = b'{"kind": "complaint", "text": "abc"}'


async def sent(path: str = "/api/things", *, language: str = "", content: bytes = THING, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await asking(service(), language=language).post(path, content=content, headers=named)


async def test_a_coded_body_is_answered_with_the_header_that_says_so() -> None:
    coded = await sent(content=gzip.compress(THING), content_type="application/json", content_encoding="gzip")
    assert (coded.status_code, coded.headers["content-type"]) == (415, MEDIA_TYPE)
    assert (coded.json()["code"], coded.json()["header"]) == ("content_coded", "Content-Encoding")
    assert coded.headers["accept-encoding"] == "identity"
    assert "Content-Encoding" in coded.json()["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_another_type_is_answered_with_the_types_that_the_door_takes(media_type: str) -> None:
    answer = await sent(language="en", content_type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")
    assert (answer.json()["header"], answer.json()["accepted"]) == ("Content-Type", ["application/json"])
    assert answer.json()["detail"] == "This Content-Type is not taken here: send application/json."


async def test_a_body_of_no_type_is_not_taken_for_one_with_wrong_fields() -> None:
    answer = await sent()
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"])
async def test_json_is_read_whatever_its_parameters(media_type: str) -> None:
    assert (await sent(content_type=media_type, content_encoding="identity")).status_code == 200


async def test_a_door_whose_body_is_not_described_looks_at_it_itself() -> None:
    assert (await sent("/api/hot/1", content_type="text/csv")).text == str(len(THING))
