"""Problems in people's language: one wording for a code, no place unfilled, codes with their names, one language at a time."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import orjson
import pytest

from deploy.house import room
from deploy.names import SERVICES
from services.escalation.api.problems import register_problems
from services.intake.app import _PROBLEMS as INTAKE_WORDS
from services.intake.domain import code as codes
from services.intake.domain import phrase
from services.intake.wire.voters import read_voters
from services.notify.api.problems import register_problems as register_of_notify
from services.routing.api.acts import seen_version
from services.routing.api.names import register_words
from services.routing.domain.entry import stated
from services.routing.wire.procedure_files import shipped_procedures
from shared.kernel.refusals import Malformed
from shared.web import problems
from shared.web.catalogue import in_one_language, registered
from shared.web.language import ENGLISH, VIETNAMESE
from shared.web.paging import place_of
from shared.web.problems import problem, response_to

VIETNAMESE_LETTERS = set("ăđơưạảấầẩậắằẵặẹẻẽềểễệỉịọỏốồổỗộớờởợụủứừửữựỳỹ")
ROOT = Path(__file__).resolve().parents[3]
ERRORS = {"Refused", "Unknown", "NotAllowed", "Malformed", "Outdated"}
IN_THE_ASKERS_LANGUAGE = {"malformed", "petition_malformed"}
"""Their detail is made of their mistakes, in the language that was asked for."""
AT_START = {"bad_settings", "petition_unknown", "bad_signing_key", "bad_accounts_file", "bad_credentials", "bad_token"}
"""Said at a start, or of a message, never to who asks at a door."""
INSIDE = {
    "envelope",
    "settings",
    "wire",
    "gateways",
    "migrations",
    "cipher",
    "tokens",
    "rulebook",
    "timetable",
    "calendar",
    "counting",
}
"""Rooms that read files, settings, the bus and the rules: what they find wrong ends a start or a message, not a request."""


def said(code: str, language: str = VIETNAMESE, detail: str = "plain", **facts: Any) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(bytes(problem(409, code, language=language, detail=detail, facts=facts).body))
    return answer


@pytest.fixture(scope="module", autouse=True)
def _all_words() -> None:
    """Let every service say its words, as in a city of one process."""
    for service in SERVICES:
        room(service)
    problems.register(INTAKE_WORDS)
    register_problems()
    register_of_notify()
    register_words(shipped_procedures())


def test_a_code_that_has_other_words_already_is_not_registered_again() -> None:
    problems.register({"once_only": ("Một {a}.", "One {a}.")})
    problems.register({"once_only": ("Một {a}.", "One {a}.")})
    with pytest.raises(ValueError, match="once_only"):
        problems.register({"once_only": ("Hai {b}.", "Two {b}.")})
    with pytest.raises(ValueError, match="accepted"):
        problems.register_names("state", {"accepted": ("khác", "other")})


def test_both_languages_have_the_same_places() -> None:
    per_language = {"reason_vi", "reason_en"}
    wrong = [code for code, words in registered().items() if (_places(words.vi) ^ _places(words.en)) - per_language]
    assert wrong == []


def test_each_refusal_in_the_code_gives_the_facts_that_its_words_need() -> None:
    known = registered()
    wrong = []
    checked = 0
    for place, code, facts in _raised():
        if code in known and facts is not None:
            checked += 1
            missing = (_places(known[code].vi) | _places(known[code].en)) - facts
            wrong += [f"{place} {code}: {sorted(missing)}"] if missing else []
    assert wrong == []
    assert checked > 60


def test_every_code_that_a_door_may_answer_has_words_in_both_languages() -> None:
    known = registered()
    said_nowhere = {
        f"{place} {code}"
        for place, code, _ in _raised()
        if code not in known and code not in IN_THE_ASKERS_LANGUAGE | AT_START and not INSIDE & set(re.split(r"[/.]", place))
    }
    assert said_nowhere == set()


def test_words_that_lack_a_fact_are_never_shown_with_the_place_open() -> None:
    answer = said("decided_by_others", article="Điều 11a")
    assert answer["detail"] == "plain"
    assert said("decided_by_others", detail="", article="Điều 11a")["detail"] == answer["title"]


def test_codes_in_a_sentence_are_called_by_their_names_and_stay_codes_as_facts() -> None:
    facts = {"state": "accepted", "article": "Điều 5", "possible": "answer, transfer"}
    vietnamese, english = said("not_possible_now", **facts), said("not_possible_now", ENGLISH, **facts)
    assert "đang giải quyết (accepted)" in vietnamese["detail"]
    assert "trả lời (answer), chuyển (transfer)" in vietnamese["detail"]
    assert "being dealt with (accepted)" in english["detail"]
    assert (vietnamese["state"], vietnamese["possible"]) == ("accepted", "answer, transfer")
    assert "người đứng đầu cơ quan (head)" in said("decided_by_others", article="Điều 8", possible="head")["detail"]


def test_every_ground_that_is_possible_is_called_by_its_name() -> None:
    for procedure in shipped_procedures().values():
        for provision in procedure.provisions.values():
            facts = {"ground": "x", "reason": "x", "possible": ", ".join(provision.grounds), "article": "Điều 5"}
            vietnamese, english = said("unlisted_ground", **facts), said("unlisted_ground", ENGLISH, **facts)
            for code, ground in provision.grounds.items():
                assert f"{ground.vi} ({code})" in vietnamese["detail"]
                assert f"{ground.en} ({code})" in english["detail"]


def test_facts_that_say_nothing_are_left_out_and_lists_are_written_as_people_write_them() -> None:
    answer = said("request_unanswered", numbers=[1, 2, 4], article="Điều 31", lead="", possible="-", codes=[])
    assert "1, 2 và 4" in answer["detail"]
    assert {"lead", "possible", "codes"}.isdisjoint(answer)
    assert answer["numbers"] == [1, 2, 4]
    assert "Có thể: không có" in said("not_possible_now", state="closed", article="Điều 5", possible="-")["detail"]


def test_remedies_are_in_the_language_that_was_asked_for() -> None:
    error = Malformed(
        "x", code="bad_cursor", errors=[{"field": "cursor", "reason": "unreadable", "remedy": "gửi lại · send again"}]
    )
    for language, remedy in ((VIETNAMESE, "gửi lại"), (ENGLISH, "send again")):
        assert orjson.loads(bytes(response_to(error, language=language).body))["errors"][0]["remedy"] == remedy
    assert in_one_language("một chiều", language=ENGLISH) == "một chiều"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(lambda: codes.parse("HN8K"), id="a code too short"),
        pytest.param(lambda: codes.parse("HN8K-2FQ7-XM3Q"), id="a code misread"),
        pytest.param(lambda: phrase.parse("mot hai"), id="a phrase too short"),
        pytest.param(lambda: place_of("x"), id="a cursor"),
        pytest.param(lambda: stated(None, "12/BC"), id="a stated time"),
        pytest.param(lambda: seen_version(None, None), id="no version"),
        pytest.param(lambda: seen_version(1, '"2"'), id="two versions"),
        pytest.param(lambda: seen_version(None, "*"), id="any version"),
        pytest.param(lambda: read_voters([]), id="a file without a head"),
    ],
)
def test_each_mistake_says_what_to_do_in_both_languages(error: Callable[[], object]) -> None:
    with pytest.raises(Malformed) as raised:
        error()
    told = [
        [item["remedy"] for item in orjson.loads(bytes(response_to(raised.value, language=language).body))["errors"]]
        for language in (VIETNAMESE, ENGLISH)
    ]
    assert all(len({written, english}) == 2 for written, english in zip(*told, strict=True))
    assert not VIETNAMESE_LETTERS & set("".join(told[1]).lower().replace("“", ""))
    assert VIETNAMESE_LETTERS & set("".join(told[0]).lower())


def _places(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("services", "shared"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _raised() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield where each of our errors is made with a code, and its facts; None where the code alone cannot say them."""
    for path, tree in _trees():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ERRORS:
                        given = {word.arg: word.value for word in call.keywords}
                        if isinstance(code := given.get("code"), ast.Constant):
                            yield f"{path}:{call.lineno}", str(code.value), _facts_of(given.get("facts"), function)


def _facts_of(node: ast.expr | None, function: ast.AST) -> set[str] | None:
    """Return the names of the facts that an expression gives, as far as the function itself says them."""
    match node:
        case None:
            return set()
        case ast.Dict(keys=keys, values=values):
            parts = [
                {str(key.value)} if isinstance(key, ast.Constant) else _facts_of(value, function) if key is None else None
                for key, value in zip(keys, values, strict=True)
            ]
        case ast.BinOp(left=left, right=right):
            parts = [_facts_of(left, function), _facts_of(right, function)]
        case ast.Name(id=name):
            parts = list(_assigned(name, function))
        case _:
            return None
    return None if not parts or None in parts else set().union(*(part for part in parts if part is not None))


def _assigned(name: str, function: ast.AST) -> Iterator[set[str] | None]:
    for node in ast.walk(function):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        for target in targets:
            if isinstance(target, ast.Name) and target.id == name:
                yield _facts_of(node.value, function)  # type: ignore[attr-defined]  # both kinds of assignment have one
            elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id == name:
                yield {str(target.slice.value)} if isinstance(target.slice, ast.Constant) else None
