"""The events of the SDK: the contracts as they stand, under other names of their imports. One source, no model written twice."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import shared.contracts.words
from shared.contracts.envelope import EventBody, event_types

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "sdk" / "caunoi_sdk" / "events"
BASE = "caunoi_sdk.events.base"
HEAD = "# Made from shared/contracts by `caunoi events docs`: edit these instead.\n"
_IMPORT = re.compile(r"^from shared\.contracts\.(\w+) import ", re.MULTILINE)


def models_due() -> Iterator[tuple[Path, str]]:
    """Yield each module of the SDK's events that is not what the contracts give, with what it is to hold; and the index."""
    modules = _modules()
    for name in modules:
        source = Path(sys.modules[f"shared.contracts.{name}"].__file__ or "").read_text(encoding="utf-8")
        yield from _different(FOLDER / f"{name}.py", _translated(source))
    yield from _different(FOLDER / "__init__.py", _index(modules))


def _modules() -> list[str]:
    """Return the modules of contracts that hold events, with those that these import."""
    found = {model.__module__.rsplit(".", 1)[1] for model in event_types().values()}
    found.add(shared.contracts.words.__name__.rsplit(".", 1)[1])
    while True:
        texts = [Path(sys.modules[f"shared.contracts.{name}"].__file__ or "").read_text(encoding="utf-8") for name in found]
        more = {name for text in texts for name in _IMPORT.findall(text)} - found - {"envelope"}
        if not more:
            return sorted(found)
        found |= more


def _translated(source: str) -> str:
    """Return a module of contracts as one of the SDK: lists of words are open, and the base is the SDK's."""
    text = source.replace("from shared.contracts.envelope import", f"from {BASE} import")
    text = _IMPORT.sub(r"from caunoi_sdk.events.\1 import ", text)
    text = text.replace("from enum import StrEnum\n", f"from {BASE} import OpenWord\n").replace("(StrEnum)", "(OpenWord)")
    return HEAD + text


def _index(modules: list[str]) -> str:
    """Return the package's own module: every event by its name."""
    names: dict[str, list[str]] = {}
    for model in event_types().values():
        names.setdefault(model.__module__.rsplit(".", 1)[1], []).append(model.__name__)
    lines = [HEAD, '"""Every event that the services of Cầu Nối say, typed: one frozen model each."""\n\n']
    lines.append(f"from {BASE} import {EventBody.__name__}, OpenWord, event_types, model_of\n")
    for name in modules:
        if name in names:
            listed = "".join(f"    {each},\n" for each in sorted(names[name]))
            lines.append(f"from caunoi_sdk.events.{name} import (\n{listed})\n")
    exported = sorted(
        [EventBody.__name__, "OpenWord", "event_types", "model_of", *(each for group in names.values() for each in group)]
    )
    lines.append("\n__all__ = [\n" + "".join(f'    "{each}",\n' for each in exported) + "]\n")
    return "".join(lines)


def _different(path: Path, text: str) -> Iterator[tuple[Path, str]]:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        yield path, text
