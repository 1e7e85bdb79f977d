"""What events and their fields mean, in Vietnamese and English: one table for AsyncAPI, the pages of events, and audit's traces.

Invariant: whatever is published has words in both languages (tests/unit/contracts/test_meanings.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.contracts.envelope import SUBJECT_ROOT, event_types

FOLDER = Path(__file__).parent
FIELDS, LISTS = "fields", "lists"
PETITION = "petition"


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    vi: str
    en: str

    def of(self, language: str) -> str:
        """Return the words of ``vi`` or ``en``."""
        return self.en if language == "en" else self.vi

    def __str__(self) -> str:
        return self.vi if self.vi == self.en else f"{self.vi} · {self.en}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One event in words. `of` is what its aggregate is: petition, office, calendar …; `example` is a whole body."""

    title: Words
    meaning: Words
    when: Words
    of: str
    fields: Mapping[str, Words]
    example: Mapping[str, Any]

    @property
    def may_be_sealed(self) -> bool:
        """Whether it is also said of denunciations, under ``sealed.``: what concerns a petition may be."""
        return self.of == PETITION

    def field(self, name: str, *, owner: str | None = None) -> Words | None:
        """Return what a field means; `owner` is the nested object that has it. None where nobody wrote it down."""
        return shared_fields().get(f"{owner}.{name}") if owner else self.fields.get(name) or shared_fields().get(name)


@cache
def meaning_of(event_type: str) -> Meaning | None:
    """Return what an event means, None where nobody wrote it down."""
    service, _, tail = event_type.removeprefix(f"{SUBJECT_ROOT}.").partition(".")
    given = _read(service).get(tail)
    if given is None:
        return None
    return Meaning(
        title=Words(*given["title"]),
        meaning=Words(*given["meaning"]),
        when=Words(*given["when"]),
        of=given["of"],
        fields={name: Words(*pair) for name, pair in given.get("fields", {}).items()},
        example=given["example"],
    )


@cache
def titles() -> Mapping[str, Words]:
    """Return what events are called, by their names without service and version: ``petition.lodged``."""
    found = (event_type.split(".", 2)[2].rpartition(".")[0] for event_type in event_types())
    told = (meaning_of(event_type) for event_type in event_types())
    return {name: meaning.title for name, meaning in zip(found, told, strict=True) if meaning is not None}


@cache
def shared_fields() -> Mapping[str, Words]:
    """Return what fields mean wherever their event says nothing else."""
    return {name: Words(*pair) for name, pair in _read(FIELDS).items()}


@cache
def listed_words(list_name: str) -> Mapping[str, Words]:
    """Return the words of a list, empty where nobody wrote them down."""
    return {str(word): Words(*pair) for word, pair in _read(LISTS).get(list_name, {}).items()}


@cache
def _read(name: str) -> Mapping[str, Any]:
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        return {}
    found: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_NoDates)  # noqa: S506 - a safe loader of ours
    return found


class _NoDates(yaml.CSafeLoader):
    """Reads days and instants as the text that they are in JSON."""


_NoDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
