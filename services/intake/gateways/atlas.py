"""The city's map: borders of communes where the operator has given a file of them, else their centres, which are shipped."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from shapely import Point, STRtree
from shapely.errors import ShapelyError
from shapely.geometry import shape

from services.intake.domain.locating import Former, Formers, Gazetteer, Origin
from shared.kernel.refusals import Malformed

PLACES = Path(__file__).resolve().parent.parent / "places"
CODE_PROPERTIES = ("commune", "code", "ma_xa", "wardCode")
KILOMETRES_MAX = 12.0
"""Farther from every centre than this a place lies outside the city."""
_KILOMETRES_PER_DEGREE = 111.32
_SHRINK = math.cos(math.radians(21.0))


class MapAtlas:
    """Borders and centres as trees; a point costs some 20 µs."""

    def __init__(self, centres: Path, polygons: Path | None) -> None:
        rows = [(row["commune"], float(row["latitude"]), float(row["longitude"])) for row in _rows(centres)]
        self._codes = [code for code, _, _ in rows]
        self._centres = STRtree([_flat(latitude, longitude) for _, latitude, longitude in rows])
        borders = list(_borders(polygons)) if polygons else []
        self._bordered = [code for code, _ in borders]
        self._borders = STRtree([border for _, border in borders]) if borders else None

    def commune_at(self, latitude: float, longitude: float) -> tuple[str, Origin] | None:
        if self._borders is not None:
            inside = self._borders.query(Point(longitude, latitude), predicate="intersects")
            return (self._bordered[int(inside[0])], Origin.POLYGON) if len(inside) else None
        here = _flat(latitude, longitude)
        place = self._centres.nearest(here)
        if place is None or here.distance(self._centres.geometries[place]) * _KILOMETRES_PER_DEGREE > KILOMETRES_MAX:
            return None
        return self._codes[int(place)], Origin.NEAREST


def gazetteer(polygons: Path | None) -> Gazetteer:
    """Return all that tells where a place lies. Raises Malformed where the operator's file cannot be used, saying why."""
    formers = [Former(row["district"], row["commune"], tuple(row["successors"].split())) for row in _rows(_FORMERS)]
    return Gazetteer(Formers(formers), MapAtlas(_CENTRES, polygons))


_FORMERS, _CENTRES = PLACES / "former_communes.csv", PLACES / "centres.csv"


def _flat(latitude: float, longitude: float) -> Point:
    """Return a point on which distances are the same in every direction, in degrees of latitude."""
    return Point(longitude * _SHRINK, latitude)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _borders(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        features = orjson.loads(path.read_bytes())["features"]
        for number, feature in enumerate(features, start=1):
            properties = feature["properties"]
            code = next((str(properties[name]) for name in CODE_PROPERTIES if properties.get(name)), None)
            if code is None:
                names = ", ".join(CODE_PROPERTIES)
                raise Malformed(f"{path.name}: feature {number} has none of {names}", code="polygons_file")
            yield code, shape(feature["geometry"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        why = f"{path.name} is no GeoJSON FeatureCollection of communes: {type(error).__name__} {error}"
        raise Malformed(why, code="polygons_file") from error
