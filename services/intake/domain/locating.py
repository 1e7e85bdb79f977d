"""In which commune a petition lies where no number says it: by name, by a name of before 1 July 2025, by coordinate.

A former commune that went into one is that one; one that was split among several is for a person to place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from services.intake.domain.lodging import WITH_COMMUNES, Lodging
from services.intake.domain.places import COMMUNE_DIGITS, Communes, fold

_UNIT = re.compile(r"^(phuong|xa|thi tran|quan|huyen|thi xa|thanh pho) ")
_FORMER = re.compile(r"\s*\(?\bcu\b\)?\s*$")


class Origin(StrEnum):
    """How the commune of a petition is known. SPLIT: it is not; a former commune was named that went into several."""

    GIVEN = "given"
    NAME = "name"
    FORMER = "former"
    POLYGON = "polygon"
    NEAREST = "nearest"
    SPLIT = "split"


class Atlas(Protocol):
    """Knows in which commune a coordinate lies."""

    def commune_at(self, latitude: float, longitude: float) -> tuple[str, Origin] | None:
        """Return the commune and whether its border or its centre says so; None outside the city."""
        ...


@dataclass(frozen=True, slots=True)
class Former:
    """A commune that ended on 30 June 2025, the district that it was in, and the communes into which its area went."""

    district: str
    name: str
    successors: tuple[str, ...]


class Formers:
    """Former communes by their names, accents aside."""

    def __init__(self, formers: Sequence[Former] = ()) -> None:
        self._by_name: dict[str, list[Former]] = {}
        for former in formers:
            for name in {fold(former.name), _UNIT.sub("", fold(former.name))}:
                self._by_name.setdefault(name, []).append(former)

    def named(self, written: str) -> list[Former]:
        """Return those that "phường Phúc Xá" or "Phúc Xá, quận Ba Đình" may mean."""
        name, _, district = fold(written).partition(",")
        called = self._by_name.get(_FORMER.sub("", name).strip(), [])
        bare = _UNIT.sub("", district.strip())
        return [former for former in called if not bare or _UNIT.sub("", fold(former.district)) == bare]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All that tells where a place lies."""

    formers: Formers
    atlas: Atlas


def located(lodging: Lodging, communes: Communes, gazetteer: Gazetteer) -> Lodging:
    """Return a petition with the number of its commune where that can be told, and how it is known."""
    if lodging.jurisdiction != WITH_COMMUNES:
        return lodging
    if lodging.commune is None:
        return _by_coordinate(lodging, gazetteer.atlas)
    if lodging.commune.isdigit() and len(lodging.commune) == COMMUNE_DIGITS:
        return lodging
    return _by_name(lodging, lodging.commune, communes, gazetteer)


def _by_coordinate(lodging: Lodging, atlas: Atlas) -> Lodging:
    if lodging.latitude is None or lodging.longitude is None:
        return lodging
    found = atlas.commune_at(lodging.latitude, lodging.longitude)
    return replace(lodging, commune=found[0], commune_origin=found[1]) if found else lodging


def _by_name(lodging: Lodging, written: str, communes: Communes, gazetteer: Gazetteer) -> Lodging:
    """A living commune's name goes before a former one's, unless "cũ" (former) stands behind it.

    Of a former one that was split the coordinate tells which part is meant.
    """
    is_former = _FORMER.search(fold(written)) is not None
    living = None if is_former else communes.named(written)
    if living is not None:
        return replace(lodging, commune=living, commune_origin=Origin.NAME)
    called = gazetteer.formers.named(written)
    heirs = {code for former in called for code in former.successors}
    if len(heirs) == 1:
        return replace(lodging, commune=heirs.pop(), commune_origin=Origin.FORMER)
    if not heirs:
        return lodging  # what is wrong with it is told with near names
    by_place = _by_coordinate(replace(lodging, commune=None), gazetteer.atlas)
    if by_place.commune in heirs:
        return by_place
    place = ", ".join(part for part in (lodging.place, written) if part)
    return replace(lodging, commune=None, commune_origin=Origin.SPLIT, place=place)
