"""The lock and the card of a data directory."""

import os
from pathlib import Path

import pytest

from deploy.local.city_file import CityFile, city_file, city_lock, read_city_file
from deploy.local.processes import StartError

CITY = CityFile(url="http://127.0.0.1:8000", pid=os.getpid(), postgres_port=1, nats_url="nats://127.0.0.1:2", smtp_port=3)


def test_a_directory_holds_one_city(tmp_path: Path) -> None:
    with city_lock(tmp_path), pytest.raises(StartError, match="already running"), city_lock(tmp_path):
        pass
    with city_lock(tmp_path):
        pass


def test_the_card_is_there_as_long_as_the_city(tmp_path: Path) -> None:
    with city_file(tmp_path, CITY):
        assert read_city_file(tmp_path) == CITY
    assert read_city_file(tmp_path) is None


def test_the_refusal_names_who_runs_there(tmp_path: Path) -> None:
    with city_lock(tmp_path), city_file(tmp_path, CITY), pytest.raises(StartError, match=CITY.url), city_lock(tmp_path):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "x"}'])
def test_a_spoilt_card_is_no_card(tmp_path: Path, text: str) -> None:
    (tmp_path / "city.json").write_text(text)
    assert read_city_file(tmp_path) is None


def test_the_card_of_a_killed_city_is_no_card(tmp_path: Path) -> None:
    with city_file(tmp_path, CITY):
        card = (tmp_path / "city.json").read_text()
    (tmp_path / "city.json").write_text(card.replace(str(os.getpid()), "4194305"))  # above the highest process number
    assert read_city_file(tmp_path) is None
