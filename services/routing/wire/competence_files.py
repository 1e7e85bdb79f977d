"""The competence tables and the topics as YAML files: read, checked, turned into the domain. Every mistake is named."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.routing.domain.competence import Rule, Table, mistakes_in_tables
from services.routing.domain.mistakes import Mistake
from services.routing.domain.topics import Lexicon, Restricted, Topic
from services.routing.wire.directory_file import LoadedDirectory
from services.routing.wire.yaml_file import read_yaml
from shared.contracts.words import Kind
from shared.kernel.refusals import Malformed

COMPETENCE = Path(__file__).resolve().parents[1] / "competence"
TOPICS = COMPETENCE / "topics.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleEntry(_Strict):
    """A rule in a competence file."""

    id: str
    kinds: list[Kind] = Field(min_length=1)
    topics: list[str] = Field(default_factory=list)
    needs_commune: bool = False
    ranks: list[Literal["staff", "deputy", "head", "unknown"]] = Field(default_factory=list)
    spans: bool | None = None
    office: str


class CompetenceFile(_Strict):
    """A version of a competence table."""

    jurisdiction: str
    version: str = Field(pattern=r"^[0-9A-Za-z._-]{1,40}$")
    valid_from: date
    valid_to: date | None = None
    rules: list[RuleEntry]


class TopicEntry(_Strict):
    """A topic with its words; those under `accented` count only in texts that are written with accents."""

    vi: str
    en: str
    is_physical: bool
    words: list[str]
    accented: list[str] = Field(default_factory=list)


class RestrictedEntry(_Strict):
    """Words that make a text a denunciation or a complaint."""

    words: list[str]
    accented: list[str] = Field(default_factory=list)


class TopicsFile(_Strict):
    """Topics, words of danger, and words that no topic beats."""

    version: str
    urgent: list[str]
    restricted: dict[Literal["denunciation", "complaint"], RestrictedEntry] = Field(default_factory=dict)
    topics: dict[str, TopicEntry]


def shipped_lexicon() -> Lexicon:
    """Return the topics that come with this service. Raises Malformed."""
    return read_lexicon(TOPICS.read_text(encoding="utf-8"))


def read_lexicon(content: str) -> Lexicon:
    """Read a file of topics. Raises Malformed."""
    file = read_yaml(TopicsFile, content).content
    topics = [Topic(code, t.vi, t.en, t.is_physical, tuple(t.words), tuple(t.accented)) for code, t in file.topics.items()]
    restricted = [Restricted(kind, tuple(said.words), tuple(said.accented)) for kind, said in file.restricted.items()]
    return Lexicon(topics, urgent=file.urgent, version=file.version, restricted=restricted)


def shipped_tables() -> list[Table]:
    """Return the competence tables that come with this service. Raises Malformed."""
    paths = sorted(path for path in COMPETENCE.glob("*.yaml") if path != TOPICS)
    return [read_table(path.read_text(encoding="utf-8")) for path in paths]


def read_table(content: str) -> Table:
    """Read a competence table. Raises Malformed."""
    file = read_yaml(CompetenceFile, content).content
    rules = tuple(
        Rule(
            id=rule.id,
            kinds=tuple(rule.kinds),
            office=rule.office,
            topics=tuple(rule.topics),
            needs_commune=rule.needs_commune,
            ranks=tuple(rule.ranks),
            spans=rule.spans,
        )
        for rule in file.rules
    )
    return Table(file.jurisdiction, file.version, file.valid_from, rules, file.valid_to)


def check_together(tables: Sequence[Table], directories: Sequence[LoadedDirectory], lexicon: Lexicon) -> None:
    """Raise Malformed where a table names an office or a topic that is not there, or two are in force at the same time."""
    offices = {directory.jurisdiction: {office.code for office in directory.offices} for directory in directories}
    mistakes = mistakes_in_tables(tables, offices=offices, topics=lexicon.topics.keys())
    if mistakes:
        raise as_malformed(mistakes)


def as_malformed(mistakes: Sequence[Mistake]) -> Malformed:
    """Return the mistakes of tables as they are told."""
    errors = [{"field": m.place, "code": m.code, "reason": m.reason, "remedy": m.remedy} for m in mistakes]
    return Malformed("; ".join(f"{m.place}: {m.reason}" for m in mistakes), code="bad_competence", errors=errors)
