"""Where a petition lies: by name, by a name of before July 2025, by the operator's borders, by the nearest centre."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.intake.domain.locating import Former, Formers, Gazetteer, Origin, located
from services.intake.domain.lodging import Lodging
from services.intake.domain.people import Contact
from services.intake.domain.places import Commune, Communes
from services.intake.gateways.atlas import PLACES, MapAtlas, gazetteer
from shared.kernel.refusals import Malformed

SINCE = date(2025, 7, 1)
COMMUNES = Communes(
    [
        Commune("00070", "Uỷ ban nhân dân phường Hoàn Kiếm", SINCE),
        Commune("00082", "Uỷ ban nhân dân phường Cửa Nam", SINCE),
        Commune("00004", "Uỷ ban nhân dân phường Ba Đình", SINCE),
    ]
)
SHIPPED = gazetteer(None)
LODGING = Lodging(
    kind="field_report",
    jurisdiction="hanoi",
    text="Đèn tắt.",
    topic=None,
    commune=None,
    latitude=None,
    longitude=None,
    place=None,
    contact=Contact(),
    channel="web",
    language="vi",
    urgency=None,
)


def found(gazetteer: Gazetteer = SHIPPED, **said: Any) -> tuple[str | None, str | None, str | None]:
    answer = located(replace(LODGING, **said), COMMUNES, gazetteer)
    return answer.commune, answer.commune_origin, answer.place


@pytest.mark.parametrize(
    ("written", "commune", "origin"),
    [
        ("00070", "00070", None),
        ("Hoàn Kiếm", "00070", Origin.NAME),
        ("phuong hoan kiem", "00070", Origin.NAME),
        ("Phường Cửa Nam", "00082", Origin.NAME),  # one that lives goes before the one of before
        ("Phường Hàng Bạc", "00070", Origin.FORMER),
        ("hang bac, quan hoan kiem", "00070", Origin.FORMER),
        ("Atlantis", "Atlantis", None),  # told as a mistake, with near names
    ],
)
def test_a_name_is_understood_with_and_without_accents(written: str, commune: str, origin: str | None) -> None:
    assert found(commune=written) == (commune, origin, None)


def test_a_former_commune_that_went_into_several_is_for_a_person_unless_the_place_says_which() -> None:
    assert found(commune="phường Cửa Nam cũ", place="số 5") == (None, Origin.SPLIT, "số 5, phường Cửa Nam cũ")
    assert found(commune="Xã Đại Áng") == (None, Origin.SPLIT, "Xã Đại Áng")  # a part of it went elsewhere
    heirs = {former.successors for former in SHIPPED.formers.named("phường Cửa Nam (cũ)")}
    assert all(len(successors) > 1 for successors in heirs)
    code, origin, _ = found(commune="phường Cửa Nam cũ", latitude=21.0262, longitude=105.8427)
    assert (code in {heir for each in heirs for heir in each}, origin) == (True, Origin.NEAREST)
    assert found(commune="phường Cửa Nam cũ", latitude=21.3, longitude=105.4)[:2] == (None, Origin.SPLIT)


def test_of_several_with_one_name_the_district_tells_which() -> None:
    formers = Formers([Former("Quận A", "Phường Nam", ("00070",)), Former("Huyện B", "Xã Nam", ("00004",))])
    atlas = Gazetteer(formers, SHIPPED.atlas)
    assert found(atlas, commune="Nam")[:2] == (None, Origin.SPLIT)
    assert found(atlas, commune="Nam, huyện B")[:2] == ("00004", Origin.FORMER)
    assert found(atlas, commune="Nam, a")[:2] == ("00070", Origin.FORMER)


def test_without_borders_the_nearest_centre_counts_and_nothing_far_outside() -> None:
    assert found(latitude=21.0394, longitude=105.8364)[:2] == ("00004", Origin.NEAREST)
    assert found(latitude=10.77, longitude=106.7)[:2] == (None, None)  # another city
    assert found(latitude=21.03, longitude=105.84, jurisdiction="boston")[:2] == (None, None)


def square(code: str, west: float, **properties: Any) -> dict[str, Any]:
    ring = [[west, 21.0], [west + 0.1, 21.0], [west + 0.1, 21.1], [west, 21.1], [west, 21.0]]
    return {"type": "Feature", "properties": {"code": code, **properties}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_the_operators_borders_go_before_centres_and_what_is_in_none_is_in_none(tmp_path: Path) -> None:
    file = tmp_path / "communes.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [square("00070", 105.8), square("00004", 105.9)]}))
    drawn = gazetteer(file)
    assert found(drawn, latitude=21.0394, longitude=105.8364)[:2] == ("00070", Origin.POLYGON)
    assert found(drawn, latitude=21.05, longitude=105.95)[:2] == ("00004", Origin.POLYGON)
    assert found(drawn, latitude=21.05, longitude=105.7)[:2] == (None, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "no GeoJSON"),
        ("{", "no GeoJSON"),
        (json.dumps({"features": [{"properties": {}, "geometry": None}]}), "feature 1 has none of"),
        (json.dumps({"features": [{"properties": {"code": "1"}, "geometry": {"type": "Polygon"}}]}), "no GeoJSON"),
    ],
)
def test_a_file_of_borders_that_cannot_be_used_says_why(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "communes.geojson"
    file.write_text(content)
    with pytest.raises(Malformed, match=words):
        MapAtlas(PLACES / "centres.csv", file)


def test_every_former_commune_leads_to_communes_that_have_a_centre() -> None:
    with (PLACES / "centres.csv").open(encoding="utf-8") as file:
        centres = {row["commune"] for row in csv.DictReader(file)}
    with (PLACES / "former_communes.csv").open(encoding="utf-8") as file:
        heirs = [row["successors"].split() for row in csv.DictReader(file)]
    assert (len(centres), len(heirs), {code for codes in heirs for code in codes}) == (126, 526, centres)
    assert sum(len(codes) > 1 for codes in heirs) == 199
