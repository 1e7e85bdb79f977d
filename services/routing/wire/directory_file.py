"""A directory of offices as a YAML file (docs/directory.md): read, checked, turned into the domain. Every mistake is named."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.routing.domain.directory import CITY, COMMUNE, Office
from services.routing.domain.directory_rules import mistakes_in
from services.routing.domain.mistakes import Mistake
from services.routing.wire.yaml_file import mistake, read_yaml, refused
from shared.kernel.refusals import Malformed
from shared.web.filing import Place

DIRECTORIES = Path(__file__).resolve().parents[1] / "directory"
MAIL_DOMAIN = "example"
NAME_CHARACTERS_MAX = 200
_COMMUNE_NAMES = {"phuong": ("Uỷ ban nhân dân phường", "ward"), "xa": ("Uỷ ban nhân dân xã", "commune")}

Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS_MAX)]
NationalCode = Annotated[str, Field(pattern=r"^[0-9]{5}$")]


class OfficeEntry(BaseModel):
    """An office in a directory file; dates default to those of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    kind: str
    vi: Name
    en: Name
    parent: str | None = None
    is_reception: bool = False
    mailbox: str | None = Field(default=None, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$", max_length=254)
    valid_from: date | None = None
    valid_to: date | None = None
    successors: list[str] = Field(default_factory=list)


class AbsenceEntry(BaseModel):
    """Days on which nobody leads an office; without `to_on` it lasts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    office: str
    from_on: date
    to_on: date | None = None


class DirectoryFile(BaseModel):
    """A directory of one jurisdiction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jurisdiction: str = Field(pattern=r"^[a-z][a-z0-9]{0,31}$")
    version: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$")
    valid_from: date
    offices: list[OfficeEntry]
    communes: dict[Literal["phuong", "xa"], dict[NationalCode, Name]] = Field(default_factory=dict)
    heads: dict[str, str] = Field(default_factory=dict, description="who leads an office: an opaque account, never a name")
    absences: list[AbsenceEntry] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LoadedDirectory:
    """A checked directory with the digest of what it was read from, and the line of each office."""

    jurisdiction: str
    version: str
    sha256: str
    offices: tuple[Office, ...]
    lines: Mapping[str, int]


def read_directory(content: str) -> LoadedDirectory:
    """Read and check a directory. Raises Malformed listing every mistake."""
    read = read_yaml(DirectoryFile, content)
    file = read.content
    offices = [_led(office, file) for office in (*_offices(file), *_communes(file))]
    lines = _lines(file, read.lines)
    mistakes = [*mistakes_in(offices), *_unknown_leaders(file, {office.code for office in offices})]
    if mistakes:
        raise as_malformed(mistakes, lines)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return LoadedDirectory(file.jurisdiction, file.version, digest, tuple(offices), lines)


def as_malformed(mistakes: Sequence[Mistake], lines: Mapping[str, int]) -> Malformed:
    """Return the error that shows each mistake at its line; what is about the whole file stands at line 1."""
    found = [mistake(lines.get(each.place, 1), each.place, each.code, each.reason, each.remedy) for each in mistakes]
    return refused("bad_directory", found)


def shipped_directories() -> list[LoadedDirectory]:
    """Return the directories that come with this service."""
    return [read_directory(path.read_text(encoding="utf-8")) for path in sorted(DIRECTORIES.glob("*.yaml"))]


def _led(office: Office, file: DirectoryFile) -> Office:
    """Return an office with who leads it and when nobody does."""
    absences = tuple((entry.from_on, entry.to_on) for entry in file.absences if entry.office == office.code)
    head = file.heads.get(office.code)
    return replace(office, head=head, absences=absences) if head or absences else office


def _unknown_leaders(file: DirectoryFile, known: AbstractSet[str]) -> Iterable[Mistake]:
    for code in sorted({*file.heads, *(entry.office for entry in file.absences)} - known):
        yield Mistake(
            code,
            "unknown_office",
            "heads hoặc absences nêu cơ quan không có trong danh bạ · heads or absences name an office that is not there",
            "ghi mã như trong offices · write its code as under offices",
        )


def _lines(file: DirectoryFile, places: Mapping[Place, int]) -> dict[str, int]:
    """Return the line of each office; of one that occurs twice, the later."""
    found = {entry.code: places["offices", number] for number, entry in enumerate(file.offices)}
    for kind, communes in file.communes.items():
        found |= {_commune_code(file, number): places["communes", kind, number] for number in communes}
    return found


def _offices(file: DirectoryFile) -> Iterable[Office]:
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
        vi, en = _COMMUNE_NAMES[kind]
        for number, name in communes.items():
            code = _commune_code(file, number)
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


def _commune_code(file: DirectoryFile, number: str) -> str:
    return f"{file.jurisdiction}-{number}"


def _mailbox(code: str, jurisdiction: str) -> str:
    return f"{code.lower()}@{jurisdiction}.{MAIL_DOMAIN}"
