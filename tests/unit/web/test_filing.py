"""Files that people write by hand: each mistake in one is said in the language of who sent it, and nothing of Pydantic's."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.escalation.wire.amendments import CALENDAR, RULE, amended, read
from services.escalation.wire.rulebook import read_law
from services.routing.domain.competence import mistakes_in_tables
from services.routing.wire.competence_files import as_malformed, read_table
from services.routing.wire.directory_file import read_directory
from shared.kernel.refusals import Malformed
from shared.web.catalogue import both, in_one_language
from shared.web.language import ENGLISH, VIETNAMESE
from shared.web.problems import response_to

LETTERS = set("ăâđêôơưàảãáạầẩẫấậằẳẵắặèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ")
HEAD = "jurisdiction: hanoi\nversion: x\nvalid_from: 2026-12-01\n"
OFFICES = HEAD + "offices:\n  - {code: hanoi, kind: city, is_reception: true, vi: Hà Nội, en: Hanoi}\n"
LAW = read_law(Path(__file__).resolve().parents[3] / "services" / "escalation" / "rules")


def _rules_of(content: str) -> None:
    raise as_malformed(mistakes_in_tables([read_table(content)], offices={"hanoi": {"hanoi"}}, topics={"dien"}))


def _amended(kind: str, content: str) -> None:
    amended(LAW, kind, content).rulebook()


WRONG: dict[str, Callable[[], object]] = {
    "a table without its parts": partial(read_table, "rules: []"),
    "a table that is a word": partial(read_table, "word"),
    "a table of another version": partial(read_table, HEAD + "rules: 7\nmore: 1"),
    "a table twice": partial(read_table, HEAD + HEAD + "rules: []"),
    "a table that is no YAML": partial(read_table, "rules: ["),
    "a table with a day that does not exist": partial(read_table, "valid_from: 2026-13-40"),
    "a table with an alias": partial(read_table, "a: &x 1\nb: *x"),
    "a table that is nested deep": partial(read_table, "[" * 30 + "]" * 30),
    "a table with a symbol that is none": partial(read_table, "a: \x00"),
    "an office and a topic that there are not": partial(
        _rules_of,
        HEAD + "rules:\n  - {id: A, kinds: [complaint], office: nowhere, topics: [x]}\n"
        "  - {id: A, kinds: [complaint], office: hanoi}",
    ),
    "a directory without its parts": partial(read_directory, "offices: []"),
    "a directory with offices that fit nowhere": partial(
        read_directory,
        OFFICES + "  - {code: x-1, kind: guild, vi: Một, en: One, parent: y, valid_to: 2020-01-01, successors: [z]}\n"
        "  - {code: hanoi-1, kind: unit, vi: Hai, en: Two, parent: hanoi-1, is_reception: true, successors: [hanoi-1]}\n"
        "  - {code: hanoi-1, kind: unit, vi: Ba, en: Three}\nheads: {nobody: x}\n",
    ),
    "an amendment with a day that does not exist": partial(read, CALENDAR, "calendar: hanoi\ndays_off: [{day: 2026-13-40}]"),
    "an amendment that changes nothing": partial(read, CALENDAR, "calendar: hanoi"),
    "an amendment that is a number": partial(read, CALENDAR, "7"),
    "a rule with an event that there is not": partial(
        read,
        RULE,
        "source: x\nannounced_on: 2026-01-01\nrules: [{id: A.B, version: 1, name_vi: x, name_en: x, step: x, start: [sung],"
        " met_by: [answered], limit: {amount: 5, unit: working_day}, citation: x, confirmation: TEXT, effective_from: 2026-01-01}]",
    ),
    "an amendment of a calendar that there is not": partial(_amended, CALENDAR, "calendar: atlantis\nofficial_through: 2028"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_each_mistake_of_a_file_is_said_in_one_language_with_its_place(wrong: Callable[[], object]) -> None:
    with pytest.raises(Malformed) as raised:
        wrong()
    vietnamese, english = told(raised.value, VIETNAMESE), told(raised.value, ENGLISH)
    assert len(vietnamese["errors"]) == len(english["errors"]) > 0
    for error, same in zip(vietnamese["errors"], english["errors"], strict=True):
        assert error["field"]
        for name in ("reason", "remedy"):
            assert error[name] != same[name]
            assert not LETTERS & set(same[name].replace("…", "")), same
            assert "·" not in error[name] + same[name]
        assert LETTERS & set(error["reason"]), error
        assert error["reason"] in vietnamese["detail"]
        assert same["reason"] in english["detail"]
    assert "dòng" not in english["detail"]
    assert not {"Input should", "Field required", "Value error", "there is", "it is"} & set(vietnamese["detail"].split(": "))


def test_the_line_of_a_mistake_stands_before_it() -> None:
    with pytest.raises(Malformed) as raised:
        read_table(HEAD + "rules: []\nmore: 1\n")
    assert told(raised.value, VIETNAMESE)["detail"] == "dòng 5, more: không có mục này"
    assert told(raised.value, ENGLISH)["detail"] == "line 5, more: no such entry"


def test_a_mistake_in_one_language_keeps_the_detail_that_it_came_with() -> None:
    error = Malformed("plain", code="odd_file", errors=[{"field": "f", "reason": "r", "remedy": "m"}])
    assert told(error, VIETNAMESE)["detail"] == "plain"
    assert in_one_language(both("một", "one"), language=ENGLISH) == "one"


def told(error: Malformed, language: str) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(bytes(response_to(error, language=language).body))
    return answer
