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
from shared.web.filing import Place, faults_in, unreadable

FileModel = TypeVar("FileModel", bound=BaseModel)

HELP = "docs/directory.md"
DEPTH_MAX = 20
_ALIAS = ("không được dùng tham chiếu (*tên) · aliases (*name) are not allowed", "ghi đầy đủ mục đó · write the entry out")
_TWICE = ("mục này có hai lần · the entry occurs twice", "chỉ giữ một · keep one of them")


@dataclass(frozen=True, slots=True)
class Read(Generic[FileModel]):
    """A file as its model, and where each of its entries stands."""

    content: FileModel
    lines: Mapping[Place, int]


def mistake(line: int, field: str, code: str, reason: str, remedy: str) -> dict[str, str]:
    """Return a mistake as it is shown to people, its reason and remedy in both languages."""
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
            raise refused("bad_file", [mistake(1, "file", "alias", *_ALIAS)])
        root = yaml.compose(content, Loader=yaml.SafeLoader)
        entries = list(_entries(root, ())) if root is not None else []
        raw = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        fault = unreadable(error)
        raise refused("bad_file", [mistake(fault.line, fault.field, fault.code, fault.reason, fault.remedy)]) from error
    lines: dict[Place, int] = {}
    twice = []
    for place, line in entries:
        if place in lines:
            twice.append((place, line))
        lines.setdefault(place, line)
    return Read(_checked(model, raw, lines, twice), lines)


def _checked(model: type[FileModel], raw: object, lines: Mapping[Place, int], twice: Sequence[tuple[Place, int]]) -> FileModel:
    found = [mistake(line, ".".join(map(str, place)), "duplicate_key", *_TWICE) for place, line in twice]
    try:
        read = model.model_validate(raw)
    except ValidationError as error:
        found += [
            mistake(_line(fault.place, lines), fault.field, fault.code, fault.reason, fault.remedy)
            for fault in faults_in(error, see=HELP)
        ]
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
        raise RecursionError(f"nested more than {DEPTH_MAX} deep")
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (*place, str(key.value)), key.start_mark.line + 1
            yield from _entries(value, (*place, str(key.value)))
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value.start_mark.line + 1
            yield from _entries(value, (*place, number))
