"""Logs: one JSON object per line, without the values that libraries put into their messages."""

import json
import logging
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.telemetry import collect_spans, span_from
from shared.telemetry.logs import JsonLines


def line(message: str, *arguments: object, error: BaseException | None = None, **extra: object) -> dict[str, Any]:
    record = logging.getLogger("caunoi.test").makeRecord(
        "caunoi.test", logging.INFO, __file__, 1, message, arguments, (type(error), error, None) if error else None, extra=extra
    )
    text = JsonLines("intake").format(record)
    assert "\n" not in text
    return dict(json.loads(text))


def test_a_record_is_one_line_of_json_with_its_extras_as_fields() -> None:
    found = line("routed %d", 3, rule="FR-1", office="hanoi-00070")
    assert (found["level"], found["service"], found["logger"], found["message"]) == ("info", "intake", "caunoi.test", "routed 3")
    assert (found["rule"], found["office"]) == ("FR-1", "hanoi-00070")
    assert found["at"].endswith("+00:00")


def test_a_line_break_in_a_message_does_not_break_the_line() -> None:
    assert line("two\nlines")["message"] == "two\nlines"


def test_a_line_within_a_span_names_its_trace() -> None:
    assert "trace_id" not in line("outside")
    with collect_spans(), span_from(None, "door") as span:
        found = line("inside")
    assert found["trace_id"] == f"{span.get_span_context().trace_id:032x}"


def test_an_exception_of_pydantic_loses_the_value_that_it_complains_of() -> None:
    class Person(BaseModel):
        phone: int

    given = {"phone": "Nguyễn Văn A"}
    with pytest.raises(ValidationError) as refused:
        Person.model_validate(given)
    assert "Nguyễn" not in json.dumps(line("bad", error=refused.value), ensure_ascii=False)


@pytest.mark.parametrize(
    "text",
    [
        "(asyncpg.IntegrityError) duplicate key\nDETAIL:  Key (email)=(a@example.org) already exists.",
        "INSERT INTO vault\n[parameters: ('a@example.org', 1)]\n(Background on this error)",
    ],
)
def test_an_exception_of_the_database_loses_its_values(text: str) -> None:
    found = line("failed", error=RuntimeError(text))
    assert "a@example.org" not in json.dumps(found)
    assert "RuntimeError" in found["exception"]


def test_what_cannot_be_written_as_json_is_written_as_text() -> None:
    assert line("odd", thing={1: object})["thing"]["1"].startswith("<class")
