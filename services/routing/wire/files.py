"""Directory, competence and topics as YAML files: read, checked, turned into the domain. Every mistake is named."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.routing.domain.competence import Rule, Table
from services.routing.domain.directory import CITY, COMMUNE, Office, mistakes_in
from services.routing.domain.topics import Lexicon, Topic
from shared.contracts.words import Kind
from shared.kernel.refusals import Malformed

HERE = Path(__file__).resolve().parents[1]
DIRECTORIES = HERE / "directory"
COMPETENCE = HERE / "competence"
MAIL_DOMAIN = "example"
COMMUNE_CODE = r"^[0-9]{5}$"
_COMMUNE_NAMES = {"phuong": ("Uỷ ban nhân dân phường", "ward"), "xa": ("Uỷ ban nhân dân xã", "commune")}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OfficeEntry(_Strict):
    """An office in a directory file; dates default to those of the file."""

    code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    kind: str
    vi: str
    en: str
    parent: str | None = None
    is_reception: bool = False
    mailbox: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successors: list[str] = Field(default_factory=list)


class DirectoryFile(_Strict):
    """A directory of one jurisdiction."""

    jurisdiction: str = Field(pattern=r"^[a-z][a-z0-9]{0,31}$")
    version: str
    valid_from: date
    offices: list[OfficeEntry]
    communes: dict[str, dict[str, str]] = Field(default_factory=dict)


class RuleEntry(_Strict):
    """A rule in a competence file."""

    id: str
    kinds: list[Kind]
    topics: list[str] = Field(default_factory=list)
    needs_commune: bool = False
    office: str


class CompetenceFile(_Strict):
    """A version of a competence table."""

    jurisdiction: str
    version: str
    valid_from: date
    valid_to: date | None = None
    rules: list[RuleEntry]


class TopicEntry(_Strict):
    """A topic with its words."""

    vi: str
    en: str
    is_physical: bool
    words: list[str]


class TopicsFile(_Strict):
    """Topics and words of danger."""

    version: str
    urgent: list[str]
    topics: dict[str, TopicEntry]


@dataclass(frozen=True, slots=True)
class LoadedDirectory:
    """A checked directory with the digest of what it was read from."""

    jurisdiction: str
    version: str
    sha256: str
    offices: tuple[Office, ...]


def read_directory(content: str) -> LoadedDirectory:
    """Read and check a directory. Raises Malformed listing every mistake."""
    file = _parsed(DirectoryFile, content)
    offices = [*_entries(file), *_communes(file)]
    mistakes = mistakes_in(offices)
    if mistakes:
        errors = [{"field": m.office, "code": m.code, "reason": m.reason, "remedy": m.remedy} for m in mistakes]
        raise Malformed("; ".join(f"{m.office}: {m.reason}" for m in mistakes), code="bad_directory", errors=errors)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return LoadedDirectory(file.jurisdiction, file.version, digest, tuple(offices))


def shipped_directories() -> list[LoadedDirectory]:
    """Return the directories that come with this service."""
    return [read_directory(path.read_text(encoding="utf-8")) for path in sorted(DIRECTORIES.glob("*.yaml"))]


def shipped_tables() -> list[Table]:
    """Return the competence tables that come with this service. Raises Malformed."""
    paths = sorted(path for path in COMPETENCE.glob("*.yaml") if path.name != "topics.yaml")
    return [_table(_parsed(CompetenceFile, path.read_text(encoding="utf-8"))) for path in paths]


def shipped_lexicon() -> Lexicon:
    """Return the topics that come with this service. Raises Malformed."""
    file = _parsed(TopicsFile, (COMPETENCE / "topics.yaml").read_text(encoding="utf-8"))
    topics = [Topic(code, t.vi, t.en, t.is_physical, tuple(t.words)) for code, t in file.topics.items()]
    return Lexicon(topics, urgent=file.urgent, version=file.version)


def _parsed(model: type[Any], content: str) -> Any:
    try:
        return model.model_validate(yaml.safe_load(content))
    except yaml.YAMLError as error:
        raise Malformed(f"not YAML: {error}", code="bad_file", errors=[]) from error
    except ValidationError as error:
        errors = [
            {"field": ".".join(map(str, item["loc"])), "reason": item["msg"], "remedy": "see docs/directory.md"}
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise Malformed("; ".join(f"{e['field']}: {e['reason']}" for e in errors), code="bad_file", errors=errors) from error


def _entries(file: DirectoryFile) -> Iterable[Office]:
    for entry in file.offices:
        yield Office(
            code=entry.code,
            jurisdiction=file.jurisdiction,
            kind=entry.kind,
            name_vi=entry.vi,
            name_en=entry.en,
            valid_from=entry.valid_from or file.valid_from,
            valid_to=entry.valid_to,
            parent=entry.parent,
            is_reception=entry.is_reception,
            mailbox=entry.mailbox or _mailbox(entry.code, file.jurisdiction),
            successors=tuple(entry.successors),
        )


def _communes(file: DirectoryFile) -> Iterable[Office]:
    """Communes are written short: kind, national code, name. Their parent is the city."""
    city = next((entry.code for entry in file.offices if entry.kind == CITY), None)
    for kind, communes in file.communes.items():
        vi, en = _COMMUNE_NAMES.get(kind, (kind, kind))
        for number, name in communes.items():
            code = f"{file.jurisdiction}-{number}"
            yield Office(
                code=code,
                jurisdiction=file.jurisdiction,
                kind=COMMUNE,
                name_vi=f"{vi} {name}",
                name_en=f"People's Committee of {name} {en}",
                valid_from=file.valid_from,
                parent=city,
                mailbox=_mailbox(code, file.jurisdiction),
            )


def _mailbox(code: str, jurisdiction: str) -> str:
    return f"{code.lower()}@{jurisdiction}.{MAIL_DOMAIN}"


def _table(file: CompetenceFile) -> Table:
    rules = tuple(
        Rule(
            id=rule.id,
            kinds=tuple(rule.kinds),
            office=rule.office,
            topics=tuple(rule.topics),
            needs_commune=rule.needs_commune,
        )
        for rule in file.rules
    )
    return Table(file.jurisdiction, file.version, file.valid_from, rules, file.valid_to)
