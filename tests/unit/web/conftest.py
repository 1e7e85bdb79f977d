"""A city whose own requests to its issuer reach it without a network."""

from pathlib import Path

import pytest

from shared.testing import FakeClock
from tests.unit.web.pages_city import NOW, City, built, led


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    made = built(tmp_path, FakeClock(NOW))
    led(monkeypatch, made.app)
    return made
