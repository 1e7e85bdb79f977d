"""Procedures and lists of grounds as YAML files: read, checked, turned into the domain. Every mistake is named."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.routing.domain.definition import (
    Act,
    Ground,
    Need,
    Procedure,
    Procedures,
    Prohibition,
    Provision,
    State,
    mistakes_in,
)
from services.routing.wire.yaml_file import read_yaml
from shared.contracts.words import Kind, Role
from shared.contracts.words import Procedure as ProcedureName
from shared.kernel.refusals import Malformed

PROCEDURES = Path(__file__).resolve().parents[1] / "procedures"
GROUNDS_FILE = "grounds.yaml"
Confirmation = Literal["TEXT", "NEWS", "RECALL", "DESIGN", "UNCONFIRMED"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GroundEntry(_Strict):
    """A listed ground with its article."""

    vi: str
    en: str
    article: str


class GroundsFile(_Strict):
    """Lists of grounds, and how far the source of each list is confirmed."""

    confirmation: dict[str, Confirmation]
    lists: dict[str, dict[str, GroundEntry]]


class ActEntry(_Strict):
    """An act in a procedure: out of which states, into which (none: it stays), by whom, with what, by which article."""

    act: Act
    sources: list[State] = Field(alias="from", min_length=1)
    to: State | None = None
    who: list[Role | Literal["petitioner"]] = Field(min_length=1)
    needs: list[Need] = Field(default_factory=list)
    grounds: str | None = None
    most: int | None = Field(default=None, ge=1)
    within_days: int | None = Field(default=None, ge=1)
    when_overdue: bool = False
    limit: list[str] = Field(default_factory=list)
    into: list[ProcedureName] = Field(default_factory=list)
    article: str


class ForbiddenEntry(_Strict):
    """An act that a procedure does not know, and why."""

    act: Act
    reason_vi: str
    reason_en: str
    article: str


class ProcedureFile(_Strict):
    """A procedure."""

    id: ProcedureName
    kind: Kind
    name_vi: str
    name_en: str
    citation: str
    confirmation: Confirmation
    acts: list[ActEntry] = Field(min_length=1)
    forbidden: list[ForbiddenEntry] = Field(default_factory=list)


def shipped_procedures() -> Procedures:
    """Return the procedures that come with this service. Raises Malformed naming every mistake."""
    grounds = read_yaml(GroundsFile, (PROCEDURES / GROUNDS_FILE).read_text(encoding="utf-8")).content
    paths = sorted(path for path in PROCEDURES.glob("*.yaml") if path.name != GROUNDS_FILE)
    return together([read_yaml(ProcedureFile, path.read_text(encoding="utf-8")).content for path in paths], grounds)


def together(files: list[ProcedureFile], grounds: GroundsFile) -> Procedures:
    """Return procedures with their grounds. Raises Malformed: a list that is not there, a dead end, a procedure without file."""
    lists = {name: _grounds(entries) for name, entries in grounds.lists.items()}
    mistakes = [
        f"{file.id}: {entry.act} names the list {entry.grounds}, which is not there"
        for file in files
        for entry in file.acts
        if entry.grounds is not None and entry.grounds not in lists
    ]
    mistakes += [f"list {name}: say how far it is confirmed" for name in sorted(lists.keys() - grounds.confirmation.keys())]
    found = {str(file.id): _procedure(file, lists) for file in files}
    mistakes += [f"{name}: there is no file" for name in ProcedureName if name not in found]
    mistakes += [mistake for procedure in found.values() for mistake in mistakes_in(procedure, found)]
    if mistakes:
        raise Malformed("; ".join(mistakes), code="bad_procedure")
    return MappingProxyType({str(name): found[name] for name in ProcedureName})


def _procedure(file: ProcedureFile, lists: Mapping[str, Mapping[str, Ground]]) -> Procedure:
    provisions = {entry.act: _provision(entry, lists) for entry in file.acts}
    prohibitions = {
        entry.act: Prohibition(entry.act, entry.reason_vi, entry.reason_en, entry.article) for entry in file.forbidden
    }
    return Procedure(
        id=str(file.id),
        kind=str(file.kind),
        name_vi=file.name_vi,
        name_en=file.name_en,
        citation=file.citation,
        confirmation=file.confirmation,
        provisions=MappingProxyType(provisions),
        prohibitions=MappingProxyType(prohibitions),
    )


def _provision(entry: ActEntry, lists: Mapping[str, Mapping[str, Ground]]) -> Provision:
    return Provision(
        act=entry.act,
        sources=frozenset(entry.sources),
        target=entry.to,
        roles=frozenset(str(role) for role in entry.who),
        article=entry.article,
        needs=frozenset(entry.needs),
        grounds=lists.get(entry.grounds or "", {}),
        most=entry.most,
        within_days=entry.within_days,
        when_overdue=entry.when_overdue,
        limit=tuple(entry.limit),
        into=frozenset(str(name) for name in entry.into),
    )


def _grounds(entries: Mapping[str, GroundEntry]) -> Mapping[str, Ground]:
    return MappingProxyType({code: Ground(entry.vi, entry.en, entry.article) for code, entry in entries.items()})
