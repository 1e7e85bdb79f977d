"""The synthetic city: the same seed makes the same petitions, all of them marked, all of them such as intake takes."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from deploy.cli.demonstration.petitions import Plan, past, present
from deploy.cli.demonstration.words import MARK
from services.intake.domain.lodging import mistakes_in, mistakes_in_import
from services.intake.domain.places import Communes
from services.intake.wire.imports import parse_row
from services.intake.wire.lodging import parse_lodging

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
COMMUNES = ["00004", "00008", "00070"]


def plan(seed: int = 1, *, now: datetime = NOW) -> Plan:
    return Plan(petitions=400, days=60, seed=seed, now=now, communes=COMMUNES)


def test_the_same_seed_makes_the_same_city_all_day_and_another_seed_another() -> None:
    evening = NOW.replace(hour=22)
    assert list(past(plan())) == list(past(plan(now=evening)))
    assert list(present(plan())) == list(present(plan(now=evening)))
    assert list(past(plan())) != list(past(plan(seed=2)))


def test_every_text_is_marked_and_every_number_asked_for_is_there() -> None:
    rows, lodged = list(past(plan())), list(present(plan()))
    assert len(rows) + len(lodged) == 400
    assert all(str(row["text"]).startswith(MARK) for row in [*rows, *(body for _, body in lodged)])
    assert len({row["reference"] for row in rows}) == len(rows)


def test_the_past_ends_in_every_way_and_lies_in_the_past() -> None:
    rows = list(past(plan()))
    late = [row for row in rows if row["closed_at"] and row["closed_at"] > row["due_at"]]
    overdue = [row for row in rows if not row["closed_at"] and row["due_at"] < NOW.isoformat()]
    running = [row for row in rows if not row["closed_at"] and row["due_at"] >= NOW.isoformat()]
    assert min(len(late), len(overdue), len(running)) >= 5
    assert all(row["opened_at"] < NOW.isoformat() and (row["closed_at"] or "") < NOW.isoformat() for row in rows)


@pytest.mark.parametrize("seed", range(5))
def test_intake_takes_every_one_of_them(seed: int) -> None:
    for row in past(plan(seed)):
        parsed, mistakes = parse_row(row, now=NOW)
        assert parsed is not None
        assert [*mistakes, *mistakes_in_import(parsed[1], communes=Communes(), today=NOW.date())] == []
    for _, body in present(plan(seed)):
        lodging, mistakes = parse_lodging(json.dumps(body).encode())
        assert lodging is not None
        assert [*mistakes, *mistakes_in(lodging, communes=Communes(), today=NOW.date())] == []
