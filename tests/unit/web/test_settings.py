"""Settings: a service's own variable wins, every mistake is listed by the variable's name."""

from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from shared.kernel.refusals import Malformed
from shared.web import load_settings


class Inner(BaseModel):
    url: str
    size: int = Field(default=8, ge=1)


class Settings(BaseModel):
    database: Inner
    bus: Inner
    folder: Path = Path("here")


COMPLETE = {"CAUNOI_BUS__URL": "nats://x", "INTAKE_DATABASE__URL": "postgresql://x"}


def loaded(environ: dict[str, str]) -> Settings:
    return load_settings(Settings, environ, prefix="INTAKE_")


def test_nested_fields_come_from_double_underscores() -> None:
    settings = loaded(COMPLETE | {"INTAKE_DATABASE__SIZE": "3", "INTAKE_FOLDER": "/there"})
    assert (settings.database.url, settings.database.size, settings.folder) == ("postgresql://x", 3, Path("/there"))


def test_a_services_own_variable_wins_field_by_field() -> None:
    settings = loaded(COMPLETE | {"CAUNOI_BUS__SIZE": "2", "INTAKE_BUS__URL": "nats://own"})
    assert (settings.bus.url, settings.bus.size) == ("nats://own", 2)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert loaded(COMPLETE | {"INTAKE_BUS__URL": "", "INTAKE_FOLDER": ""}).bus.url == "nats://x"


def test_variables_of_others_are_left_alone() -> None:
    assert loaded(COMPLETE | {"ROUTING_FOLDER": "x", "INTAKE_UNKNOWN": "x", "CAUNOI_URL": "http://x"}).folder == Path("here")


def test_every_mistake_is_listed_by_the_name_of_its_variable() -> None:
    with pytest.raises(Malformed) as refused:
        loaded({"INTAKE_DATABASE__URL": "x", "INTAKE_DATABASE__SIZE": "many"})
    assert [error["field"] for error in refused.value.facts["errors"]] == ["INTAKE_DATABASE__SIZE", "INTAKE_BUS"]  # type: ignore[attr-defined]
    assert "INTAKE_DATABASE__SIZE" in refused.value.detail
    assert "many" not in refused.value.detail


def test_a_group_given_as_one_value_is_a_mistake_and_not_a_crash() -> None:
    with pytest.raises(Malformed):
        loaded(COMPLETE | {"CAUNOI_BUS": "nats://x"})
    with pytest.raises(Malformed):
        loaded({"INTAKE_DATABASE": "x", "INTAKE_DATABASE__URL": "y"})
