"""Every error has its answer: the status, a stable code, words in the asker's language, nothing from inside."""

import logging

import pytest

from shared.web.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS
from tests.unit.web.house import asking, service


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("refused", 409, "no_words_for_this"),
        ("unknown", 404, "not_found"),
        ("not_yet", 409, "not_yet"),
        ("malformed", 422, "malformed"),
        ("trouble", 503, "database_unreachable"),
        ("bug", 500, "internal"),
    ],
)
async def test_each_kind_of_error_has_its_status_and_code(kind: str, status: int, code: str) -> None:
    answer = await asking(service()).get(f"/api/errors/{kind}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert (answer.json()["status"], answer.json()["code"]) == (status, code)
    assert answer.json()["type"] == f"urn:caunoi:problem:{code}"


async def test_a_refusal_carries_its_facts() -> None:
    assert (await asking(service()).get("/api/errors/refused")).json()["state"] == "closed"


async def test_a_malformed_request_carries_field_reason_and_remedy() -> None:
    errors = (await asking(service()).get("/api/errors/malformed")).json()["errors"]
    assert errors == [{"field": "f", "reason": "r", "remedy": "m"}]


async def test_a_code_with_words_is_answered_in_the_askers_language_with_its_facts_filled_in() -> None:
    vietnamese = await asking(service()).get("/api/errors/in_words")
    english = await asking(service(), language="en-GB,en;q=0.9,vi;q=0.1").get("/api/errors/in_words")
    assert (vietnamese.json()["detail"], vietnamese.headers["content-language"]) == ("Nóng 40 độ.", "vi")
    assert (english.json()["detail"], english.headers["content-language"]) == ("It is 40 degrees hot.", "en")
    assert vietnamese.json()["title"] == "Không thực hiện được ở trạng thái hiện tại"
    assert english.json()["title"] == "Not possible in the present state"


async def test_what_is_not_there_yet_says_when_to_ask_again() -> None:
    assert (await asking(service()).get("/api/errors/not_yet")).headers["retry-after"] == "7"


async def test_trouble_says_when_to_try_again_and_nothing_from_inside() -> None:
    answer = await asking(service()).get("/api/errors/trouble")
    assert answer.headers["retry-after"] == str(RETRY_AFTER_SECONDS)
    assert "hunter2" not in answer.text


async def test_a_bug_is_logged_with_the_id_that_the_asker_gets_and_shows_nothing_from_inside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await asking(service()).get("/api/errors/bug")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.trace == answer.json()["trace"]  # type: ignore[attr-defined]
    assert record.exc_info
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/api/things", 405)])
async def test_what_does_not_exist_is_a_problem_too(method: str, path: str, status: int) -> None:
    answer = await asking(service(), language="en").request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert answer.json()["title"] in {"Not found", "Method not allowed"}


async def test_every_field_that_is_wrong_is_named_with_what_to_do() -> None:
    answer = await asking(service(), language="en").post(
        "/api/things?size=99", json={"kind": "nonsense", "text": "x", "number": 9}
    )
    found = {error["field"]: (error["reason"], error["remedy"]) for error in answer.json()["errors"]}
    assert answer.status_code == 422
    assert found["size"] == ("too large", "10 or less")
    assert found["text"] == ("too short", "at least 3 characters")
    assert found["number"] == ("too large", "5 or less")
    assert found["kind"][0] == "not in the list"
    assert "complaint" in found["kind"][1]
    assert "nonsense" not in answer.text


async def test_wrong_fields_are_named_in_vietnamese_first() -> None:
    answer = await asking(service()).post("/api/things", json={"kind": "complaint"})
    assert answer.json()["errors"] == [{"field": "text", "reason": "thiếu", "remedy": "điền trường này"}]
    assert answer.json()["title"] == "Dữ liệu chưa đúng"


async def test_a_body_that_is_not_json_is_named_as_such() -> None:
    answer = await asking(service()).post("/api/things", content=b"{", headers={"Content-Type": "application/json"})
    assert [error["field"] for error in answer.json()["errors"]] == ["body"]
