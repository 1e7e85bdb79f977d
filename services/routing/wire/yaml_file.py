"""Reading a YAML file so that every mistake can be shown at its line. Raises Malformed.

Aliases are refused: nobody needs them here, and a few nested ones would unfold into gigabytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, SequenceNode

from shared.kernel.refusals import Malformed

Place = tuple[str | int, ...]
FileModel = TypeVar("FileModel", bound=BaseModel)

DEPTH_MAX = 20
_MESSAGE_MAX = 200
_REMEDIES = {
    "missing": "add it",
    "extra_forbidden": "leave it out, or correct its name",
    "string_type": "put it in quotation marks",
    "date_from_datetime_parsing": "write the day as 2025-07-01",
    "date_parsing": "write the day as 2025-07-01",
    "date_type": "write the day as 2025-07-01",
}


@dataclass(frozen=True, slots=True)
class Read(Generic[FileModel]):
    """A file as its model, and where each of its entries stands."""

    content: FileModel
    lines: Mapping[Place, int]


def mistake(line: int, field: str, code: str, reason: str, remedy: str) -> dict[str, str]:
    """Return a mistake as it is shown to people."""
    return {"line": str(line), "field": field, "code": code, "reason": reason, "remedy": remedy}


def refused(code: str, mistakes: Sequence[dict[str, str]]) -> Malformed:
    """Return the error that names all `mistakes`, in the order of the file."""
    ordered = sorted(mistakes, key=lambda each: int(each["line"]))
    detail = "; ".join(f"line {each['line']}, {each['field']}: {each['reason']}" for each in ordered)
    return Malformed(detail, code=code, errors=ordered)


def read_yaml(model: type[FileModel], content: str) -> Read[FileModel]:
    """Read `content` as `model`. Raises Malformed naming every line that is not right."""
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(content)):
            raise refused("bad_file", [mistake(1, "file", "alias", "aliases (*name) are not allowed", "write the entry out")])
        root = yaml.compose(content, Loader=yaml.SafeLoader)
        entries = list(_entries(root, ())) if root is not None else []
        raw = yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reason = (error.problem or "this is not YAML")[:_MESSAGE_MAX]
        raise refused("bad_file", [mistake(line, "file", "not_yaml", reason, "correct the line")]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise refused("bad_file", [mistake(1, "file", "not_yaml", str(error)[:_MESSAGE_MAX], "save it as UTF-8 text")]) from error
    lines: dict[Place, int] = {}
    twice = []
    for place, line in entries:
        if place in lines:
            twice.append((place, line))
        lines.setdefault(place, line)
    return Read(_checked(model, raw, lines, twice), lines)


def _checked(model: type[FileModel], raw: object, lines: Mapping[Place, int], twice: Sequence[tuple[Place, int]]) -> FileModel:
    found = [
        mistake(line, ".".join(map(str, place)), "duplicate_key", "the entry occurs twice", "keep one of them")
        for place, line in twice
    ]
    try:
        read = model.model_validate(raw)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            place = tuple(part for part in item["loc"] if part != "[key]")
            remedy = _REMEDIES.get(item["type"], "see docs/directory.md")
            found.append(mistake(_line(place, lines), ".".join(map(str, place)) or "file", item["type"], item["msg"], remedy))
        raise refused("bad_file", found) from error
    if found:
        raise refused("bad_file", found)
    return read


def _line(place: Place, lines: Mapping[Place, int]) -> int:
    """Return the line of a place, or of the nearest entry around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _entries(node: Node, place: Place) -> Iterator[tuple[Place, int]]:
    """Yield every entry with its line (from 1)."""
    if len(place) > DEPTH_MAX:
        raise ValueError(f"nested more than {DEPTH_MAX} deep")
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (*place, str(key.value)), key.start_mark.line + 1
            yield from _entries(value, (*place, str(key.value)))
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value.start_mark.line + 1
            yield from _entries(value, (*place, number))
