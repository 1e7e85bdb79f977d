""".env.example names every variable that a service or a command reads."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from deploy.names import SERVICES

ROOT = Path(__file__).resolve().parents[3]
COMMON = ("bus", "identity", "limits")
NAMED = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))


def _variables(model: type[BaseModel], prefix: str) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        start = "CAUNOI_" if name in COMMON else prefix
        parts = get_args(field.annotation) or (field.annotation,)
        inner = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
        found |= {f"{start}{name.upper()}__{variable}" for model in inner for variable in _variables(model, "")}
        if not inner:
            found.add(f"{start}{name.upper()}")
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_is_there(service: str) -> None:
    if find_spec(f"services.{service}.settings") is None:
        pytest.skip("this service has no settings yet")
    settings = import_module(f"services.{service}.settings").Settings
    assert _variables(settings, f"{service.upper()}_") - NAMED == set()


def test_every_variable_of_the_containers_is_there() -> None:
    compose = ROOT / "deploy" / "compose.yaml"
    if not compose.exists():
        pytest.skip("there are no containers yet")
    assert set(re.findall(r"\$\{([A-Z_]+)", compose.read_text(encoding="utf-8"))) - NAMED == set()


def test_every_variable_that_commands_read_is_there() -> None:
    read: set[str] = set()
    for path in (ROOT / "deploy").rglob("*.py"):
        read |= set(re.findall(r'"((?:CAUNOI|OTEL)_[A-Z_]*[A-Z])"', path.read_text(encoding="utf-8")))
    assert read - NAMED - {"CAUNOI_BUS", "CAUNOI_IDENTITY"} == set()
